import json
import math

import numpy as np
import pytest

from classifier.training.votes import score_votes, vote_recall, vote_shares
from common.errors import DataError


def votes(**counts):
    """One face: neutral, happy, sad, unknown, none."""
    columns = {"neutral": 0, "happy": 1, "sad": 3, "contempt": 7, "unknown": 8, "none": 9}
    row = np.zeros((1, 10), np.float32)
    for name, count in counts.items():
        row[0, columns[name]] = count
    return row


def test_every_vote_for_a_class_counts_also_a_single_one():
    (shares,) = vote_shares(votes(neutral=6, happy=3, sad=1))
    assert shares.tolist() == [0.6, 0.3, 0, 0.1, 0, 0, 0, 0]


def test_shares_can_be_of_some_classes_only():
    (shares,) = vote_shares(votes(neutral=6, happy=2, contempt=2), (1, 0))
    assert shares.tolist() == [0.25, 0.75]


@pytest.mark.parametrize("counts", [{}, {"unknown": 6, "neutral": 4}, {"none": 10}])
def test_a_face_that_most_could_not_name_has_no_shares(counts):
    assert not vote_shares(votes(**counts)).any()


def test_probabilities_that_are_the_votes_diverge_by_nothing():
    shares = np.array([[0.7, 0.3], [0.5, 0.5]])
    scores = score_votes(shares, shares)
    assert (scores["kl"], scores["js"]) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
    assert scores["nll"] == pytest.approx(-(0.7 * math.log(0.7) + 0.3 * math.log(0.3) + math.log(0.5)) / 2)
    assert scores["ece"] == pytest.approx(0)


def test_divergences_computed_by_hand_and_rows_without_votes_left_out():
    said, true = np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    scores = score_votes(said, true)
    assert scores["images"] == 1
    assert scores["kl"] == pytest.approx(math.log(2))
    half = math.log(1 / 0.75) / 2 + (0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(2)) / 2
    assert scores["js"] == pytest.approx(half)
    assert scores["ece"] == pytest.approx(0.5)
    json.dumps(scores, allow_nan=False)


def test_what_is_held_impossible_costs_much_but_not_everything():
    assert score_votes(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))["kl"] < 30


def test_no_votes_are_refused():
    with pytest.raises(DataError, match="no votes"):
        score_votes(np.array([[1.0, 0.0]]), np.zeros((1, 2)))


def test_recall_of_votes_weighs_every_class_the_same():
    shares = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.4, 0.6, 0.0]])
    read = np.eye(3)[[0, 0, 1]]
    assert vote_recall(read, shares) == pytest.approx((2 / 2.4 + 1) / 2)
