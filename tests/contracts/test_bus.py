"""Every bus keeps the contract in `common.bus.base`; a subclass gives the bus."""

import threading
import time
from contextlib import contextmanager

import pytest

from common.bus import topics
from common.bus.base import BusClosed
from common.bus.kafka import KafkaBus
from common.bus.memory import MemoryBus
from common.bus.routes import Routes
from common.messages import Finished
from tests.builders_messages import empty_frame, gray_frame
from tests.simulation.bus import SimulatedBus
from tests.simulation.topic import Topic

LONG_S = 60.0
"""So long that a test which really waits for it has failed."""


@contextmanager
def running(*jobs):
    """Run functions in threads; at the end all must have ended, and their errors are raised."""
    errors = []

    def guarded(job):
        try:
            job()
        except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(LONG_S)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def polled(bus, limit, timeout_s, fill_s=0.0):
    """Poll, pass over the marks by which a bus between machines says that it is finished, and commit."""
    found = [message for message in bus.poll(limit, timeout_s, fill_s) if not isinstance(message, Finished)]
    bus.commit()
    return found


def everything_from(bus):
    taken = []
    while not bus.drained:
        taken += polled(bus, 3, 0.5)
    return taken


def small_frame(seq):
    return gray_frame(seq, size=(16, 16))


def wait_until_drained(bus):
    deadline = time.monotonic() + LONG_S
    while not bus.drained:
        assert polled(bus, 3, 0.05) == []
        assert time.monotonic() < deadline


class BusContract:
    """What every bus does; `bus` holds at least four messages."""

    def test_messages_come_in_the_order_of_their_publishing(self, bus):
        sent = [empty_frame(seq) for seq in range(4)]
        for message in sent:
            bus.publish(message)
        bus.finish()
        assert everything_from(bus) == sent

    def test_a_poll_takes_no_more_than_its_limit(self, bus):
        for seq in range(4):
            bus.publish(gray_frame(seq, size=(16, 16)))
        assert [message.spine.seq for message in bus.poll(3, LONG_S, LONG_S)] == [0, 1, 2]
        assert [message.spine.seq for message in bus.poll(3, LONG_S)] == [3]

    def test_a_poll_of_an_empty_bus_gives_nothing_after_its_timeout(self, bus):
        assert list(bus.poll(1, 0.01)) == []
        assert not bus.drained

    def test_an_empty_bus_is_not_waited_for_twice(self, bus):
        began = time.monotonic()
        assert list(bus.poll(4, 0.01, LONG_S)) == []
        assert time.monotonic() - began < LONG_S

    def test_a_finished_bus_is_drained_only_after_its_last_message(self, bus):
        bus.publish(empty_frame(0))
        assert not bus.drained
        bus.finish()
        assert not bus.drained
        assert len(polled(bus, 5, LONG_S, LONG_S)) == 1
        wait_until_drained(bus)
        assert polled(bus, 5, 0.01) == []

    def test_finishing_wakes_a_poller_that_waits_for_a_first_message(self, bus):
        entered = threading.Event()

        def poller():
            entered.set()
            assert polled(bus, 1, LONG_S) == []

        with running(poller):
            assert entered.wait(LONG_S)
            bus.finish()

    def test_a_message_wakes_a_waiting_poller(self, bus):
        with running(lambda: bus.publish(empty_frame(7))):
            assert [message.spine.seq for message in bus.poll(1, LONG_S)] == [7]

    def test_aborting_wakes_a_waiting_poller(self, bus):
        entered = threading.Event()

        def poller():
            entered.set()
            with pytest.raises(BusClosed):
                bus.poll(1, LONG_S)

        with running(poller):
            assert entered.wait(LONG_S)
            bus.abort()

    def test_aborting_wakes_a_poller_that_waits_for_a_full_batch(self, bus):
        bus.publish(empty_frame(0))
        entered = threading.Event()

        def poller():
            entered.set()
            with pytest.raises(BusClosed):
                bus.poll(4, LONG_S, LONG_S)

        with running(poller):
            assert entered.wait(LONG_S)
            bus.abort()

    def test_an_aborted_bus_takes_and_gives_nothing(self, bus):
        bus.publish(empty_frame(0))
        bus.abort()
        with pytest.raises(BusClosed):
            bus.publish(empty_frame(1))
        with pytest.raises(BusClosed):
            bus.poll(1, 0.0)

    def test_leaving_a_bus_aborts_it(self, bus):
        with bus:
            bus.publish(empty_frame(0))
        with pytest.raises(BusClosed):
            bus.poll(1, 0.0)

    def test_a_batch_is_waited_for_when_asked_and_given_when_it_is_full(self, bus):
        bus.publish(small_frame(0))

        def publisher():
            for seq in (1, 2, 3):
                bus.publish(small_frame(seq))

        began = time.monotonic()
        with running(publisher):
            assert [message.spine.seq for message in bus.poll(4, LONG_S, LONG_S)] == [0, 1, 2, 3]
        assert time.monotonic() - began < LONG_S / 2

    def test_a_batch_is_not_waited_for_past_the_end(self, bus):
        bus.publish(small_frame(0))
        began = time.monotonic()
        with running(bus.finish):
            assert len(polled(bus, 4, LONG_S, LONG_S)) == 1
        assert time.monotonic() - began < LONG_S / 2

    def test_an_incomplete_batch_is_given_when_its_time_is_over(self, bus):
        bus.publish(empty_frame(0))
        assert len(bus.poll(4, LONG_S, 0.01)) == 1

    def test_nothing_is_lost_or_repeated_between_many_threads(self, bus):
        cameras, each, taken, lock = 4, 200, [], threading.Lock()
        ready = threading.Barrier(cameras + 3)

        def publisher(camera):
            ready.wait(LONG_S)
            for seq in range(each):
                bus.publish(empty_frame(seq, camera=camera))

        def poller():
            ready.wait(LONG_S)
            while not bus.drained:
                found = polled(bus, 3, 0.05)
                with lock:
                    taken.extend((m.spine.camera, m.spine.seq) for m in found)

        def publish_all():
            with running(*(lambda name=f"c{n}": publisher(name) for n in range(cameras))):
                ready.wait(LONG_S)
            bus.finish()

        with running(publish_all, poller, poller):
            pass
        assert sorted(taken) == sorted((f"c{n}", seq) for n in range(cameras) for seq in range(each))

    def test_each_camera_keeps_its_order_for_one_poller(self, bus):
        cameras, each = 4, 100

        def publisher(camera):
            for seq in range(each):
                bus.publish(empty_frame(seq, camera=camera))

        taken = {f"c{n}": [] for n in range(cameras)}
        with running(*(lambda name=name: publisher(name) for name in taken)):
            for _ in range(100_000):
                for message in polled(bus, 3, 0.5):
                    taken[message.spine.camera].append(message.spine.seq)
                if all(len(seqs) == each for seqs in taken.values()):
                    break
        assert all(seqs == list(range(each)) for seqs in taken.values())


