"""The filter of one track: speed, independence of the frame rate, quality, gaps, inertia of the label, saved state."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.labels import LABELS
from sink.series import FASTEST, PRIOR, Smoothing, TrackFilter
from tests.sink.builders import sure_of

HAPPY, SAD = LABELS.index("happy"), LABELS.index("sad")
RULES = Smoothing(tau_s=0.5, lead=0.1)

vectors = st.lists(st.floats(0.001, 1.0), min_size=7, max_size=7).map(lambda v: tuple(x / sum(v) for x in v))
steps_of = st.lists(st.tuples(st.integers(0, 1500), vectors, st.floats(0, 1)), min_size=1, max_size=30)


def run(steps, track=None):
    track, out = track or TrackFilter(), []
    for gap, probabilities, left in steps:
        track.step((track.time_ms or 0) + gap, probabilities, left, RULES)
        out.append((track.smoothed(), track.label, track.changes))
    return out


def read(track, label, times, p=0.94, left=1.0, rules=RULES):
    labels = []
    for time_ms in times:
        track.step(time_ms, sure_of(label, p), left, rules)
        labels.append(track.label)
    return labels


def settled(label="happy", until_ms=3000):
    track = TrackFilter()
    read(track, label, range(0, until_ms + 1, 40))
    return track


@given(steps_of)
def test_smoothed_probabilities_are_a_distribution(steps):
    for smoothed, _, _ in run(steps):
        assert sum(smoothed) == pytest.approx(1.0)
        assert min(smoothed) > 0


@given(steps_of, st.integers(0, 29))
def test_a_filter_saved_and_loaded_anywhere_goes_on_to_the_same_bits(steps, cut):
    track = TrackFilter()
    before = run(steps[:cut], track)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(track), type=TrackFilter)
    assert before + run(steps[cut:], again) == run(steps)


@pytest.mark.parametrize("step_ms", [10, 50, 125, 250, 500])
def test_a_small_step_is_followed_to_63_percent_after_tau_at_every_frame_rate(step_ms):
    track, end = TrackFilter(), TrackFilter()
    read(track, "happy", range(0, 3001, 40), p=0.60)
    read(end, "happy", range(0, 3001, 40), p=0.59)
    start = track.smoothed()[HAPPY]
    read(track, "happy", range(3000 + step_ms, 3501, step_ms), p=0.59)
    assert (track.smoothed()[HAPPY] - start) / (end.smoothed()[HAPPY] - start) == pytest.approx(0.632, abs=0.01)


@pytest.mark.parametrize("step_ms", [10, 25, 50])
def test_a_clear_change_is_followed_three_and_a_half_times_as_fast_at_every_frame_rate(step_ms):
    track = settled()
    read(track, "sad", range(3000 + step_ms, 3101, step_ms))
    start, end = settled().smoothed()[SAD], settled("sad").smoothed()[SAD]
    followed = 1 - math.exp(-FASTEST * 100 / 500)
    assert (track.smoothed()[SAD] - start) / (end - start) == pytest.approx(followed, abs=0.02)


def test_the_less_a_reading_says_the_longer_it_is_averaged():
    moved = []
    for p in (0.94, 0.6, 0.4, 0.25):
        track, end = TrackFilter(), TrackFilter()
        read(track, "happy", range(0, 3001, 40), p=p)
        read(end, "sad", range(0, 3001, 40), p=p)
        before = track.smoothed()[SAD]
        read(track, "sad", range(3040, 3201, 40), p=p)
        moved.append((track.smoothed()[SAD] - before) / (end.smoothed()[SAD] - before))
    assert moved == sorted(moved, reverse=True)
    assert moved[0] > 1.5 * moved[-1]


def test_a_clear_change_on_bad_pictures_is_followed_slowly():
    delays = []
    for left in (1.0, 0.7):
        track = TrackFilter()
        read(track, "happy", range(0, 3001, 40), left=left)
        delays.append(read(track, "sad", range(3040, 5000, 40), left=left).index(SAD))
    assert delays[1] > 2 * delays[0]


def test_frames_left_out_of_a_series_hardly_change_what_it_says():
    whole, thin = settled(), settled()
    read(whole, "sad", range(3040, 4041, 40))
    read(thin, "sad", [time_ms for time_ms in range(3040, 4041, 40) if time_ms % 3])
    assert thin.smoothed() == pytest.approx(whole.smoothed(), abs=0.01)
    assert thin.label == whole.label == SAD


def test_what_was_not_read_for_a_while_is_less_sure_and_not_wrong():
    sureness = []
    for gap_ms in (500, 1000, 2000, 5000):
        track = settled()
        read(track, "happy", [3000 + gap_ms])
        assert track.label == HAPPY
        sureness.append(track.smoothed()[HAPPY])
    assert sureness == sorted(sureness, reverse=True)
    assert sureness[-1] < sureness[0] - 0.005


def test_after_a_gap_one_reading_is_not_taken_for_many():
    once, often = settled(), settled()
    read(once, "sad", [8000])
    read(often, "sad", range(8000, 10_001, 40))
    assert once.smoothed()[SAD] < often.smoothed()[SAD] - 0.003


def test_a_bad_picture_moves_the_filter_less_than_a_good_one():
    moved = []
    for left in (0.0, 0.4, 0.8, 1.0):
        track = settled()
        before = track.smoothed()[SAD]
        read(track, "sad", [3040], left=left)
        moved.append(track.smoothed()[SAD] - before)
    assert moved == sorted(moved)
    assert moved[:2] == pytest.approx([0, 0], abs=0.005)
    assert moved[2] < moved[3] / 2


def test_among_bad_pictures_the_good_ones_decide():
    track = TrackFilter()
    for place in range(50):
        good = place % 2 == 0
        track.step(place * 40, sure_of("happy" if good else "fear", 0.6), 1.0 if good else 0.5, RULES)
    assert track.label == HAPPY
    assert track.smoothed()[HAPPY] > 3 * track.smoothed()[LABELS.index("fear")]


def test_a_track_of_bad_pictures_alone_is_read_too():
    track = TrackFilter()
    read(track, "sad", range(0, 2000, 40), left=0.7)
    assert track.label == SAD
    assert 0.6 < track.smoothed()[SAD] < settled("sad").smoothed()[SAD] - 0.1


def test_before_any_reading_nothing_is_likelier_than_anything_else():
    assert TrackFilter().smoothed() == pytest.approx([1 / 7] * 7)
    assert TrackFilter().label is None


def test_the_first_label_comes_at_once_where_it_leads_and_else_when_it_does():
    assert read(TrackFilter(), "happy", [0]) == [HAPPY]
    track = TrackFilter()
    assert read(track, "happy", [0], p=0.20) == [None]
    assert read(track, "happy", range(200, 1200, 200), p=0.5)[-1] == HAPPY


def test_one_odd_frame_does_not_change_the_label():
    track = settled()
    labels = read(track, "sad", [3040]) + read(track, "happy", range(3080, 4000, 40))
    assert set(labels) == {HAPPY}
    assert track.changes == 0


def test_one_frame_that_is_certain_of_something_else_does_not_outweigh_the_others():
    track = settled()
    certain = tuple(float(place == SAD) for place in range(7))
    track.step(3040, certain, 1.0, RULES)
    assert track.label == HAPPY
    read(track, "happy", [3080], p=0.6)
    assert track.smoothed()[SAD] < 0.25


def test_a_change_is_taken_once_it_leads_and_counted_once():
    track = settled()
    labels = read(track, "sad", range(3040, 5000, 40))
    taken = labels.index(SAD) * 40 + 40
    # Half of the evidence is of the new label after tau * ln 2 / FASTEST = 99 ms; then it must lead by a tenth.
    assert 99 <= taken <= 160
    assert set(labels[labels.index(SAD) :]) == {SAD}
    assert track.changes == 1


def test_a_label_that_leads_by_less_than_is_needed_does_not_take_over():
    still = Smoothing(tau_s=0.001, lead=0.1)
    near = tuple({HAPPY: 0.43, SAD: 0.50}.get(place, 0.07 / 5) for place in range(7))
    far = tuple({HAPPY: 0.36, SAD: 0.57}.get(place, 0.07 / 5) for place in range(7))
    track = TrackFilter()
    read(track, "happy", [0], rules=still)
    track.step(1000, near, 1.0, still)
    assert track.label == HAPPY
    track.step(2000, far, 1.0, still)
    assert track.label == SAD


def test_the_prior_is_small_beside_a_steady_series():
    assert settled().smoothed()[HAPPY] == pytest.approx(0.94, abs=PRIOR)
