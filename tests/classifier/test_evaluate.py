import json

import numpy as np
import pytest

from classifier.calibration import Calibration, temper
from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.training.data import FaceData
from classifier.training.evaluate import evaluate_fer, score_fer2013, score_ferplus
from classifier.training.votes import score_votes, vote_shares
from common.errors import DataError, MoodlineError

VOTES = {
    "clear happy": {1: 9, 2: 1},
    "clear neutral": {0: 8, 3: 2},
    "split sad": {3: 4, 0: 3, 4: 3},
    "contempt": {7: 7, 0: 2, 1: 1},
    "unknown": {8: 6, 0: 4},
    "not a face": {9: 10},
    "without a name": {},
}


def faces(*rows, duplicate=()):
    """Pictures whose gray level is their number; their FER2013 label is `happy` throughout."""
    votes = np.zeros((len(rows), 10), np.float32)
    for row, name in enumerate(rows):
        for column, count in VOTES[name].items():
            votes[row, column] = count
    pixels = np.broadcast_to(np.arange(len(rows), dtype=np.uint8)[:, None, None], (len(rows), 48, 48)).copy()
    copies = np.isin(np.arange(len(rows)), duplicate)
    return FaceData(pixels, np.full(len(rows), FER2013_LABELS.index("happy")), votes, copies)


def sure_of(names, labels, sure=0.9):
    probabilities = np.full((len(names), len(labels)), (1 - sure) / (len(labels) - 1), np.float32)
    probabilities[np.arange(len(names)), [labels.index(name) for name in names]] = sure
    return probabilities


EVERY = faces(*VOTES, duplicate=[0])
GUESS = sure_of(["happy", "neutral", "sad", "happy", "sad", "sad", "sad"], FERPLUS_LABELS)


@pytest.mark.parametrize(
    ("protocol", "classes", "images", "right"),
    [("majority", 8, 3, 2), ("majority", 7, 2, 2), ("argmax", 8, 4, 3), ("argmax", 7, 3, 3)],
)
def test_each_ferplus_protocol_scores_the_pictures_it_labels(protocol, classes, images, right):
    scores = score_ferplus(GUESS, EVERY, protocol, classes)
    assert (scores["protocol"], scores["classes"]) == (protocol, classes)
    assert (scores["images"], scores["images_without_duplicates"]) == (images, images - 1)
    assert scores["accuracy"] == pytest.approx(right / images)
    assert tuple(scores["per_class"]) == FERPLUS_LABELS[:classes]
    assert np.shape(scores["confusion"]) == (classes, classes)


def test_over_seven_classes_the_probability_of_contempt_is_shared_out():
    data = faces("clear happy")
    probabilities = np.zeros((1, 8), np.float32)
    probabilities[0, [1, 0, 7]] = 0.3, 0.1, 0.6
    assert score_ferplus(probabilities, data, classes=8)["accuracy"] == 0.0
    seven = score_ferplus(probabilities, data, classes=7)
    assert seven["accuracy"] == 1.0
    assert seven["nll"] == pytest.approx(-np.log(0.75), rel=1e-6)


def test_a_net_sure_of_contempt_alone_can_still_be_scored_over_seven():
    probabilities = np.zeros((1, 8), np.float32)
    probabilities[0, 7] = 1.0
    scores = score_ferplus(probabilities, faces("clear happy"), classes=7)
    assert scores["images"] == 1
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores


def test_fer2013_scores_every_picture():
    said = ["happy", "happy", "sad", "happy", "happy", "happy", "happy"]
    scores = score_fer2013(sure_of(said, FER2013_LABELS), EVERY)
    assert (scores["images"], scores["classes"], scores["protocol"]) == (7, 7, "official")
    assert scores["accuracy"] == pytest.approx(6 / 7)
    assert scores["accuracy_without_duplicates"] == pytest.approx(5 / 6)
    low, high = scores["accuracy_interval"]
    assert low < 6 / 7 < high
    assert scores["per_class"]["happy"]["images"] == 7


def test_each_benchmark_takes_its_own_head():
    heads = (GUESS, sure_of(["happy"] * 7, FER2013_LABELS))
    plain = evaluate_fer(heads, Calibration(), EVERY, "fer2013")
    assert plain["accuracy"] == 1.0
    assert plain["uncalibrated"]["ece"] == pytest.approx(plain["ece"], abs=1e-5)
    plus = evaluate_fer(heads, Calibration(), EVERY, "ferplus", protocol="argmax", classes=8)
    expected = score_ferplus(GUESS, EVERY, "argmax", 8)
    single = {name: value for name, value in expected.items() if isinstance(value, float | int)}
    assert {name: plus[name] for name in single} == pytest.approx(single, abs=1e-6)
    assert plus["confusion"] == expected["confusion"]
    assert json.loads(json.dumps(plus, allow_nan=False)) == plus


def test_labels_and_votes_are_scored_with_the_calibration_of_each():
    heads = (GUESS, sure_of(["happy"] * 7, FER2013_LABELS))
    calibration = Calibration(ferplus_majority=0.5, ferplus_votes=2.0, fer2013_labels=3.0)
    plus = evaluate_fer(heads, calibration, EVERY, "ferplus")
    assert plus["nll"] == pytest.approx(score_ferplus(temper(GUESS, 0.5), EVERY)["nll"], abs=1e-6)
    assert plus["uncalibrated"]["nll"] == pytest.approx(score_ferplus(GUESS, EVERY)["nll"], abs=1e-6)
    assert plus["votes"] == pytest.approx(score_votes(temper(GUESS, 2.0), vote_shares(EVERY.votes)))
    assert plus["votes_uncalibrated"] == pytest.approx(score_votes(GUESS, vote_shares(EVERY.votes)))
    plain = evaluate_fer(heads, calibration, EVERY, "fer2013")
    assert plain["nll"] == pytest.approx(score_fer2013(temper(heads[1], 3.0), EVERY)["nll"], abs=1e-6)


def test_what_a_status_promises_is_scored_on_faces_where_most_agree():
    # clear happy read happy, clear neutral read neutral, contempt is no label of a reading.
    heads = (GUESS, sure_of(["happy", "neutral", "sad", "happy", "sad", "sad", "sad"], FER2013_LABELS, 0.6))
    readings = evaluate_fer(heads, Calibration(ambiguous=0.0), EVERY, "ferplus")["readings"]
    assert (readings["images"], readings["accuracy"], readings["ok"], readings["ok_wrong"]) == (2, 1.0, 1.0, 0.0)
    assert readings["in_two"] is None
    strict = evaluate_fer(heads, Calibration(ambiguous=1.0), EVERY, "ferplus")["readings"]
    assert (strict["ok"], strict["ok_wrong"], strict["in_two"], strict["ambiguous_of_all"]) == (0.0, None, 1.0, 1.0)


@pytest.mark.parametrize("rows", [(), ("unknown", "without a name")])
def test_a_split_without_labelled_pictures_is_refused(rows):
    with pytest.raises(DataError, match="no labelled pictures"):
        score_ferplus(np.full((len(rows), 8), 1 / 8), faces(*rows))


@pytest.mark.parametrize(
    "given",
    [np.full((7, 7), 1 / 7), np.full((6, 8), 1 / 8), np.full((7, 8), 2.0), np.full((7, 8), np.nan), -GUESS],
    ids=["the other head", "a row short", "logits", "nan", "negative"],
)
def test_what_is_not_one_distribution_for_each_picture_is_refused(given):
    with pytest.raises(MoodlineError, match="the classifier gave"):
        score_ferplus(given, EVERY)
