import hashlib

import numpy as np
import pytest
import torch

from classifier.predictor import Predictor, Serving, read_weights
from classifier.training.calibrate import Risks, calibrate, write_calibrated
from classifier.training.face_test import Amounts
from common.errors import OutputError
from tests.classifier.builders import noise, write_fer

PLAIN = Serving("cpu", "float32", 16, 1)
FEW = Amounts(faces=20, of_kind=10, tested=10)


@pytest.fixture(scope="module")
def found(weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    said = []
    result = calibrate(
        write_fer(folder, public=70), folder / "cache", Predictor(weights, PLAIN), Risks(), FEW, said.append
    )
    assert said
    return result


def test_a_calibrated_file_is_served_with_what_was_fitted(weights, found, tmp_path):
    out = tmp_path / "calibrated.pt"
    write_calibrated(weights, found, out)
    before, after = Predictor(weights, PLAIN), Predictor(out, PLAIN)
    crops = noise(6)
    for views in (1, 2, 10):
        fitted = found["calibration"]["views"][views]
        assert after.calibration(views).reading_votes == fitted["reading_votes"] != 1.0
        assert after.predict(crops, views) == pytest.approx(
            after.calibration(views).reading(*before.heads(crops, views)), abs=1e-6
        )
    assert before.face_head is None
    assert after.face_head.weight == pytest.approx(found["face_head"]["weight"].numpy())
    assert hashlib.sha256(out.read_bytes()).hexdigest() == out.with_suffix(".sha256").read_text().split()[0]


def test_a_file_can_be_calibrated_again_and_keeps_all_else(weights, found, tmp_path):
    first, second = tmp_path / "a.pt", tmp_path / "b.pt"
    write_calibrated(weights, found, first)
    write_calibrated(first, found, second)
    assert first.read_bytes() == second.read_bytes()
    state, before = read_weights(second), read_weights(weights)
    assert set(state) == {*before, "calibration", "face_head"}
    assert all(torch.equal(state["weights"][name], value) for name, value in before["weights"].items())


def test_what_was_measured_stands_in_the_file(found):
    calibration = found["calibration"]
    assert calibration["fitted_on"] == "PublicTest"
    assert set(calibration["held_out"]) == set(calibration["views"]) == {1, 2, 10}
    for one in calibration["held_out"].values():
        assert {"ferplus_majority", "ferplus_majority_before", "reading"} <= set(one)
    assert 0 <= found["face_head"]["measured"]["faces"] <= 1


def test_private_test_is_never_opened(weights, found, tmp_path):
    other = write_fer(tmp_path / "data", public=70, private=9)
    again = calibrate(other, tmp_path / "cache", Predictor(weights, PLAIN), Risks(), FEW, lambda _: None)
    assert again["calibration"] == found["calibration"]
    assert np.array_equal(again["face_head"]["weight"], found["face_head"]["weight"])


def test_a_place_that_cannot_be_written_is_said_in_one_sentence(weights, found, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_calibrated(weights, found, tmp_path / "none" / "file.pt")
