"""A publisher that is kept near its readers, and readers that find records gone, against a real broker."""

import logging
import threading
import time

import pytest
from kafka import TopicPartition

from common.bus import topics
from common.bus.ahead import Ahead, Near
from common.bus.base import BusClosed
from common.bus.kafka_client import make_admin
from common.bus.kafka_settings import KafkaSettings
from common.messages import Finished, Frame
from common.runner import run_source
from tests.builders_messages import closed, empty_frame, gray_frame, opened
from tests.common.kafka_place import LONG_S, Place, in_background, publish, seqs, take, until

pytestmark = pytest.mark.kafka

COUNT = 9
FOREVER_S = 1e6


@pytest.fixture
def place(kafka_settings, topic_prefix):
    one = Place(kafka_settings.model_copy(update={"ahead_mb": 1}), topic_prefix)
    with one.stack:
        yield one


def near(place, *, retention_s=FOREVER_S, stop=None):
    """A bus that stays near the group `group`."""
    bus = place.bus()
    bus.stay_near(Ahead(place.name, "group", place.settings, Near(retention_s / 2), stop or threading.Event()))
    return bus


def feed(bus, count=COUNT, done=None, **size):
    """Publish frames of 460 kB, each acknowledged before the next, so that what is ahead is known at once."""
    for seq in range(count):
        bus.publish(gray_frame(seq, camera="a", **size))
        bus.flush()
        if done is not None:
            done.append(seq)


def test_a_publisher_waits_until_those_who_read_have_committed_and_nothing_is_lost(place):
    bus, done = near(place), []
    with in_background(lambda: feed(bus, done=done)):
        until(lambda: bus.crowded)
        time.sleep(1.5)
        assert len(done) == 3
        bus.publish(empty_frame(0, camera="b", dropped="behind"))
        reader = place.bus("group")
        came = take(reader, COUNT + 1)
    assert seqs(came) == {"a": list(range(COUNT)), "b": [0]}
    assert done == list(range(COUNT))
    until(lambda: not bus.crowded)


def test_what_was_read_and_not_committed_still_holds_the_publisher_back(place):
    bus, done = near(place), []
    with in_background(lambda: feed(bus, 5, done)):
        reader = place.bus("group")
        assert len(take(reader, 3, commit=False)) == 3
        time.sleep(1.5)
        assert len(done) == 3
        reader.commit()
        take(reader, 2)


def test_a_live_source_drops_what_would_have_to_wait_and_ends(place):
    bus = near(place)

    def source():
        yield opened("a")
        for seq in range(COUNT):
            yield gray_frame(seq, camera="a")
            bus.flush()
        yield closed(COUNT - 1, "a")

    run_source(source(), bus, "drop")
    came = [one for one in take(place.bus("group"), COUNT + 2) if isinstance(one, Frame)]
    assert [one.dropped for one in came] == [None] * 3 + ["behind"] * (COUNT - 3)


def test_frames_that_are_older_than_half_of_the_retention_hold_the_publisher_back(place):
    bus = near(place, retention_s=0.4)
    feed(bus, 1, size=(64, 48))
    until(lambda: bus.crowded)
    with in_background(lambda: feed(bus, 2, size=(64, 48))):
        take(place.bus("group"), 3)


def test_a_publisher_that_is_told_to_stop_waits_no_more_and_finishes(place):
    stop = threading.Event()
    bus, done = near(place, stop=stop), []
    with in_background(lambda: (feed(bus, 5, done), bus.finish(), bus.flush())):
        until(lambda: bus.crowded)
        stop.set()
    assert done == list(range(5))


def test_an_abort_ends_the_waiting(place):
    bus, ended = near(place), []

    def job():
        try:
            feed(bus)
        except BusClosed:
            ended.append(time.monotonic())

    with in_background(job):
        until(lambda: bus.crowded)
        began = time.monotonic()
        bus.abort()
    assert ended[0] - began < 5


def test_a_broker_that_comes_back_is_asked_again(own_broker, topic_prefix):
    settings = KafkaSettings(bootstrap_servers=own_broker.servers, partitions=3, drain_s=0, ahead_mb=1)
    place = Place(settings, topic_prefix)
    with place.stack:
        bus, done = near(place), []
        with in_background(lambda: feed(bus, 6, done)):
            until(lambda: bus.crowded)
            time.sleep(1.5)
            own_broker.kill()
            time.sleep(1.5)
            assert bus.crowded
            own_broker.start()
            came = take(place.bus("group"), 6)
    assert seqs(came) == {"a": list(range(6))}


def test_the_retention_is_that_of_the_topic(place):
    assert topics.retention_s(place.settings, place.name) == place.settings.frames_retention_min * 60
    assert topics.retention_s(place.settings, topics.name_of(place.prefix, topics.DEAD)) == 14 * 86_400


def test_records_that_were_deleted_before_they_were_read_are_counted_and_said_once(place, caplog):
    publish(place.bus(), 20)
    with place.bus("group") as first:
        take(first, 120)
        publish(first, 10, first=20)
        first.flush()
        assert first.deleted_unread == 0
    admin = make_admin(place.settings)
    admin.delete_records({TopicPartition(place.name, number): 45 for number in (0, 1)})
    admin.close()
    second, came = place.bus("group"), []
    with caplog.at_level(logging.WARNING):
        came = take(second, 60 - 10)
    assert len(came) == 50
    assert second.deleted_unread == 10
    said = [one.getMessage() for one in caplog.records if "deleted before they were read" in one.getMessage()]
    assert sorted(said) == sorted(
        f"5 records of '{place.name}', partition {number}, were deleted before they were read, since they are kept no "
        f"longer; add workers, or raise the retention"
        for number in (0, 1)
    )


def test_records_that_are_deleted_under_a_reader_that_lives_are_counted(place):
    bus = place.bus("group")
    publish(bus, 4)
    take(bus, 24)
    deadline = time.monotonic() + LONG_S
    while bus.deleted_unread == 0:
        # It has one partition's records in hand when those behind them are deleted, and may have fetched these, too.
        publish(bus, 400, cameras=("a",))
        bus.flush()
        admin = make_admin(place.settings)
        end = admin.delete_records({TopicPartition(place.name, 0): -1})
        admin.close()
        assert end
        publish(bus, 1, cameras=("a",))
        bus.flush()
        while not [one for one in bus.poll(10, 0.5) if not isinstance(one, Finished)]:
            assert time.monotonic() < deadline
        bus.commit()
        assert time.monotonic() < deadline
    assert bus.deleted_unread > 0