@pytest.mark.kafka
class TestKafkaBus(BusContract):
    @pytest.fixture
    def bus(self, kafka_settings, topic_prefix):
        settings = kafka_settings.model_copy(update={"partitions": 1})
        topics.ensure(settings, topic_prefix)
        name = topics.name_of(topic_prefix, topics.FRAMES)
        with KafkaBus(name, settings, Routes(lambda _: 0), group=topic_prefix) as bus:
            yield bus


class TestMemoryBus(BusContract):
    @pytest.fixture
    def bus(self):
        return MemoryBus(4)

    def test_a_full_bus_makes_its_publisher_wait(self):
        bus, published = MemoryBus(2), []

        def publisher():
            for seq in range(50):
                bus.publish(gray_frame(seq))
                published.append(seq)
            bus.finish()

        taken = 0
        with running(publisher):
            while not bus.drained:
                assert len(bus) <= 2
                assert len(published) <= taken + 2
                taken += len(bus.poll(1, 0.5))
        assert taken == 50

    def test_aborting_wakes_a_publisher_that_waits_for_room(self):
        bus, entered = MemoryBus(1), threading.Event()
        bus.publish(gray_frame(0))

        def publisher():
            entered.set()
            with pytest.raises(BusClosed):
                bus.publish(gray_frame(1))

        with running(publisher):
            assert entered.wait(LONG_S)
            bus.abort()

    def test_a_full_bus_is_not_waited_for_to_hold_more_than_it_can(self):
        bus = MemoryBus(2)
        bus.publish(gray_frame(0))
        bus.publish(gray_frame(1))
        assert len(bus.poll(100, LONG_S, LONG_S)) == 2

    def test_word_of_a_dropped_frame_does_not_wait_for_pictures(self):
        bus = MemoryBus(1)
        bus.publish(gray_frame(0))
        bus.publish(empty_frame(1))
        assert [message.spine.seq for message in bus.poll(10, LONG_S)] == [0, 1]
        assert not bus.crowded

    def test_words_of_dropped_frames_come_together_and_count_for_no_limit(self):
        bus = MemoryBus(4)
        for seq in range(50):
            bus.publish(empty_frame(seq))
        bus.publish(gray_frame(50))
        bus.publish(gray_frame(51))
        assert [message.spine.seq for message in bus.poll(1, LONG_S)] == list(range(51))
        assert [message.spine.seq for message in bus.poll(1, LONG_S)] == [51]

    def test_arrays_are_passed_on_and_not_copied(self):
        bus, sent = MemoryBus(1), gray_frame()
        bus.publish(sent)
        assert bus.poll(1, LONG_S)[0].planes is sent.planes


class TestSimulatedBus(BusContract):
    @pytest.fixture
    def bus(self):
        return SimulatedBus(Topic("frames"))

    def test_what_was_not_committed_comes_again_to_the_next_poller(self):
        topic = Topic("frames", patience=0)
        first, second = SimulatedBus(topic), SimulatedBus(topic)
        for seq in range(4):
            first.publish(empty_frame(seq))
        first.poll(2, 0)
        first.commit()
        first.poll(1, 0)
        first.abort()
        assert [message.spine.seq for message in second.poll(9, 0)] == [2, 3]

    def test_a_poller_that_lost_its_partition_is_told_and_its_commit_is_refused(self):
        topic = Topic("frames", patience=0)
        first, second = SimulatedBus(topic), SimulatedBus(topic)
        first.publish(empty_frame(0))
        first.poll(1, 0)
        topic.group.leave(first)
        assert len(second.poll(1, 0)) == 1
        first.commit()
        assert (topic.group.committed, topic.group.refused) == ([0], 1)
        assert list(first.poll(1, 0)) == []
        assert set(first.taken_away()) == {0}
        second.commit()
        assert topic.group.committed == [1]
