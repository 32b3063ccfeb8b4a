"""Training from the command line: data in every form, what is said at the end, and what is refused."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from classifier.predictor import read_weights
from classifier.training.checkpoint import finished_epochs
from classifier.training.curve import append
from common.errors import (
    EXIT_DATA,
    EXIT_INTERRUPTED,
    EXIT_MODEL,
    EXIT_OK,
    EXIT_OUTPUT,
    EXIT_SETTINGS,
    EXIT_USAGE,
)
from tests.classifier.builders import write_fer
from tests.classifier.training.builders import write_ckplus, write_folders

PATIENCE_S = 90.0

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
        assert "None" not in out.rpartition("\n{")[0]


def test_without_a_terminal_each_epoch_is_a_line_and_the_end_says_what_comes_next(moodline, tmp_path):
    data = write_fer(tmp_path / "fer")
    code, out, err = moodline("train", data, "--epochs", 2, "--out", "run")
    assert code == EXIT_OK, err
    lines = out.splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == ["epoch 1 of 2", "epoch 2 of 2"]
    scores = read_weights(tmp_path / "run" / "best.pt")["scores"]
    assert lines[2].startswith(f"Best epoch {scores['epoch'] + 1}: FER2013 head {scores['fer2013']:.4f}")
    assert lines[-1].endswith(f"moodline calibrate {data} --weights run/expression.pt")


def test_a_finished_run_that_is_called_again_says_that_nothing_is_learned(moodline, tmp_path):
    data = write_fer(tmp_path / "fer")
    assert "was finished before" not in moodline("train", data, "--epochs", 1, "--out", "run")[1]
    code, out, err = moodline("train", data, "--epochs", 1, "--seed", 9, "--out", "run")
    assert code == EXIT_OK, err
    assert out.startswith("The run in 'run' was finished before: nothing is learned. More epochs: --epochs")


@contextmanager
def training(data, *arguments):
    """A run in a process of its own."""
    command = [sys.executable, "-m", "moodline.cli", "train", *map(str, (data, *arguments, "--out", "run", "--json"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_what_is_kept_and_how_to_go_on(moodline, tmp_path, number):
    data = write_fer(tmp_path / "fer")
    with training(data, "--epochs", 100_000) as process:
        assert process.stdout.readline().startswith("epoch 1 of 100000: loss ")
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    done = finished_epochs(tmp_path / "run")
    words = f"stopped after epoch {done} of 100000; the same command goes on with epoch {done + 1}"
    assert (process.returncode, err) == (EXIT_INTERRUPTED, f"moodline: {words}\n")
    assert last_line(out) == {"run": "run", "epochs": done, "interrupted": True}
    code, out, err = moodline("train", data, "--epochs", done + 1, "--out", "run")
    assert code == EXIT_OK, err
    assert out.startswith(f"epoch {done + 1} of {done + 1}: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_within_its_first_epoch_says_that_nothing_is_kept(tmp_path, monkeypatch, number):
    # An epoch of minutes: 150 steps of a large net.
    for name, value in {"BATCH": "2", "SIZES": "[96]", "WIDTHS": "[128, 256]"}.items():
        monkeypatch.setenv(f"MOODLINE_TRAIN_{name}", value)
    record = tmp_path / "run" / "run.json"
    with training(write_fer(tmp_path / "fer", training=300), "--epochs", 1) as process:
        while not record.is_file():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    said = "moodline: stopped; no epoch was finished: the same command begins anew\n"
    assert (process.returncode, err) == (EXIT_INTERRUPTED, said)
    assert last_line(out) == {"run": "run", "epochs": 0, "interrupted": True}
    assert sorted(path.name for path in record.parent.glob("*.*")) == ["run.json"]


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
    for title in ("Loss", "Accuracy of the FER2013 head", "Accuracy of the FER+ head", "3 epochs, the best is epoch "):
        assert title in out
    assert [line.split() for line in out.splitlines() if line.split() == ["1", "3"]] == [["1", "3"]] * 3
    assert [line["epoch"] for line in last_line(out)["epochs"]] == [0, 1, 2]


def test_of_epochs_that_are_equally_good_the_curve_names_the_one_that_is_kept(moodline, tmp_path):
    scores = [(0.5, 0.5), (0.6, 0.5), (0.5, 0.6), (0.4, 0.4)]
    for epoch, (fer2013, ferplus) in enumerate(scores):
        append(tmp_path, {"epoch": epoch, "loss": 1.0, "fer2013": fer2013, "ferplus": ferplus})
    assert "4 epochs, the best is epoch 3: 0.5000 and 0.6000" in moodline("train", "--curve", tmp_path)[1]


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
