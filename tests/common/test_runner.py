import threading

import pytest

from common.bus.memory import MemoryBus
from common.runner import Take, run_source, run_stage
from tests.builders_messages import closed, empty_frame, gray_frame, opened

LONG_S = 60.0


class Numbering:
    """A stage that passes its inputs on and notes its batches."""

    def __init__(self):
        self.batches = []

    def process(self, messages):
        self.batches.append(len(messages))
        yield from messages

    def close(self):
        pass


class CountingBus(MemoryBus):
    """A bus that notes what is done to it."""

    def __init__(self, capacity):
        super().__init__(capacity)
        self.done = []

    def poll(self, limit, timeout_s, fill_s=0.0):
        taken = super().poll(limit, timeout_s, fill_s)
        self.done.append(("poll", len(taken)))
        return taken

    def commit(self):
        self.done.append(("commit", 0))

    def publish(self, message):
        super().publish(message)
        self.done.append(("publish", 1))


def filled(count, bus=None):
    bus = MemoryBus(count) if bus is None else bus
    for seq in range(count):
        bus.publish(gray_frame(seq, size=(16, 16)))
    bus.finish()
    return bus


def seqs(bus):
    return [message.spine.seq for message in bus.poll(1000, 0)]


def test_a_source_is_published_in_order_and_then_finished():
    bus = MemoryBus(10)
    run_source((empty_frame(seq) for seq in range(5)), bus)
    assert seqs(bus) == [0, 1, 2, 3, 4]
    assert bus.drained


def test_a_source_stops_when_its_bus_is_aborted():
    bus = MemoryBus(1)
    asked = []

    def endless():
        while True:
            asked.append(1)
            if len(asked) == 2:
                bus.abort()
            yield empty_frame(len(asked))

    run_source(endless(), bus)
    assert len(asked) == 2


def test_a_stage_takes_batches_up_to_its_limit_and_passes_everything_on():
    stage, output = Numbering(), MemoryBus(100)
    run_stage(stage, filled(10), output, lambda: Take(4))
    assert stage.batches == [4, 4, 2]
    assert seqs(output) == list(range(10))
    assert output.drained


def test_a_stage_commits_only_after_its_outputs_were_published():
    log = []

    class Source(CountingBus):
        def commit(self):
            log.append("commit")

    class Output(CountingBus):
        def publish(self, message):
            super().publish(message)
            log.append("publish")

    run_stage(Numbering(), filled(4, Source(4)), Output(10), lambda: Take(2))
    assert log == ["publish", "publish", "commit"] * 2


def test_the_last_stage_has_no_output():
    stage = Numbering()
    run_stage(stage, filled(3), None, lambda: Take(10))
    assert stage.batches == [3]


def test_a_stage_ends_quietly_when_its_input_is_aborted_and_does_not_finish_its_output():
    source, output, entered = MemoryBus(4), MemoryBus(4), threading.Event()

    class Source:
        drained = False

        def poll(self, *arguments):
            entered.set()
            return source.poll(*arguments)

    thread = threading.Thread(target=run_stage, args=(Numbering(), Source(), output, lambda: Take(4)))
    thread.start()
    assert entered.wait(LONG_S)
    source.abort()
    thread.join(LONG_S)
    assert not thread.is_alive()
    assert not output.drained


def test_an_error_of_a_stage_reaches_its_caller_and_nothing_is_committed():
    class Failing(Numbering):
        def process(self, messages):
            yield messages[0]
            raise ValueError("broken")

    source, output = filled(2, CountingBus(2)), MemoryBus(4)
    with pytest.raises(ValueError, match="broken"):
        run_stage(Failing(), source, output, lambda: Take(2))
    assert ("commit", 0) not in source.done
    assert not output.drained


class CrowdedBus(MemoryBus):
    """A bus that is crowded for every second message."""

    def __init__(self, capacity):
        super().__init__(capacity)
        self.asked = 0

    @property
    def crowded(self):
        self.asked += 1
        return self.asked % 2 == 0


def test_a_frame_without_room_goes_on_as_dropped_where_nothing_may_wait():
    bus = CrowdedBus(10)
    run_source([opened(), gray_frame(0), gray_frame(1), gray_frame(2), gray_frame(3), closed(3)], bus, "drop")
    _, *frames, _ = bus.poll(10, LONG_S)
    assert [message.spine.seq for message in frames] == [0, 1, 2, 3]
    assert [message.dropped for message in frames] == [None, "behind", None, "behind"]
    assert [message.planes is None for message in frames] == [False, True, False, True]


def test_a_bus_in_memory_is_crowded_when_it_is_full():
    bus = MemoryBus(2)
    crowded = [bus.crowded]
    for seq in range(2):
        bus.publish(gray_frame(seq))
        crowded.append(bus.crowded)
    assert crowded == [False, False, True]


def test_where_frames_may_wait_none_is_dropped():
    bus = CrowdedBus(10)
    run_source([gray_frame(0), gray_frame(1)], bus)
    assert [message.dropped for message in bus.poll(10, LONG_S)] == [None, None]
