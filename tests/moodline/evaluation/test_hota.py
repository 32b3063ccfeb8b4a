import math

import pytest

from moodline.evaluation.hota import hota
from moodline.evaluation.matching import match_frames
from tests.moodline.evaluation.builders import face, person, predicted, shift_for, truth
from tests.moodline.evaluation.test_identity import follow


def test_perfect_tracking_is_one():
    scores = hota(follow(["12"] * 5, "ab"))
    assert (scores.hota, scores.deta, scores.assa) == pytest.approx((1, 1, 1))


def test_no_prediction_is_zero_and_no_face_at_all_is_none():
    scores = hota(follow([" "] * 3))
    assert (scores.hota, scores.deta, scores.assa) == (0, 0, 0)
    assert hota(follow([" "], "")) is None


def test_half_missed():
    # TP 5, FN 5: DetA 0.5; every hit's trajectory overlaps by 5 / 10.
    scores = hota(follow(["1"] * 5 + [" "] * 5))
    assert (scores.hota, scores.deta, scores.assa) == pytest.approx((0.5, 0.5, 0.5))


def test_one_person_under_two_tracks():
    # 5 hits each; each pair has 5 / (10 + 5 - 5).
    scores = hota(follow(["1"] * 5 + ["2"] * 5))
    assert (scores.hota, scores.deta, scores.assa) == pytest.approx((math.sqrt(0.5), 1, 0.5))


def test_one_swap_between_two_persons():
    # Per person 6 and 4 of 10 frames: pairs of 6 / (10 + 10 - 6) and 4 / (10 + 10 - 4), weighed by their frames.
    scores = hota(follow(["12"] * 6 + ["21"] * 4, "ab"))
    expected = 0.6 * 6 / 14 + 0.4 * 4 / 16
    assert (scores.hota, scores.deta, scores.assa) == pytest.approx((math.sqrt(expected), 1, expected))


def test_a_false_track_lowers_detection_only():
    scores = hota(follow(["1   9"] * 4))
    assert (scores.hota, scores.deta, scores.assa) == pytest.approx((math.sqrt(0.5), 0.5, 1))


def test_a_loose_box_hits_only_at_the_thresholds_that_it_reaches():
    # IoU 0.5 reaches 0.05 to 0.50: ten of the nineteen thresholds, perfect at those and zero at the others.
    frames = match_frames(truth([person("a")]), predicted([face("1", 0, shift=shift_for(0.5))]))
    scores = hota(frames)
    assert (scores.hota, scores.deta, scores.assa) == pytest.approx((10 / 19, 10 / 19, 10 / 19))


def test_a_prediction_on_a_hidden_person_changes_nothing():
    seen = hota(follow(["1"] * 4))
    hidden = hota(follow(["1"] * 4 + ["7"] * 4, visible=[1.0] * 4 + [0.3] * 4))
    assert hidden == seen


def test_the_pair_of_a_frame_is_the_one_that_fits_the_whole_footage():
    # For one frame both tracks lie on the person; the one that follows the person everywhere is taken.
    people = [person("a")]
    frames = match_frames(
        truth(*[people] * 4), predicted([face("1", 0)], [face("1", 0)], [face("1", 0), face("2", 0)], [face("1", 0)])
    )
    scores = hota(frames)
    assert (scores.deta, scores.assa) == pytest.approx((4 / 5, 1))
