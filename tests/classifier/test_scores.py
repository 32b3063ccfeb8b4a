import json
import math

import numpy as np
import pytest

from classifier.training.scores import calibration_error, score_classes, wilson
from common.errors import DataError

NAMES = ("cat", "dog", "fox")


def score(truth, guess, sure=1.0, duplicate=None):
    probabilities = np.full((len(truth), len(NAMES)), (1 - sure) / (len(NAMES) - 1))
    probabilities[np.arange(len(truth)), guess] = sure
    copies = np.zeros(len(truth), bool) if duplicate is None else np.array(duplicate)
    return score_classes(probabilities, np.array(truth), NAMES, copies)


def test_scores_of_a_table_computed_by_hand():
    scores = score([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 0])
    assert scores["images"] == 6
    assert scores["accuracy"] == pytest.approx(4 / 6)
    assert scores["balanced_accuracy"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert scores["macro_f1"] == pytest.approx((4 / 6 + 4 / 5 + 0) / 3)
    assert scores["per_class"]["cat"] == {
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "images": 3,
    }
    assert scores["per_class"]["fox"] == {"precision": None, "recall": 0.0, "images": 1}
    assert scores["confusion"] == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_a_class_that_occurs_nowhere_is_in_no_mean():
    scores = score([0, 1], [0, 1])
    assert (scores["balanced_accuracy"], scores["macro_f1"]) == (1.0, 1.0)
    assert scores["per_class"]["fox"] == {"precision": None, "recall": None, "images": 0}


def test_a_class_that_is_only_predicted_lowers_macro_f1():
    assert score([0, 0], [0, 2])["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)


def test_duplicates_are_left_out_of_the_second_accuracy():
    scores = score([0, 0, 1, 1], [0, 0, 1, 0], duplicate=[True, True, False, False])
    assert (scores["accuracy"], scores["accuracy_without_duplicates"]) == (0.75, 0.5)
    assert scores["images_without_duplicates"] == 2
    assert scores["accuracy_without_duplicates_interval"] == wilson(1, 2)


def test_nothing_but_duplicates_has_no_second_accuracy():
    scores = score([0], [0], duplicate=[True])
    assert scores["accuracy_without_duplicates"] is None
    assert scores["accuracy_without_duplicates_interval"] is None
    json.dumps(scores, allow_nan=False)


def test_nll_is_the_mean_of_the_negative_log_probability_of_the_truth():
    assert score([0, 1], [0, 0], sure=0.8)["nll"] == pytest.approx(-(math.log(0.8) + math.log(0.1)) / 2)


def test_a_truth_held_impossible_costs_much_but_not_everything():
    assert score([1], [0], sure=1.0)["nll"] == pytest.approx(-math.log(1e-12))


def test_brier_is_the_squared_distance_from_the_truth():
    assert score([0, 1], [0, 0], sure=0.8)["brier"] == pytest.approx(
        (0.2**2 + 2 * 0.1**2 + 0.8**2 + 0.9**2 + 0.1**2) / 2
    )


def test_classwise_calibration_sees_a_class_that_is_never_the_likeliest():
    # Half are cats and half foxes. Cats are held as likely as they are; dogs are made up, and foxes pay for it.
    probabilities = np.tile([0.5, 0.4, 0.1], (30, 1))
    truth = np.tile([0, 2], 15)
    scores = score_classes(probabilities, truth, NAMES, np.zeros(30, bool))
    assert scores["ece"] == pytest.approx(0, abs=1e-12)
    assert scores["classwise_ece"] == pytest.approx((0 + 0.4 + 0.4) / 3)


def test_scores_say_what_leaving_out_the_unsure_gains():
    scores = score([0] * 10, [0] * 9 + [1], sure=0.9)
    assert scores["risk_coverage"][-1] == [1.0, pytest.approx(0.1)]
    assert scores["accuracy_at_90"] == 1.0


def test_calibration_error_of_a_constant_confidence_is_its_distance_to_the_accuracy_of_each_bin():
    # 30 pictures, 2 to a bin, one right in each: accuracy 0.5 everywhere, confidence 0.8.
    right = np.tile([True, False], 15)
    assert calibration_error(np.full(30, 0.8), right) == pytest.approx(0.3)


def test_calibration_bins_hold_equal_numbers_of_pictures_not_equal_widths():
    # All confidences lie in the top bin of equal width, where over- and under-confidence would cancel out.
    confidence = np.concatenate([np.full(15, 0.96), np.full(15, 0.98)])
    right = np.concatenate([np.ones(15, bool), np.zeros(15, bool)])
    order = np.random.default_rng(0).permutation(30)
    error = calibration_error(confidence[order], right[order])
    # Seven bins of 2 on either side, and one in the middle with one of each.
    assert error == pytest.approx((14 * 0.04 + 14 * 0.98 + abs(0.04 - 0.98)) / 30)


def test_calibration_works_with_fewer_pictures_than_bins():
    assert calibration_error(np.array([0.9, 0.6]), np.array([True, False])) == pytest.approx((0.1 + 0.6) / 2)


def test_the_wilson_interval_matches_published_values():
    assert wilson(81, 263) == pytest.approx([0.2553, 0.3662], abs=5e-5)
    assert wilson(0, 20) == pytest.approx([0.0, 0.1611], abs=5e-5)
    assert wilson(20, 20)[1] == 1.0
    assert wilson(0, 0) is None


def test_no_pictures_are_refused():
    with pytest.raises(DataError, match="no labelled pictures"):
        score([], [])
