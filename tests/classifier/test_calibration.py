from pathlib import Path

import numpy as np
import pytest

from classifier.calibration import Calibration, calibrations_of, mix, temper
from classifier.labels import FERPLUS_LABELS, LABELS
from common.errors import ModelError

FILE = Path("some.pt")


EVEN = (1.0,) * 7


def plus_of(**shares):
    row = np.zeros((1, 8), np.float32)
    for name, share in shares.items():
        row[0, FERPLUS_LABELS.index(name)] = share
    return row


def test_contempt_is_left_out_and_the_rest_made_whole():
    plain = np.zeros((1, 7), np.float32)
    plain[0, 4] = 1.0  # sad in the order of FER2013
    assert mix(plus_of(contempt=0.8, sad=0.2), plain, 0.5, EVEN)[0] == pytest.approx([0, 0, 0, 0, 0, 1, 0])


def test_each_head_counts_by_its_weight():
    plain = np.zeros((1, 7), np.float32)
    plain[0, 6] = 1.0  # 6 is neutral in the order of FER2013
    found = mix(plus_of(happy=1.0), plain, 0.4, EVEN)[0]
    assert found[LABELS.index("happy")] == pytest.approx(0.6)
    assert found[LABELS.index("neutral")] == pytest.approx(0.4)


def test_a_label_is_held_back_by_its_divisor():
    even = np.full((1, 7), 1 / 7, np.float32)
    divisors = tuple(3.0 if label == "happy" else 1.0 for label in LABELS)
    found = mix(plus_of(happy=0.6, sad=0.4), even, 0.0, divisors)[0]
    assert found[LABELS.index("sad")] == pytest.approx(0.4 / 0.6)
    assert found.sum() == pytest.approx(1)


def test_nothing_but_contempt_leaves_the_other_head():
    assert mix(plus_of(contempt=1.0), np.full((1, 7), 1 / 7, np.float32), 0.5, EVEN)[0] == pytest.approx([1 / 7] * 7)


def test_a_temperature_flattens_or_sharpens_and_keeps_the_order():
    given = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]], np.float32)
    assert temper(given, 1.0) == pytest.approx(given, abs=1e-6)
    flat, sharp = temper(given, 2.0), temper(given, 0.5)
    assert flat[0] == pytest.approx(np.sqrt(given[0]) / np.sqrt(given[0]).sum(), abs=1e-6)
    assert sharp[0] == pytest.approx(given[0] ** 2 / (given[0] ** 2).sum(), abs=1e-6)
    for changed in (flat, sharp):
        assert changed.dtype == np.float32
        assert changed.sum(1) == pytest.approx([1, 1], abs=1e-6)
        assert (changed.argsort(1) == given.argsort(1)).all()


def test_a_label_held_impossible_stays_nearly_so_and_is_a_number():
    assert temper(np.array([[1.0, 0.0]], np.float32), 0.5)[0] == pytest.approx([1, 0], abs=1e-6)


def test_what_each_face_gets_does_not_depend_on_the_others():
    rng = np.random.default_rng(0)
    plus, plain = (rng.dirichlet(np.ones(n), 50).astype(np.float32) for n in (8, 7))
    calibration = Calibration(weight=0.3, reading_votes=1.2, reading_majority=0.7)
    whole = calibration.reading(plus, plain)
    parts = [calibration.reading(plus[a:b], plain[a:b]) for a, b in ((0, 1), (1, 18), (18, 50))]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    certain = np.concatenate([calibration.certainty(part) for part in parts])
    assert certain.tobytes() == calibration.certainty(whole).tobytes()


def test_certainty_is_the_same_scores_at_the_temperature_of_the_majority():
    plus, plain = np.full((1, 8), 1 / 8, np.float32), np.full((1, 7), 0.05, np.float32)
    plain[0, 3] = 0.7
    calibration = Calibration(weight=1.0, reading_votes=1.5, reading_majority=0.5)
    reading = calibration.reading(plus, plain)
    assert calibration.certainty(reading) == pytest.approx(temper(plain, 0.5).max(1), abs=1e-5)
    assert calibration.certainty(np.empty((0, 7), np.float32)).shape == (0,)


def test_a_file_gives_its_calibration_by_the_number_of_looks():
    one = {"weight": 0.25, "reading_votes": 1.5, "divisors": [0.5] * 7}
    found = calibrations_of({"calibration": {"views": {1: one, 10: {"ambiguous": 0.6}}}}, FILE)
    first = Calibration(weight=0.25, reading_votes=1.5, divisors=(0.5,) * 7)
    assert found == {1: first, 10: Calibration(ambiguous=0.6)}
    assert calibrations_of({}, FILE) == {}


@pytest.mark.parametrize(
    "stored",
    [
        5,
        {},
        {"views": [1]},
        {"views": {"one": {}}},
        {"views": {1: {"heat": 1.0}}},
        {"views": {1: {"weight": 1.5}}},
        {"views": {1: {"reading_votes": 0.0}}},
        {"views": {1: {"fer2013_labels": float("nan")}}},
        {"views": {1: {"ambiguous": "high"}}},
        {"views": {1: {"divisors": [1.0] * 6}}},
        {"views": {1: {"divisors": [0.0] * 7}}},
        {"views": {1: {"divisors": 2.0}}},
    ],
)
def test_a_damaged_calibration_is_refused_in_one_sentence(stored):
    with pytest.raises(ModelError, match=r"the calibration in the weights file 'some\.pt' is damaged"):
        calibrations_of({"calibration": stored}, FILE)
