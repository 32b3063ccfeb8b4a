"""A broker and a Redis for the session, clips, and workers between them."""

import uuid

import pytest

from moodline.demo import compose_demo
from tests.integration.fleet import Fleet
from tests.kafka_broker import Broker
from tests.redis_server import RedisServer, need_redis_server


@pytest.fixture(scope="session")
def walkers(tmp_path_factory):
    """The demonstration clip: two portraits walk through a drawn shop, 12 s at 15 frames a second."""
    path = tmp_path_factory.mktemp("clips") / "walkers.mp4"
    compose_demo(path)
    return path


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    need_redis_server()
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def own_redis(tmp_path):
    """A running `RedisServer` for one test, which may stop and kill it."""
    need_redis_server()
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def lasting_broker(tmp_path_factory, kafka_jars):
    """The `Broker` that `frail_broker` gives, which must be running again at the end of every test."""
    one = Broker(tmp_path_factory.mktemp("frail"), kafka_jars)
    try:
        yield one.start()
    finally:
        one.stop()


@pytest.fixture
def frail_broker(lasting_broker):
    """A running `Broker` that a test may stop and kill, shared by such tests, since a start takes its time."""
    yield lasting_broker
    lasting_broker.thaw()


@pytest.fixture
def make_fleet(tmp_path, broker, redis_server):
    """Make a `Fleet` with topics and keys of its own."""
    fleets = []

    def make(servers=broker, redis_url=redis_server.url, **settings):
        name = f"t{uuid.uuid4().hex[:8]}"
        folder = tmp_path / name
        folder.mkdir()
        mine = {"TOPIC_PREFIX": name, "KEY_PREFIX": name, "KAFKA_PARTITIONS": 4, "KAFKA_DRAIN_S": 1, **settings}
        fleets.append(Fleet(folder, servers, redis_url, **mine))
        return fleets[-1]

    yield make
    for fleet in fleets:
        fleet.close()
