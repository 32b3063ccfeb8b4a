import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import Readings
from common.pace import REMEMBERED, Pace, is_work
from tests.builders_messages import closed, empty_frame, face, faces, gray_frame, opened, spine

CROP = np.zeros((48, 48), np.uint8)


def paced(*each_s):
    pace = Pace(0.25)
    for seconds in each_s:
        pace.note(1, seconds)
    return pace.limit


def test_before_anything_was_measured_one_is_taken():
    assert Pace(0.25).limit == 1


@pytest.mark.parametrize(("each_s", "limit"), [(0.3, 1), (0.1, 2), (0.01, 25), (0.24, 1)])
def test_as_much_is_taken_as_fits_into_the_budget_and_at_least_one(each_s, limit):
    assert paced(*[each_s] * 3) == limit


def test_a_stage_that_becomes_slow_is_believed_at_once():
    assert paced(*[0.001] * REMEMBERED, 0.3) == 1


def test_one_slow_batch_is_forgotten_with_the_next():
    assert paced(*[0.01] * REMEMBERED, 5.0, 0.01) == 25


def test_a_stage_that_becomes_quick_is_believed_after_a_few_measurements():
    assert paced(*[0.3] * REMEMBERED, *[0.01] * (REMEMBERED // 2 + 1)) == 25


def test_what_held_no_work_says_nothing():
    pace = Pace(0.25)
    pace.note(1, 0.1)
    pace.note(0, 9.0)
    assert pace.limit == 2


@given(st.lists(st.floats(-1e9, 1e9), max_size=20))
def test_whatever_a_clock_says_at_least_one_is_taken(seconds):
    assert paced(*seconds) >= 1


@pytest.mark.parametrize(
    ("message", "work"),
    [
        (gray_frame(0), True),
        (empty_frame(0, dropped="behind"), False),
        (faces(0, face(1, crop=CROP), face(2, refused="blurred")), True),
        (faces(0, face(2, refused="expired")), False),
        (faces(0), False),
        (Readings(spine(0), (), "r"), True),
        (Readings(spine(0), (), "r", "stale"), False),
        (opened(), False),
        (closed(), False),
    ],
)
def test_work_is_a_picture_a_crop_or_a_frame_to_be_written(message, work):
    assert is_work(message) is work
