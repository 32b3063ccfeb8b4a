"""What all tests share: an embedded Redis, and no deadline for generated cases, because machines are busy."""

import pytest
from hypothesis import settings

from common.redis_client import open_client
from common.store_settings import StoreSettings
from sink.reader import SeriesReader

pytest_plugins = ["tests.kafka_broker"]

settings.register_profile("moodline", deadline=None)
settings.load_profile("moodline")


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
