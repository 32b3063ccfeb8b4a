"""The Kafka bus against a real broker: order, delivery, rebalances, dead letters and the end."""

import os
import threading
import time

import pytest

from common import wire
from common.bus import topics
from common.bus.kafka import KafkaBus
from common.bus.kafka_client import make_producer
from common.bus.routes import Routes
from common.errors import MoodlineError
from common.messages import Finished, Frame
from tests.builders_messages import closed, empty_frame, gray_frame, opened
from tests.builders_wire import with_header
from tests.common.kafka_place import CAMERAS, LONG_S, Place, in_background, publish, seqs, take, until

pytestmark = pytest.mark.kafka


@pytest.fixture
def place(kafka_settings, topic_prefix):
    one = Place(kafka_settings, topic_prefix)
    with one.stack:
        yield one


def test_messages_of_every_kind_come_as_they_were_and_each_camera_in_its_order(place):
    bus = place.bus("group")
    sent = [opened("a"), gray_frame(0, camera="a"), empty_frame(1, camera="a", dropped="behind"), closed(1, "a")]
    for message in sent:
        bus.publish(message)
    came = take(bus, 4)
    assert came[0] == sent[0]
    assert came[1].spine == sent[1].spine
    assert (came[1].planes == sent[1].planes).all()
    assert came[2:] == sent[2:]
    publish(bus, 40)
    assert seqs(take(bus, 240)) == {camera: list(range(40)) for camera in CAMERAS}


def test_places_rise_within_a_partition_and_a_camera_has_one(place):
    bus, partitions, last = place.bus("group"), {}, {}
    publish(bus, 20)
    bus.flush()
    count = 0
    while count < 120:
        for message, where in zip(bus.poll(7, LONG_S), bus.places(), strict=True):
            assert partitions.setdefault(message.spine.camera, where.partition) == where.partition
            assert where.offset > last.get(where.partition, -1)
            last[where.partition] = where.offset
            count += 1
        bus.commit()
    assert set(partitions.values()) == set(range(place.settings.partitions))


def test_a_stage_publishes_a_camera_to_the_partition_that_it_read_it_from(place):
    publish(place.bus(), 1)
    routes = Routes()
    with (
        KafkaBus(place.name, place.settings, routes, group="one") as source,
        KafkaBus(topics.name_of(place.prefix, topics.FACES), place.settings, routes, group="two") as output,
    ):
        place.bus().flush()
        before = {}
        for _ in range(100):
            for message, where in zip(source.poll(10, 0.5), source.places(), strict=True):
                before[message.spine.camera] = where.partition
                output.publish(message)
            if len(before) == len(CAMERAS):
                break
        after = {}
        while len(after) < len(CAMERAS):
            for message, where in zip(output.poll(10, LONG_S), output.places(), strict=True):
                after[message.spine.camera] = where.partition
    assert after == before


def test_what_was_not_committed_comes_again_and_what_was_does_not(place):
    publish(place.bus(), 10)
    with place.bus("group") as bus:
        first = take(bus, 60)
        publish(bus, 5, first=10)
        assert len(take(bus, 30, commit=False)) == 30
    again = take(place.bus("group"), 30)
    assert seqs(first) == {camera: list(range(10)) for camera in CAMERAS}
    assert seqs(again) == {camera: list(range(10, 15)) for camera in CAMERAS}


def test_a_second_worker_takes_over_a_share_and_nothing_is_lost(place):
    publish(place.bus(), 30)
    one, two, taken, lock, gone = place.bus("group"), place.bus("group"), [], threading.Lock(), set()
    enough = threading.Event()

    def work(bus, left):
        while not enough.is_set():
            found = bus.poll(5, 0.2)
            left.update(bus.taken_away())
            bus.commit()
            with lock:
                taken.extend(found)

    with in_background(lambda: work(one, gone)):
        until(lambda: len(taken) > 10)
        with in_background(lambda: work(two, set())):
            until(lambda: gone)
            publish(place.bus(), 10, first=30)
            until(
                lambda: (
                    {camera: set(found) for camera, found in seqs(taken).items()}
                    == {camera: set(range(40)) for camera in CAMERAS}
                )
            )
            enough.set()
    assert gone < set(range(place.settings.partitions))


def test_a_worker_whose_polls_are_very_short_joins_its_group_all_the_same(place):
    publish(place.bus(), 1)
    bus, taken, deadline = place.bus("group"), [], time.monotonic() + LONG_S
    while len(taken) < len(CAMERAS):
        taken += bus.poll(10, 0.001)
        assert time.monotonic() < deadline


