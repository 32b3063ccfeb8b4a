"""The loop of live cameras when more comes than can be taken: it never waits, drops fairly, and counts all that."""

import threading
import time
from collections import Counter

import pytest

from common.messages import Frame
from tests.ingest.live.builders_live import check_series
from tests.ingest.live.scripted import CONNECTED, seen_now, steady, until, watching


def test_onto_a_bus_that_is_full_no_picture_goes_and_everything_is_counted_as_behind():
    with watching(capacity=2) as watch:
        watch.taking.clear()
        for camera in ("door", "till", "yard"):
            watch.put(camera, steady())
        until(lambda: watch.fleet.sampled > 100, "pictures")
        assert watch.bus.crowded
        dropped = watch.fleet.dropped["behind"]
        until(lambda: watch.fleet.dropped["behind"] > dropped + 20, "more that is dropped")
    frames = [frame for camera in ("door", "till", "yard") for frame in check_series(watch.of(camera))]
    # The bus has room for two; a third may have been on its way as it became full.
    assert sum(frame.planes is not None for frame in frames) == 2
    assert Counter(frame.dropped for frame in frames if frame.dropped) == watch.fleet.dropped
    assert len(frames) == watch.fleet.sampled


class Narrow:
    """A bus that is full once it has a picture; whoever publishes another would wait for ever."""

    def __init__(self, bus):
        self._bus = bus
        self.crowded = False

    def publish(self, message):
        if isinstance(message, Frame) and message.planes is not None:
            assert not self.crowded, "the loop would wait here"
            self.crowded = True
        self._bus.publish(message)


def test_of_two_pictures_on_their_way_the_one_for_which_there_is_no_room_is_dropped():
    both_asked = threading.Barrier(2)

    def in_step(line, _order):
        line.tell(CONNECTED)
        line.tell(seen_now(0))
        assert line.is_asked(60.0)
        both_asked.wait(60.0)
        line.hand(0)
        line.is_asked(60.0)

    with watching(wrapped=Narrow) as watch:
        watch.put("door", in_step)
        watch.put("till", in_step)
        until(lambda: watch.fleet.dropped["behind"], "the one that is dropped")
    fates = [frame.dropped for camera in ("door", "till") for frame in check_series(watch.of(camera))]
    assert sorted(fates, key=str) == [None, "behind"]


def test_a_picture_goes_on_as_soon_as_there_is_room_again():
    with watching(capacity=1) as watch:
        watch.taking.clear()
        watch.put("door", steady())
        until(lambda: watch.bus.crowded, "the full bus")
        watch.taking.set()
        watch.wait_pictures("door", 5)


def test_under_overload_each_camera_keeps_its_share():
    with watching(capacity=1, take_s=0.03) as watch:
        for number in range(4):
            watch.put(f"c{number}", steady(gap_s=0.01))
        for number in range(4):
            watch.wait_pictures(f"c{number}", 15)
        shares = [len(watch.pictures(f"c{number}")) for number in range(4)]
    assert max(shares) < 1.5 * min(shares)


class HeldUp:
    """A bus that holds its publisher up once, at a frame of the camera `late`."""

    def __init__(self, bus, seconds):
        self._bus, self._seconds = bus, seconds
        self.held = threading.Event()

    def publish(self, message):
        if isinstance(message, Frame) and message.spine.camera == "late" and message.spine.seq == 5:
            time.sleep(self._seconds)
            self.held.set()
        self._bus.publish(message)

    @property
    def crowded(self):
        return self._bus.crowded


def test_cameras_are_not_given_up_because_the_loop_was_held_up():
    with watching(stall_s=1.0, wrapped=lambda bus: HeldUp(bus, 3.0)) as watch:
        for camera in ("door", "late", "till"):
            watch.put(camera, steady())
        assert watch.output.held.wait(60)
        count = {camera: len(watch.of(camera)) for camera in ("door", "till")}
        until(lambda: all(len(watch.of(camera)) > count[camera] + 100 for camera in count), "more frames")
    assert len(watch.readers.orders) == 3
    assert {state for camera in count for state, _ in watch.states(camera)} == {"live"}


@pytest.mark.parametrize("policy", ["fair", "latest"])
def test_both_policies_give_pictures(policy):
    with watching(policy=policy) as watch:
        watch.put("door", steady())
        watch.wait_pictures("door", 3)
