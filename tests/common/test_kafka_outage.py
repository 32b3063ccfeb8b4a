"""The Kafka bus while its broker is away: bounded, interruptible, and nothing lost or reordered."""

import time

import pytest

from common.bus.base import BusClosed
from common.bus.kafka import KafkaBus
from common.bus.kafka_settings import KafkaSettings
from common.bus.routes import Routes
from common.errors import BrokerError
from tests.builders_messages import empty_frame, gray_frame
from tests.common.kafka_place import CAMERAS, Place, in_background, publish, seqs, until

pytestmark = pytest.mark.kafka


def closed_by_abort(job):
    try:
        job()
    except BusClosed:
        return True
    return False


def test_what_waits_for_an_absent_broker_is_bounded_and_an_abort_ends_it(own_broker, topic_prefix):
    settings = KafkaSettings(bootstrap_servers=own_broker.servers, partitions=3, inflight_mb=4, drain_s=0)
    place = Place(settings, topic_prefix)
    with place.stack:
        bus, published = place.bus(), []
        bus.publish(empty_frame(0, camera="a"))
        bus.flush()
        own_broker.freeze()

        def publisher():
            for seq in range(1, 100):
                bus.publish(gray_frame(seq, camera="a", size=(1280, 720)))
                published.append(seq)

        ended = []
        with in_background(lambda: ended.append(closed_by_abort(publisher))):
            until(lambda: bus.crowded)
            assert bus._writer.in_flight <= 4 * 2**20
            for seq in range(10):
                bus.publish(empty_frame(seq, camera="b"))
            with in_background(lambda: ended.append(closed_by_abort(bus.flush))):
                began = time.monotonic()
                bus.abort()
            assert time.monotonic() - began < 5
        assert ended == [True, True]
        assert len(published) <= 3
        own_broker.thaw()


@pytest.mark.slow
def test_a_frozen_and_a_killed_broker_lose_and_reorder_nothing(own_broker, topic_prefix):
    settings = KafkaSettings(bootstrap_servers=own_broker.servers, partitions=3, drain_s=0)
    place = Place(settings, topic_prefix)
    with place.stack:
        feeder, worker, taken, count = place.bus(), place.bus("group"), [], 400

        def feed():
            for seq in range(count):
                publish(feeder, 1, first=seq)
                time.sleep(0.02)
            feeder.flush()

        def work():
            while sum(map(len, (set(found) for found in seqs(taken).values()))) < count * len(CAMERAS):
                taken.extend(worker.poll(50, 0.5))
                worker.commit()

        with in_background(feed), in_background(work):
            until(lambda: len(taken) > 100)
            own_broker.freeze()
            time.sleep(3)
            own_broker.thaw()
            so_far = len(taken)
            until(lambda: len(taken) > so_far + 100)
            own_broker.kill()
            time.sleep(1)
            own_broker.start()
    for found in seqs(taken).values():
        first_time = list(dict.fromkeys(found))
        assert first_time == list(range(count))


def test_a_broker_that_is_away_is_said_in_one_sentence_after_the_stated_time(topic_prefix):
    settings = KafkaSettings(bootstrap_servers="127.0.0.1:1", connect_s=1)
    began = time.monotonic()
    with pytest.raises(BrokerError, match=r"Kafka at 127\.0\.0\.1:1 does not answer.*start it") as caught:
        KafkaBus(topic_prefix, settings, Routes())
    assert time.monotonic() - began < 10
    assert "\n" not in str(caught.value)
