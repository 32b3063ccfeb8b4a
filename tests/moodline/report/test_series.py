"""Tracks as lines and stretches, and lines with fewer points."""

import numpy as np
from msgspec.structs import replace

from moodline.report.series import MOST_STRETCHES, TrackSeries
from moodline.report.thin import MOST_POINTS, thin
from tests.moodline.report.builders import sample


def test_stretches_follow_label_and_status_and_leave_out_what_was_not_seen():
    seen = [sample(0), sample(100), sample(200, None, "blurred"), sample(300, None), sample(5000, "sad")]
    series = TrackSeries.of(seen)
    assert series.stretches == (
        (0, 200, "happy"),
        (200, 300, "blurred"),
        (300, 1300, "unsettled"),
        (5000, 6000, "sad"),
    )


def test_lines_break_where_there_is_no_reading():
    series = TrackSeries.of([sample(0), sample(100), sample(200, None, "blurred"), sample(300)])
    assert series.times.tolist() == [0, 100, 200, 200, 300, 400, 400]
    assert np.isnan(series.smoothed[:, 0]).tolist() == [False, False, False, True, False, False, True]


def test_the_line_of_the_single_frames_goes_on_where_a_reading_was_carried():
    seen = [sample(0), replace(sample(100, status="carried"), raw=None), sample(200, "sad")]
    series = TrackSeries.of(seen)
    assert series.raw[1].tolist() == series.raw[0].tolist() != series.raw[2].tolist()
    assert series.stretches == ((0, 200, "happy"), (200, 300, "sad"))


def test_a_track_that_was_never_read_has_no_lines_but_its_stretch():
    series = TrackSeries.of([sample(0, None, "too_small"), sample(100, None, "too_small")])
    assert series.smoothed.shape == (0, 7)
    assert series.stretches == ((0, 200, "too_small"),)


def test_a_track_that_flickers_for_hours_has_no_more_stretches_than_a_chart_can_show():
    flicker = [sample(t, "happy" if t % 200 else "sad") for t in range(0, 200_000, 100)]
    series = TrackSeries.of(flicker)
    assert 1 < len(series.stretches) <= MOST_STRETCHES
    assert series.stretches[-1].to_ms == 200_000


def test_a_short_line_keeps_all_its_points():
    assert thin(np.arange(10.0)).tolist() == list(range(10))


def test_a_long_line_keeps_its_ends_its_peaks_and_its_breaks():
    values = np.zeros(50_000)
    values[31_234], values[40_001], values[777:790] = 1.0, -1.0, np.nan
    kept = thin(values)
    assert len(kept) <= MOST_POINTS
    assert {0, 31_234, 40_001, 777, 49_999} <= set(kept.tolist())
    assert np.all(np.diff(kept) > 0)
