"""A face that jumps keeps its track where there is one way to read it, and only there."""

import pytest

from detector.tracks import Tracker
from tests.detector.builders import seen
from tests.detector.test_tracks import step


def after(first, then, *, gap_ms=40, suspects=(), stay=()):
    """Numbers of the tracks after frames with some faces and, later, one with others; some stay all the time."""
    tracker = Tracker(lost_ms=2000)
    for time_ms in range(0, 1000, 40):
        step(tracker, time_ms, [*first, *stay])
        tracker.suspect([one.box for one in suspects], time_ms)
    for time_ms in range(1000, 960 + gap_ms, 40):
        step(tracker, time_ms, stay)
    return [number for number, _ in step(tracker, 960 + gap_ms, [*then, *stay])]


def test_a_face_that_jumps_in_the_open_keeps_its_track():
    assert after([seen(400, 300)], [seen(700, 300)]) == [1]
    assert after([seen(400, 300)], [seen(700, 300)], gap_ms=700) == [1]


@pytest.mark.parametrize(
    ("then", "gap_ms"),
    [
        (seen(700, 300, width=70.0), 40),
        (seen(900, 300), 40),
        (seen(700, 300), 1000),
        (seen(20, 300), 400),
    ],
    ids=["another size", "too far", "too late", "at the border, where people come in"],
)
def test_what_does_not_fit_is_another_person(then, gap_ms):
    assert after([seen(400, 300)], [then], gap_ms=gap_ms) == [2]


def test_of_two_that_fit_the_one_at_the_border_has_walked_in():
    assert after([seen(400, 300)], [seen(20, 300), seen(700, 300)]) == [1, 2]


def test_at_low_frame_rates_a_leap_may_take_a_few_frames():
    tracker = Tracker(lost_ms=2000)
    for time_ms in range(0, 1000, 200):
        step(tracker, time_ms, [seen(400, 300, width=140.0)])
    step(tracker, 1000, [])
    # Half behind the left border after the leap: too near to it for a leap that takes longer than a moment.
    assert [number for number, _ in step(tracker, 1200, [seen(20, 300, width=140.0)])] == [1]


def test_two_faces_that_fit_are_two_new_persons():
    assert after([seen(600, 300)], [seen(300, 300), seen(900, 300)]) == [2, 3]


def test_a_face_that_was_half_seen_there_before_is_not_the_one_that_vanished():
    assert after([seen(400, 300)], [seen(700, 300)], suspects=[seen(690, 300)]) == [2]


def test_a_face_behind_another_has_not_vanished():
    front = seen(430, 300, width=80.0)
    assert after([seen(400, 300)], [seen(700, 300)], stay=[front], gap_ms=400) == [2, 3]
