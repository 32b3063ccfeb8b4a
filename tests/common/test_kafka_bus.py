"""The Kafka bus against a real broker: nothing lost, nothing reordered, whatever happens to broker and workers."""

import os
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest

from common import wire
from common.bus import topics
from common.bus.base import BusClosed
from common.bus.dead_letters import DeadLetters
from common.bus.kafka import KafkaBus
from common.bus.kafka_client import make_consumer, make_producer
from common.bus.kafka_settings import KafkaSettings
from common.bus.routes import Routes
from common.dead import unpack
from common.errors import BrokerError, MoodlineError
from common.messages import Finished, Frame
from tests.builders_messages import closed, empty_frame, gray_frame, opened

pytestmark = pytest.mark.kafka

LONG_S = 90.0
"""So long that a test which really waits for it has failed."""

CAMERAS = ("a", "b", "c", "d", "e", "f")


class Place:
    """One topic and its dead letters, and buses on it; everything is closed in the end."""

    def __init__(self, settings, prefix):
        self.settings, self.prefix = settings, prefix
        self.name = topics.name_of(prefix, topics.FRAMES)
        self.stack = ExitStack()
        topics.ensure(settings, prefix)
        self.dead = self.stack.enter_context(
            DeadLetters(topics.name_of(prefix, topics.DEAD), "detector", settings, lambda: 12345)
        )

    def bus(self, group=None, **options):
        routes = Routes(lambda camera: CAMERAS.index(camera) % self.settings.partitions)
        bus = KafkaBus(self.name, self.settings, routes, group=group, dead=self.dead, codec="raw", **options)
        return self.stack.enter_context(bus)

    def letters(self, count):
        """Read the dead letters there are, which must be `count`."""
        self.dead.flush()
        consumer = make_consumer(self.settings, "letters")
        consumer.subscribe([topics.name_of(self.prefix, topics.DEAD)])
        found, deadline = [], time.monotonic() + LONG_S
        try:
            while len(found) < count and time.monotonic() < deadline:
                for records in consumer.poll(500).values():
                    found += [unpack(one.value, one.headers, (one.partition, one.offset), one.key) for one in records]
        finally:
            consumer.close(timeout_ms=5000)
        assert len(found) == count
        return found


@pytest.fixture
def place(kafka_settings, topic_prefix):
    one = Place(kafka_settings, topic_prefix)
    with one.stack:
        yield one


def until(condition):
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def take(bus, count, *, commit=True):
    """Poll until `count` messages have come, without the marks of the end."""
    taken, deadline = [], time.monotonic() + LONG_S
    while len(taken) < count:
        assert time.monotonic() < deadline, f"{len(taken)} of {count} came"
        taken += [one for one in bus.poll(50, 0.5) if not isinstance(one, Finished)]
        if commit:
            bus.commit()
    return taken


def seqs(messages):
    """Give the sequence numbers of each camera, in the order in which they came."""
    found = {}
    for message in messages:
        found.setdefault(message.spine.camera, []).append(message.spine.seq)
    return found


def publish(bus, count, *, first=0, cameras=CAMERAS):
    for seq in range(first, first + count):
        for camera in cameras:
            bus.publish(empty_frame(seq, camera=camera))


@contextmanager
def in_background(job):
    errors = []

    def run():
        try:
            job()
        except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield thread
    thread.join(LONG_S)
    assert not thread.is_alive()
    if errors:
        raise errors[0]


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
    newer = [(name, b"9.0" if name == "v" else value) for name, value in good.headers]
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


class TestTopics:
    def ensured(self, settings, prefix, **changes):
        topics.ensure(settings.model_copy(update=changes), prefix)

    def test_many_workers_may_create_them_at_once(self, kafka_settings, topic_prefix):
        with ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(in_background(lambda: topics.ensure(kafka_settings, topic_prefix)))
        assert topics.describe(kafka_settings, f"{topic_prefix}.frames").partitions == 3
        assert topics.describe(kafka_settings, f"{topic_prefix}.dead").partitions == 1

    def test_another_number_of_partitions_is_refused_with_both_numbers(self, kafka_settings, topic_prefix):
        self.ensured(kafka_settings, topic_prefix)
        with pytest.raises(BrokerError, match=r"frames' has 3 partitions, wanted are 5; set MOODLINE_KAFKA_PARTITIONS"):
            self.ensured(kafka_settings, topic_prefix, partitions=5)

    def test_a_topic_that_takes_only_smaller_records_is_refused(self, kafka_settings, topic_prefix):
        self.ensured(kafka_settings, topic_prefix)
        with pytest.raises(BrokerError, match=r"max\.message\.bytes 4259840, wanted are 8454144; raise it"):
            self.ensured(kafka_settings, topic_prefix, max_record_mb=8)

    def test_more_copies_than_brokers_are_refused(self, kafka_settings, topic_prefix):
        with pytest.raises(BrokerError, match=r"cannot be kept 9 times.*lower MOODLINE_KAFKA_REPLICATION"):
            self.ensured(kafka_settings, topic_prefix, replication=9)

    def test_a_topic_that_is_missing_is_named(self, kafka_settings, topic_prefix):
        with pytest.raises(BrokerError, match=f"has no topic '{topic_prefix}'"):
            KafkaBus(topic_prefix, kafka_settings, Routes())
