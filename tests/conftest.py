"""What all tests share: servers, a clip, and no deadline for generated cases, because machines are busy."""

import pytest
from hypothesis import settings

from common.redis_client import open_client
from common.store_settings import StoreSettings
from moodline.demo import compose_demo
from sink.reader import SeriesReader

pytest_plugins = ["tests.kafka_broker", "tests.redis_server", "tests.rtsp_server", "tests.set_clock"]

settings.register_profile("moodline", deadline=None)
settings.load_profile("moodline")


def pytest_collection_modifyitems(items):
    """Keep what needs a server of its own in one process: `make test` runs two, and one of each server is enough."""
    for item in items:
        if item.get_closest_marker("kafka") or item.get_closest_marker("redis"):
            item.add_marker(pytest.mark.xdist_group("servers"))
        elif item.get_closest_marker("rtsp"):
            item.add_marker(pytest.mark.xdist_group("cameras"))


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


@pytest.fixture(scope="session")
def walkers(tmp_path_factory):
    """The demonstration clip, alone in its folder: two people walk through a drawn shop, 12 s, 15 frames a second."""
    path = tmp_path_factory.mktemp("footage") / "walkers.mp4"
    compose_demo(path)
    return path