def raw_producer(place):
    return make_producer(place.settings.model_copy(update={"max_record_mb": 12, "inflight_mb": 24}))


def test_what_cannot_be_decoded_is_a_dead_letter_and_everything_after_it_goes_on(place):
    good = wire.encode(gray_frame(1, camera="a"), "raw")
    newer = with_header(good, v="9.0").headers
    producer = raw_producer(place)
    for value, headers in (
        (os.urandom(100), good.headers),
        (os.urandom(100), [("nonsense", b"\xff")]),
        (good.value, newer),
        (good.value[:-50], good.headers),
        (good.value, good.headers),
    ):
        producer.send(place.name, value, b"a", list(headers), 0)
    producer.flush(LONG_S)
    producer.close(5)
    bus = place.bus("group")
    came = take(bus, 4)
    assert [one.dropped for one in came] == ["dead_letter", "dead_letter", "dead_letter", None]
    assert all(isinstance(one, Frame) and one.spine.seq == 1 for one in came)
    letters = place.letters(4)
    assert [(one.topic, one.partition, one.offset) for one in letters] == [(place.name, 0, n) for n in range(4)]
    assert "version" in letters[2].reason
    assert all(one.reason and one.stage == "detector" and one.dead_ms == 12345 and one.key == b"a" for one in letters)
    assert letters[3].value == good.value[:-50]
    assert letters[3].headers == good.headers


def test_a_record_over_the_limit_is_a_dead_letter_on_both_sides(kafka_settings, topic_prefix):
    roomy = kafka_settings.model_copy(update={"max_record_mb": 12, "inflight_mb": 24})
    topics.ensure(roomy, topic_prefix)
    small = Place(kafka_settings, topic_prefix)
    with small.stack:
        headers = wire.encode(empty_frame(0, camera="a"), "raw").headers
        producer = raw_producer(small)
        producer.send(small.name, bytes(10 * 2**20), b"a", headers, 0)
        producer.flush(LONG_S)
        producer.close(5)
        bus = small.bus("group")
        bus.publish(gray_frame(1, camera="a", size=(2560, 1600)))
        bus.publish(empty_frame(2, camera="a"))
        came = take(bus, 3)
        assert [(one.spine.seq, one.dropped) for one in came] == [(0, "dead_letter"), (1, "dead_letter"), (2, None)]
        by_offset = {one.offset: one for one in small.letters(2)}
        assert set(by_offset) == {-1, 0}
        assert all(one.reason.startswith("too_large") for one in by_offset.values())
        assert by_offset[0].size == 10 * 2**20


def test_a_rejected_message_is_a_dead_letter_with_its_bytes(place):
    bus = place.bus("group")
    bus.publish(gray_frame(0, camera="b"))
    take(bus, 1, commit=False)
    bus.reject(bus.places()[0], "it failed with rtsp://me:secret@host/stream")
    bus.commit()
    (letter,) = place.letters(1)
    assert letter.reason == "it failed with rtsp://***@host/stream"
    assert wire.decode(letter.value, letter.headers).spine == gray_frame(0, camera="b").spine
    with pytest.raises(MoodlineError, match="not of the last poll"):
        bus.reject((0, 999), "nothing")


def test_a_group_is_drained_when_all_its_workers_have_committed_the_end_of_everything(place):
    publish(place.bus(), 5)
    one, two = place.bus("group"), place.bus("group")
    count, together = [0], threading.Barrier(3)

    def work(bus):
        while not bus.drained:
            found = bus.poll(3, 0.1)
            bus.commit()
            count[0] += sum(not isinstance(message, Finished) for message in found)
        together.wait(LONG_S)

    with in_background(lambda: work(one)), in_background(lambda: work(two)):
        until(lambda: count[0] >= 30)
        assert together.n_waiting == 0
        place.bus().finish()
        together.wait(LONG_S)
    assert place.bus("group").drained is False
    assert count[0] == 30


def test_more_messages_after_the_end_make_a_bus_undrained_again(place):
    bus, feeder = place.bus("group"), place.bus()
    feeder.finish()
    until(lambda: bus.poll(10, 0.1) is not None and bus.commit() is None and bus.drained)
    publish(feeder, 1)
    feeder.flush()
    take(bus, 6)
    assert not bus.drained


def test_a_bus_has_another_identity_once_its_topic_was_made_anew(place):
    before = place.bus().identity
    assert place.bus().identity == before
    assert before.startswith(f"{place.name}/")


def test_a_bus_without_a_group_cannot_be_polled(place):
    with pytest.raises(MoodlineError, match="no group"):
        place.bus().poll(1, 0.0)
