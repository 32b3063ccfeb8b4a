import numpy as np
import pytest

from classifier.training.selective import limit_for, risks_of, score_selective

CONFIDENCE = np.array([0.9, 0.5, 0.8, 0.6])
RIGHT = np.array([True, False, True, False])


def test_risks_count_the_wrong_among_the_surest():
    assert risks_of(CONFIDENCE, RIGHT).tolist() == [0, 0, pytest.approx(1 / 3), 0.5]


def test_scores_of_a_sorted_classifier_computed_by_hand():
    right = np.arange(100) >= 10
    scores = score_selective(np.arange(100) / 100, right)
    assert scores["accuracy_at_90"] == 1.0
    assert scores["accuracy_at_80"] == 1.0
    assert scores["aurc"] == pytest.approx(sum((n - 90) / n for n in range(91, 101)) / 100)
    assert scores["risk_coverage"][-1] == [1.0, pytest.approx(0.1)]
    assert scores["risk_coverage"][0] == [0.05, 0.0]


def test_one_picture_can_be_scored():
    assert score_selective(np.array([0.4]), np.array([True]))["accuracy_at_80"] == 1.0


@pytest.mark.parametrize(("risk", "limit"), [(0.0, 0.8), (0.34, 0.6), (0.5, 0.5), (1.0, 0.5)])
def test_the_limit_keeps_as_many_as_the_risk_allows(risk, limit):
    assert limit_for(CONFIDENCE, RIGHT, risk) == limit


def test_a_risk_that_even_the_surest_break_keeps_none():
    assert limit_for(np.array([0.9, 0.8]), np.array([False, True]), 0.1) > 0.9


def test_of_equally_sure_ones_all_are_kept_or_none():
    confidence, right = np.array([0.9, 0.6, 0.6, 0.6]), np.array([True, True, True, False])
    assert limit_for(confidence, right, 0.1) == 0.9
    assert limit_for(confidence, right, 0.25) == 0.6
