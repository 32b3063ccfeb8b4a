"""A broker and a Redis for the session, clips, and workers between them."""

import uuid

import pytest

from tests.integration.fleet import Fleet
from tests.kafka_broker import Broker


@pytest.fixture(scope="session")
def lasting_broker(tmp_path_factory, kafka_jars):
    """The `Broker` that `frail_broker` gives, which must be running again at the end of every test."""
    with Broker(tmp_path_factory.mktemp("frail"), kafka_jars) as one:
        yield one


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
