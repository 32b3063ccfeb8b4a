"""Training from the command line: data in every form, what is said at the end, and what is refused."""

import json

import pytest

from common.errors import EXIT_DATA, EXIT_MODEL, EXIT_OK, EXIT_OUTPUT, EXIT_SETTINGS, EXIT_USAGE
from tests.classifier.builders import write_fer
from tests.classifier.training.builders import write_ckplus, write_folders

SMALL = {"BATCH": "16", "SIZES": "[16, 48]", "WIDTHS": "[8, 12]", "DEPTHS": "[1, 1]", "DEVICE": "cpu", "CACHE": "cache"}


@pytest.fixture(autouse=True)
def small(home, monkeypatch):  # noqa: ARG001  # the home clears the environment first
    for name, value in SMALL.items():
        monkeypatch.setenv(f"MOODLINE_TRAIN_{name}", value)


@pytest.fixture
def refused(moodline):
    """Run a command that must fail: one sentence and the expected code."""

    def run(code, *arguments):
        got, out, err = moodline(*arguments)
        assert got == code, err
        assert err.startswith("moodline: ")
        assert err.count("\n") == 1
        assert "Traceback" not in out + err
        return err

    return run


def last_line(out):
    return json.loads(out.splitlines()[-1])


def test_a_set_of_ckplus_is_learned_from_and_then_measured_on_what_was_held_out(moodline, tmp_path):
    data = write_ckplus(tmp_path / "ck")
    code, out, err = moodline("train", data, "--epochs", 2, "--out", "run", "--json")
    assert code == EXIT_OK, err
    said = last_line(out)
    assert (said["weights"], said["run"]) == ("run/expression.pt", "run")
    assert "moodline train --curve run" in out

    code, out, err = moodline("evaluate", "ckplus", data, "--weights", "run/expression.pt", "--views", 1, "--json")
    assert code == EXIT_OK, err
    scores = last_line(out)
    assert scores["protocol"] == "sequence-disjoint, fold 0 of 10"
    assert (scores["images"], scores["sequences"]["images"]) == (21, 7)
    assert scores["readings"]["images"] == 18
    assert scores["learned_from"]["form"] == "ckplus"
    assert "people are not" in scores["subjects"]


def test_weights_that_learned_from_elsewhere_are_measured_on_all_of_ckplus(moodline, tmp_path):
    code, _, err = moodline("train", write_folders(tmp_path / "faces"), "--epochs", 1, "--out", "run")
    assert code == EXIT_OK, err
    data = write_ckplus(tmp_path / "ck", sequences=2)
    options = ("--weights", "run/expression.pt", "--views", 2, "--json")
    for classes in (7, 8):
        code, out, err = moodline("evaluate", "ckplus", data, "--classes", classes, *options)
        assert code == EXIT_OK, err
        scores = last_line(out)
        assert (scores["protocol"], scores["classes"]) == ("whole set", classes)
        assert (scores["images"], scores["sequences"]["images"]) == (42, 14)
        assert ("neutral" in scores["per_class"]) == (classes == 8)
        assert "contempt" in scores["per_class"]
        assert "contempt" not in scores["readings"]["per_class"]


def test_the_form_can_be_named(moodline, refused, tmp_path):
    folder = write_fer(tmp_path / "both")
    write_folders(folder)
    code, _, err = moodline("train", folder, "--form", "folders", "--epochs", 1, "--out", "run")
    assert code == EXIT_OK, err
    assert json.loads((tmp_path / "run" / "run.json").read_text())["data"]["form"] == "folders"
    assert "_seqNUMBER_" in refused(EXIT_DATA, "train", folder, "--form", "ckplus")
    code, _, err = moodline("train", folder, "--form", "jaffe")
    assert code == EXIT_USAGE
    assert "jaffe" in err


def test_the_curve_of_a_run_is_shown(moodline, tmp_path):
    assert moodline("train", write_fer(tmp_path / "fer"), "--epochs", 3, "--out", "run")[0] == EXIT_OK
    code, out, err = moodline("train", "--curve", "run", "--json")
    assert code == EXIT_OK, err
    for title in ("Loss", "Accuracy of the FER2013 head", "Accuracy of the FER+ head", "3 epochs, the best is"):
        assert title in out
    assert [line["epoch"] for line in last_line(out)["epochs"]] == [0, 1, 2]


def test_a_data_set_or_a_curve_is_needed_and_not_both(refused, tmp_path):
    assert "--curve" in refused(EXIT_USAGE, "train")
    assert "--curve" in refused(EXIT_USAGE, "train", tmp_path, "--curve", tmp_path)


def test_a_folder_that_is_no_run_has_no_curve(refused, tmp_path):
    assert "--out" in refused(EXIT_DATA, "train", "--curve", tmp_path)
    (tmp_path / "curve.jsonl").write_text("")
    assert "no finished epoch" in refused(EXIT_DATA, "train", "--curve", tmp_path)


def test_bad_data_sets_are_refused_with_one_sentence(refused, tmp_path):
    assert "does not exist" in refused(EXIT_DATA, "train", tmp_path / "none")
    assert "one label" in refused(EXIT_DATA, "train", write_folders(tmp_path / "one", labels=("happy",)))
    broken = write_folders(tmp_path / "broken")
    for index in range(4):
        (broken / "sad" / f"{index}.png").write_bytes(b"")
    assert "4 empty (sad/0.png, sad/1.png, sad/2.png, …)" in refused(EXIT_DATA, "train", broken)
    assert "hungry" in refused(EXIT_DATA, "train", write_folders(tmp_path / "odd", labels=("happy", "hungry")))
    for folder in (tmp_path / "none", broken):
        refused(EXIT_DATA, "evaluate", "ckplus", folder)


def test_bad_runs_and_checkpoints_are_refused_with_one_sentence(moodline, refused, tmp_path, monkeypatch):
    data = write_fer(tmp_path / "fer")
    assert moodline("train", data, "--epochs", 1, "--out", "run")[0] == EXIT_OK
    assert "--init-from" in refused(EXIT_MODEL, "train", data, "--out", "other", "--init-from", "none.pt")
    monkeypatch.setenv("MOODLINE_TRAIN_WIDTHS", "[16, 20]")
    assert "another net" in refused(EXIT_MODEL, "train", data, "--epochs", 2, "--out", "run")
    assert "blocks.0" in refused(EXIT_MODEL, "train", data, "--out", "other", "--init-from", "run/best.pt")
    monkeypatch.setenv("MOODLINE_TRAIN_WIDTHS", SMALL["WIDTHS"])
    monkeypatch.setenv("MOODLINE_TRAIN_RATE", "1e30")
    assert "MOODLINE_TRAIN_RATE" in refused(EXIT_SETTINGS, "train", data, "--out", "wild")
    assert "MOODLINE_TRAIN_DEVICE" in refused(EXIT_SETTINGS, "train", data, "--device", "abacus")
    (tmp_path / "file").write_text("in the way")
    refused(EXIT_OUTPUT, "train", data, "--out", "file/run")
