"""`moodline calibrate` and `moodline models card`: the whole command once, and every mistake with one sentence."""

import json

import pytest
import torch

from classifier.predictor import read_weights
from common.errors import EXIT_DATA, EXIT_MODEL, EXIT_OK, EXIT_OUTPUT, EXIT_USAGE
from tests.classifier.builders import random_net, state_of, write_fer


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "net.pt"
    torch.save(state_of(random_net()), path)
    return path


def refused(moodline, code, *arguments):
    got, out, err = moodline(*arguments)
    assert got == code, err
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    return err


@pytest.mark.usefixtures("home")
def test_a_net_is_calibrated_and_its_card_written(moodline, weights, tmp_path):
    data = write_fer(tmp_path / "data", public=70)
    code, out, err = moodline("calibrate", str(data), "--weights", str(weights), "--crops", "12", "--json")
    assert code == EXIT_OK, err
    told = json.loads(out.splitlines()[-1])
    assert set(told["calibration"]["views"]) == {"1", "2", "10"}
    assert "weight" not in told["face_head"]
    assert {"calibration", "face_head"} <= set(read_weights(weights))
    code, out, err = moodline("models", "card", str(data), "--weights", str(weights))
    assert code == EXIT_OK, err
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert "The stated risk of an `ok` reading is 0.1." in card
    assert "Refused as `not_a_face`" in card
    code, _, err = moodline("models", "card", "--weights", str(weights))
    assert code == EXIT_OK, err
    assert (tmp_path / "MODEL_CARD.md").read_text() == card


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("benchmark", ["fer2013", "ferplus"])
def test_a_benchmark_prints_what_its_json_holds(moodline, weights, tmp_path, benchmark):
    data = write_fer(tmp_path / "data", public=40)
    code, out, err = moodline("evaluate", benchmark, str(data), "--weights", str(weights), "--views", "1", "--json")
    assert code == EXIT_OK, err
    scores = json.loads(out.splitlines()[-1])
    assert f"{scores['classwise_ece']:.4f}" in out
    assert "Wrong among the surest" in out
    assert ("readings: images 35" in out) == (benchmark == "ferplus")
    assert scores["uncalibrated"]["ece"] == pytest.approx(scores["ece"], abs=1e-4)


@pytest.mark.usefixtures("home")
def test_mistakes_are_said_before_the_work(moodline, weights, tmp_path):
    data, empty = write_fer(tmp_path / "data"), tmp_path / "empty"
    empty.mkdir()
    net = ("--weights", str(weights))
    assert "must hold fer2013.csv" in refused(moodline, EXIT_DATA, "calibrate", str(empty), *net)
    for command in (("calibrate", str(data)), ("evaluate", "ferplus", str(data)), ("models", "card", str(data))):
        complaint = refused(moodline, EXIT_MODEL, *command, "--weights", "none.pt")
        assert "'none.pt' does not exist; name another (--weights, MOODLINE_CLASSIFIER_WEIGHTS)" in complaint
    file = tmp_path / "file"
    file.touch()
    place = str(file / "net.pt")
    assert "cannot be written" in refused(moodline, EXIT_OUTPUT, "calibrate", str(data), *net, "--out", place)
    assert "risk" in refused(moodline, EXIT_USAGE, "calibrate", str(data), *net, "--risk", "2")
    assert "measure again" in refused(moodline, EXIT_DATA, "models", "card", *net)
    assert "must hold fer2013.csv" in refused(moodline, EXIT_DATA, "models", "card", str(empty), *net)
