import threading
import time

import pytest

from common.bus.base import BusClosed
from moodline.embedded import Pipeline, RunSettings, Step
from moodline.times import now_ms
from tests.builders_messages import closed, empty_frame, gray_frame, opened

LONG_S = 60.0


class Passing:
    """A stage that passes everything on, and can wait or fail on one frame."""

    def __init__(self, fails_at=None, gate=None, error=ValueError):
        self.seen = []
        self._fails_at = fails_at
        self._gate = gate
        self._error = error

    def process(self, messages):
        for message in messages:
            if self._gate is not None:
                assert self._gate.wait(LONG_S)
            if getattr(message, "spine", None) is not None and message.spine.seq == self._fails_at:
                raise self._error(f"cannot do frame {self._fails_at}")
            self.seen.append(message)
            yield message

    def close(self):
        raise AssertionError("the pipeline does not close stages")


class Collecting(Passing):
    """A last stage that gives nothing."""

    def process(self, messages):
        self.seen += messages
        return ()


def messages(count):
    yield opened()
    for seq in range(count):
        yield empty_frame(seq)
    yield closed(count - 1)


def within(seconds, job):
    """Run a job that must not hang, and raise what it raises."""
    errors = []

    def guarded():
        try:
            job()
        except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits
            errors.append(error)

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive()
    if errors:
        raise errors[0]


def settled(condition, seconds=LONG_S):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("queue", [1, 2, 8])
@pytest.mark.parametrize("batch", [1, 3, 100])
def test_everything_goes_through_every_stage_in_order(queue, batch):
    stages = [Passing(), Passing(), Collecting()]
    steps = [Step(f"step {n}", stage, queue, batch) for n, stage in enumerate(stages)]
    within(LONG_S, Pipeline(messages(100), steps).run)
    assert all(stage.seen == list(messages(100)) for stage in stages)


def test_a_source_without_anything_ends_the_run():
    last = Collecting()
    within(LONG_S, Pipeline([], [Step("a", Passing(), 1), Step("b", last, 1)]).run)
    assert last.seen == []


def test_waiting_for_full_batches_does_not_hang_at_the_end():
    last = Collecting()
    steps = [Step("a", Passing(), 4, 4, LONG_S), Step("b", last, 4, 3, LONG_S)]
    began = time.monotonic()
    within(LONG_S, Pipeline(messages(20), steps).run)
    assert last.seen == list(messages(20))
    assert time.monotonic() - began < LONG_S


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_stage_that_fails_ends_everything_and_its_error_reaches_the_caller(place):
    stages = [Passing(), Passing(), Passing()]
    stages[place] = Passing(fails_at=10)
    steps = [Step(f"step {n}", stage, 2) for n, stage in enumerate(stages)]
    before = threading.active_count()

    def endless():
        yield opened()
        for seq in range(1_000_000):
            yield empty_frame(seq)

    with pytest.raises(ValueError, match="cannot do frame 10"):
        Pipeline(endless(), steps).run(every_s=0.01)
    assert threading.active_count() == before


def test_a_source_that_fails_ends_everything_too():
    def source():
        yield from messages(3)
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone"):
        within(LONG_S, Pipeline(source(), [Step("a", Passing(), 1), Step("b", Collecting(), 1)]).run)


def test_even_an_exit_inside_of_a_stage_reaches_the_caller():
    with pytest.raises(SystemExit):
        within(LONG_S, Pipeline(messages(30), [Step("a", Passing(fails_at=3, error=SystemExit), 1)]).run)


def test_a_feed_publishes_by_itself_and_the_run_ends_with_it():
    room = []

    def feed(bus):
        for message in messages(20):
            room.append(bus.crowded)
            bus.publish(message)

    last = Collecting()
    within(LONG_S, Pipeline(feed, [Step("a", Passing(), 2), Step("b", last, 2)]).run)
    assert last.seen == list(messages(20))
    assert len(room) == 22


def test_a_feed_is_told_when_a_stage_fails():
    ended = []

    def feed(bus):
        try:
            for seq in range(1_000_000):
                bus.publish(empty_frame(seq))
        except BusClosed:
            ended.append(True)
            raise

    with pytest.raises(ValueError, match="cannot do frame 10"):
        within(LONG_S, Pipeline(feed, [Step("a", Passing(fails_at=10), 2)]).run)
    assert ended == [True]


def test_live_frames_that_are_too_old_are_not_begun_and_recordings_are():
    old = [gray_frame(seq, size=(2, 2), mode="live", arrived_ms=now_ms() - 5000) for seq in range(3)]
    recorded = [gray_frame(seq, size=(2, 2), arrived_ms=now_ms() - 5000, camera="file") for seq in range(3)]
    last = Collecting()
    within(LONG_S, Pipeline([*old, *recorded], [Step("a", Passing(), 8), Step("b", last, 8)]).run)
    assert [one.dropped for one in last.seen] == ["stale"] * 3 + [None] * 3


def test_a_slow_stage_makes_the_source_wait():
    gate, given = threading.Event(), []

    def source():
        for seq in range(50):
            message = gray_frame(seq, size=(2, 2))
            given.append(message)
            yield message

    last = Collecting()
    steps = [Step("quick", Passing(), 3), Step("slow", Passing(gate=gate), 2), Step("last", last, 2)]
    pipeline = threading.Thread(target=Pipeline(source(), steps).run, daemon=True)
    pipeline.start()
    # One is held by each of the source and the two stages; the rest waits in their buses.
    full = 1 + 3 + 1 + 2 + 1
    settled(lambda: len(given) == full)
    time.sleep(0.05)
    assert len(given) == full
    gate.set()
    pipeline.join(LONG_S)
    assert last.seen == given
    assert len(given) == 50


def test_busy_times_are_told_for_every_step_and_leave_waiting_out():
    class Working(Passing):
        def process(self, messages):
            for message in messages:
                time.sleep(0.01)
                yield message

    pipeline = Pipeline(messages(18), [Step("slow", Working(), 2), Step("fast", Collecting(), 2)])
    pipeline.run()
    assert set(pipeline.busy) == {"ingest", "slow", "fast"}
    assert pipeline.busy["slow"] >= 20 * 0.01
    assert max(pipeline.busy["ingest"], pipeline.busy["fast"]) < pipeline.busy["slow"]


def test_the_calling_thread_watches_all_along():
    gate, calls = threading.Event(), []

    def watch():
        calls.append(threading.current_thread())
        if len(calls) == 3:
            gate.set()

    Pipeline(messages(2), [Step("waiting", Passing(gate=gate), 1)]).run(watch, every_s=0.01)
    assert len(calls) >= 3
    assert set(calls) == {threading.current_thread()}


def test_a_watcher_that_fails_leaves_no_stage_at_work():
    working, left = threading.Event(), threading.Event()

    class Slow(Passing):
        def process(self, messages):
            working.set()
            time.sleep(0.05)
            left.set()
            yield from messages

    def watch():
        if working.is_set():
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        Pipeline(messages(1000), [Step("slow", Slow(), 1)]).run(watch, every_s=0.01)
    assert left.is_set()
    assert threading.active_count() == before


def test_the_buses_have_room_for_one_at_least():
    with pytest.raises(ValueError, match="frames_queue"):
        RunSettings(frames_queue=0)
