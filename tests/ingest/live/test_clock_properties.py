"""What holds for the clock of a camera whatever it is given."""

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.live.clock import CameraClock, ClockLimits
from ingest.live.host_time import HostTime
from tests.ingest.live.clock_world import BEGIN_MS, BOOTED_S

STAMPS = st.one_of(st.none(), st.floats(-1e10, 1e10), st.sampled_from([0.0, 40.0, 2**32 / 90, -1.0]))
CAMERAS = st.one_of(st.none(), st.floats(0, 4e12), st.floats(BEGIN_MS - 5e3, BEGIN_MS + 5e5))
GAPS = st.one_of(st.floats(0, 0.2), st.floats(0, 100))
WALLS = st.one_of(st.just(0.0), st.floats(-1e4, 1e4), st.floats(-1e8, 1e8))
PICTURES = st.lists(st.tuples(STAMPS, CAMERAS, GAPS, WALLS, st.booleans()), max_size=60)


def dated(pictures, not_before_ms=None):
    clock = CameraClock(ClockLimits(), HostTime(), not_before_ms)
    arrived_s, steps = BOOTED_S, []
    for stamp_ms, camera_ms, gap_s, wall_off_ms, again in pictures:
        if again:
            clock.reopened()
        arrived_s += gap_s
        wall_ms = BEGIN_MS + 1000 * (arrived_s - BOOTED_S) + wall_off_ms
        steps.append(clock.step(stamp_ms, camera_ms, arrived_s, wall_ms))
    return steps


@given(PICTURES, st.one_of(st.none(), st.integers(0, 4_000_000_000_000)))
@settings(max_examples=300, deadline=None)
def test_event_time_never_decreases_and_errors_are_finite(pictures, not_before_ms):
    steps = dated(pictures, not_before_ms)
    times = [step.time_ms for step in steps]
    assert times == sorted(times)
    assert all(time >= not_before_ms for time in times if not_before_ms is not None)
    assert all(math.isfinite(step.error_ms) and step.error_ms >= 0 for step in steps)


@given(st.lists(st.tuples(STAMPS, CAMERAS, st.floats(0, 0.2)), max_size=80))
@settings(max_examples=200, deadline=None)
def test_a_leap_is_named_whatever_the_camera_and_its_stream_say(pictures):
    steps = dated([(stamp_ms, camera_ms, gap_s, 0.0, False) for stamp_ms, camera_ms, gap_s in pictures])
    for before, after in itertools.pairwise(steps):
        assert after.jumped or after.time_ms - before.time_ms <= 10_201


@given(
    st.lists(
        st.tuples(st.sampled_from(["camera", "off", "none"]), st.booleans(), st.floats(0.0, 0.15)),
        min_size=50,
        max_size=300,
    ),
    st.floats(-1500, 1500),
)
@settings(max_examples=100, deadline=None)
def test_changing_between_clocks_never_leaps(pictures, off_ms):
    """Pictures every 0.2 s, whose camera clock and timestamp come and go, and whose delay varies."""
    clock, before_ms = CameraClock(ClockLimits(), HostTime()), None
    for number, (camera, stamped, delay_s) in enumerate(pictures):
        t = 0.2 * number
        camera_ms = {"camera": BEGIN_MS + 1000 * t + off_ms, "off": BEGIN_MS, "none": None}[camera]
        arrived_s = t + delay_s
        step = clock.step(1000 * t if stamped else None, camera_ms, BOOTED_S + arrived_s, BEGIN_MS + 1000 * arrived_s)
        assert not step.jumped
        if before_ms is not None:
            # What passed between two arrivals, what timestamps passed, and 5 % of it.
            assert step.time_ms - before_ms <= (200 + 150) * 1.05 + 1
        before_ms = step.time_ms
