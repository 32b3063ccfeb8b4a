"""One embedded Redis for the session of these tests, emptied before each of them."""

import pytest

from sink.embedded import open_client
from sink.reader import SeriesReader
from sink.settings import StoreSettings


@pytest.fixture(scope="session")
def embedded_client(tmp_path_factory):
    with open_client(StoreSettings(home=tmp_path_factory.mktemp("home"))) as client:
        yield client


@pytest.fixture
def client(embedded_client):
    embedded_client.flushdb()
    return embedded_client


@pytest.fixture
def reader(client):
    return SeriesReader(client, "moodline")
