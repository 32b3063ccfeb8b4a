"""The host's time, while its wall clock is set."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.live.host_time import HostTime


def lived(off, seconds=100, per_second=5, host=None):
    """Steady time less true time, at every reading of a wall clock that is off by `off(t)` milliseconds."""
    host = host or HostTime()
    times = [number / per_second for number in range(int(seconds * per_second))]
    return [host.at(t, 1e12 + 1000 * t + off(t)).time_ms - 1e12 - 1000 * t for t in times], host


def test_a_clock_that_is_left_alone_is_the_time():
    errors, host = lived(lambda _: 0.0)
    assert max(map(abs, errors)) < 1
    assert host.steps == 0


def test_a_slew_is_followed_silently():
    errors, host = lived(lambda t: 0.5 * t, seconds=1000)
    assert errors[-1] == pytest.approx(500, abs=2)
    assert host.steps == 0


def test_a_long_step_ahead_is_followed_once_a_second_reading_shows_it():
    errors, host = lived(lambda t: 3.6e6 if t >= 50 else 0.0)
    assert errors[250] == 0
    assert errors[251] == pytest.approx(3.6e6)
    assert (host.steps, host.catching_up) == (1, False)
    assert host.stepped_ms == pytest.approx(3.6e6)


def test_a_short_step_ahead_is_caught_up_with_slowly():
    errors, host = lived(lambda t: 2000.0 if t >= 20 else 0.0)
    assert max(b - a for a, b in itertools.pairwise(errors)) <= 0.05 * 200 + 1e-3
    assert errors[-1] == pytest.approx(2000, abs=1)
    assert (host.steps, host.catching_up) == (1, False)


def test_after_a_step_back_time_runs_slower_until_the_wall_clock_has_caught_up():
    errors, host = lived(lambda t: -3000.0 if t >= 20 else 0.0)
    assert min(b - a for a, b in itertools.pairwise(errors)) >= -0.1 * 200 - 1e-3
    assert errors[-1] == pytest.approx(-3000, abs=1)
    assert (host.steps, host.stepped_ms) == (1, pytest.approx(-3000))


def test_the_difference_is_known_while_it_lasts():
    host = HostTime()
    lived(lambda t: -3.6e6 if t >= 50 else 0.0, host=host)
    moment = host.at(100, 1e12 + 100_000 - 3.6e6)
    assert host.catching_up
    assert moment.ahead_ms == pytest.approx(3.6e6 - 0.1 * 50_000, abs=100)
    assert moment.error_ms == pytest.approx(moment.ahead_ms)


def test_one_reading_of_a_process_that_was_held_up_is_no_step():
    errors, host = lived(lambda t: 4000.0 if t == 50 else 0.0)
    assert max(map(abs, errors)) < 1
    assert host.steps == 0


def test_a_reading_from_before_the_step_that_comes_after_it_changes_nothing():
    host = HostTime()
    lived(lambda t: 3.6e6 if t >= 50 else 0.0, host=host)
    assert host.at(49.9, 1e12 + 49_900).time_ms == pytest.approx(1e12 + 49_900 + 3.6e6)
    assert host.steps == 1


def test_a_slew_over_a_long_silence_is_no_step():
    host = HostTime()
    host.at(0, 1e12)
    host.at(7200, 1e12 + 7_200_000 + 3600)
    host.at(7201, 1e12 + 7_201_000 + 3600)
    assert host.steps == 0


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-1e8, 1e8)), min_size=1, max_size=50))
def test_steady_time_never_goes_back(readings):
    host, now_s, before_ms = HostTime(), 0.0, 0.0
    for gap_s, off_ms in readings:
        now_s += gap_s
        steady_ms = host.at(now_s, 1e12 + 1000 * now_s + off_ms).time_ms
        assert steady_ms >= before_ms - 1e-3
        before_ms = steady_ms
