"""The filter of one track: speed, independence of the frame rate, hysteresis, saved state."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.labels import LABELS
from sink.series import Smoothing, TrackFilter
from tests.sink.builders import sure_of

HAPPY, SAD = LABELS.index("happy"), LABELS.index("sad")
RULES = Smoothing(tau_s=0.5, enter=0.55, leave=0.40, dwell_s=0.3)

vectors = st.lists(st.floats(0.001, 1.0), min_size=7, max_size=7).map(lambda v: tuple(x / sum(v) for x in v))
series = st.lists(st.tuples(st.integers(0, 1500), vectors), min_size=1, max_size=30)


def run(steps, track=None):
    track, time_ms, out = track or TrackFilter(), 0, []
    for gap, probabilities in steps:
        time_ms = track.time_ms + gap
        out.append((track.step(time_ms, probabilities, RULES), track.label))
    return out


@given(series)
def test_smoothed_probabilities_are_a_distribution(steps):
    for smoothed, _ in run(steps):
        assert sum(smoothed) == pytest.approx(1.0)
        assert min(smoothed) > 0


@given(series, st.integers(0, 29))
def test_a_filter_saved_and_loaded_anywhere_goes_on_to_the_same_bits(steps, cut):
    track = TrackFilter()
    before = run(steps[:cut], track)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(track), type=TrackFilter)
    assert before + run(steps[cut:], again) == run(steps)


@pytest.mark.parametrize("step_ms", [10, 50, 250, 500])
def test_a_step_is_followed_to_63_percent_after_tau_at_every_frame_rate(step_ms):
    track = TrackFilter()
    track.step(0, sure_of("happy"), RULES)
    start = track.logs[SAD]
    for time_ms in range(step_ms, 501, step_ms):
        track.step(time_ms, sure_of("sad"), RULES)
    end = TrackFilter()
    end.step(0, sure_of("sad"), RULES)
    assert (track.logs[SAD] - start) / (end.logs[SAD] - start) == pytest.approx(0.632, abs=0.001)


def test_frames_left_out_of_a_steady_series_do_not_change_where_it_arrives():
    whole, thin = TrackFilter(), TrackFilter()
    for track in (whole, thin):
        track.step(0, sure_of("happy"), RULES)
    for time_ms in range(100, 2001, 100):
        whole.step(time_ms, sure_of("sad"), RULES)
        if time_ms % 500 == 0:
            thin.step(time_ms, sure_of("sad"), RULES)
    assert whole.logs == pytest.approx(thin.logs)


def test_the_first_clear_reading_settles_at_once_and_an_unclear_one_after_its_dwell():
    track = TrackFilter()
    track.step(0, sure_of("happy"), RULES)
    assert track.label == HAPPY
    track = TrackFilter()
    track.step(0, sure_of("happy", 0.45), RULES)
    assert track.label is None
    track.step(299, sure_of("happy", 0.45), RULES)
    assert track.label is None
    track.step(300, sure_of("happy", 0.45), RULES)
    assert track.label == HAPPY


def test_one_odd_frame_does_not_change_the_label():
    track = TrackFilter()
    labels = []
    for place in range(20):
        track.step(place * 100, sure_of("sad" if place == 10 else "happy"), RULES)
        labels.append(track.label)
    assert set(labels) == {HAPPY}
    assert track.changes == 0


def test_a_change_is_taken_after_filter_and_dwell_and_counted_once():
    track = TrackFilter()
    track.step(0, sure_of("happy"), RULES)
    taken = None
    for time_ms in range(40, 2000, 40):
        track.step(time_ms, sure_of("sad"), RULES)
        if track.label == SAD and taken is None:
            taken = time_ms
    # The logs of the two cross after tau * ln 2 = 347 ms; then comes the dwell of 300 ms.
    assert 640 <= taken <= 760
    assert track.changes == 1


def test_a_label_between_leave_and_enter_is_kept():
    still = Smoothing(tau_s=0.001, enter=0.55, leave=0.40, dwell_s=0.0)
    track = TrackFilter()
    track.step(0, sure_of("happy"), still)
    rest = 0.07 / 5
    near = tuple({HAPPY: 0.43, SAD: 0.50}.get(place, rest) for place in range(7))
    track.step(1000, near, still)
    assert track.label == HAPPY
    far = tuple({HAPPY: 0.37, SAD: 0.56}.get(place, rest) for place in range(7))
    track.step(2000, far, still)
    assert track.label == SAD


def test_a_zero_probability_does_not_freeze_the_filter():
    track = TrackFilter()
    track.step(0, tuple(float(place == HAPPY) for place in range(7)), RULES)
    for time_ms in range(100, 1500, 100):
        track.step(time_ms, tuple(float(place == SAD) for place in range(7)), RULES)
    assert track.label == SAD
