import hashlib
import json

import numpy as np
import pytest
import torch

from classifier.predictor import Predictor, Serving, build, read_weights
from classifier.training.calibrate import write_calibrated
from classifier.training.checkpoint import finished_epochs
from classifier.training.curve import read_curve
from classifier.training.export import export
from classifier.training.settings import TrainSettings
from classifier.training.train import train
from common.errors import DataError, ModelError, OutputError, SettingsError
from tests.classifier.builders import noise, write_fer
from tests.classifier.training.builders import (
    InterruptionError,
    write_affectnet,
    write_affectnet_tables,
    write_ckplus,
    write_folders,
)

RECIPE = {"epochs": 2, "batch": 32, "sizes": (16, 16), "seed": 5, "threads": 1, "device": "cpu", "warmup": 0.5}


@pytest.fixture(scope="module")
def recipe(cache):
    return lambda **changed: TrainSettings(**RECIPE | {"cache": cache} | changed)


@pytest.fixture(scope="module")
def run(data, recipe, tmp_path_factory):
    """The folder of one whole run, and what it told."""
    out, told = tmp_path_factory.mktemp("run"), []
    threads, chance = torch.get_num_threads(), torch.get_rng_state()
    assert train(data, out, recipe(), told.append) == out / "best.pt"
    torch.set_num_threads(threads)
    torch.set_rng_state(chance)
    return out, told


def weights_of(path):
    return torch.load(path, weights_only=True)["weights"]


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_leaves_what_it_promises(run):
    out, told = run
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == [
        "best.pt",
        "curve.jsonl",
        "last.pt",
        "run.json",
    ]
    lines = [json.loads(line) for line in (out / "curve.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1]
    assert all(0 <= line[head] <= 1 for line in lines for head in ("fer2013", "ferplus"))
    assert [(now.epoch, now.step, now.steps) for now in told] == [(0, 0, 2), (0, 1, 2), (1, 0, 2), (1, 1, 2)]


def test_a_checkpoint_holds_plain_values_and_its_recipe(run):
    state = torch.load(run[0] / "best.pt", weights_only=True)
    assert state["training"]["seed"] == 5
    assert state["model"]["size"] == 16
    assert set(state) == {"format", "model", "weights", "training", "data", "scores", "torch"}


def test_the_same_seed_gives_the_same_weights_to_the_last_bit(data, recipe, run, tmp_path):
    train(data, tmp_path, recipe())
    for name in ("best.pt", "last.pt"):
        assert equal(weights_of(tmp_path / name), weights_of(run[0] / name))


def test_another_seed_gives_other_weights(data, recipe, run, tmp_path):
    train(data, tmp_path, recipe(seed=6))
    assert not equal(weights_of(tmp_path / "last.pt"), weights_of(run[0] / "last.pt"))


@pytest.mark.parametrize("step", [0, 1])
def test_an_interrupted_run_goes_on_to_the_same_weights(data, recipe, run, tmp_path, step):
    def interrupt(now):
        if (now.epoch, now.step) == (1, step):
            raise InterruptionError

    with pytest.raises(InterruptionError):
        train(data, tmp_path, recipe(), interrupt)
    torch.manual_seed(999)
    told = []
    train(data, tmp_path, recipe(), told.append)
    assert {now.epoch for now in told} == {1}
    for name in ("best.pt", "last.pt"):
        assert equal(weights_of(tmp_path / name), weights_of(run[0] / name))


def test_whoever_waits_is_told_of_an_epoch_once_it_can_be_gone_on_after(data, recipe, tmp_path):
    told = []

    def judged(line):
        told.append((line["epoch"], finished_epochs(tmp_path), read_curve(tmp_path)[-1] == line))

    assert finished_epochs(tmp_path) == 0
    train(data, tmp_path, recipe(), judged=judged)
    assert told == [(0, 1, True), (1, 2, True)]


def test_a_finished_run_does_not_go_on_with_other_settings_and_says_so(data, recipe, tmp_path, caplog):
    train(data, tmp_path, recipe(epochs=1))
    train(data, tmp_path, recipe(epochs=1, seed=9))
    assert "is finished and does not learn with other settings: seed 5 → 9" in caplog.text
    assert "goes on" not in caplog.text


def test_a_finished_run_is_not_trained_again(data, recipe, tmp_path):
    train(data, tmp_path, recipe(epochs=1))
    before, told = (tmp_path / "best.pt").read_bytes(), []
    assert train(data, tmp_path, recipe(epochs=1), told.append) == tmp_path / "best.pt"
    assert told == []
    assert (tmp_path / "best.pt").read_bytes() == before


def test_training_lowers_the_loss(data, recipe, tmp_path):
    told = []
    train(data, tmp_path, recipe(epochs=6, averaging=0.5), told.append)
    last = {now.epoch: now.loss for now in told}
    assert last[5] < 0.9 * last[0]


def test_a_damaged_interrupted_run_is_refused(data, recipe, tmp_path):
    (tmp_path / "last.pt").write_bytes(b"half a file")
    with pytest.raises(ModelError, match=r"last\.pt"):
        train(data, tmp_path, recipe())


def test_fewer_faces_than_a_batch_are_refused(data, recipe, tmp_path):
    with pytest.raises(DataError, match="64 usable faces to learn from; 65 "):
        train(data, tmp_path, recipe(batch=65))


def test_data_without_faces_to_judge_by_is_refused(recipe, tmp_path):
    with pytest.raises(DataError, match="PublicTest"):
        train(write_fer(tmp_path / "data", public=0), tmp_path / "run", recipe())


def test_a_folder_that_cannot_be_made_is_refused(data, recipe, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write the run's folder"):
        train(data, tmp_path / "file" / "run", recipe())


def test_the_exported_file_is_half_as_large_has_its_sum_beside_it_and_says_the_same(run, tmp_path):
    out, scores, is_calibrated = export(run[0] / "best.pt", tmp_path / "expression.pt")
    assert out == tmp_path / "expression.pt"
    assert out.stat().st_size < 0.55 * (run[0] / "best.pt").stat().st_size
    stated, name = (tmp_path / "expression.sha256").read_text().split()
    assert (stated, name) == (hashlib.sha256(out.read_bytes()).hexdigest(), "expression.pt")
    assert {"epoch", "fer2013", "ferplus"} <= set(scores)
    assert not is_calibrated
    assert sorted(path.name for path in tmp_path.iterdir()) == ["expression.pt", "expression.sha256"]

    serving, crops = Serving("cpu", "float32", 16, 1), noise(10, side=16)
    found = Predictor(out, serving).predict(crops)
    assert found.sum(1) == pytest.approx(np.ones(10), abs=1e-5)
    assert found == pytest.approx(Predictor(run[0] / "best.pt", serving).predict(crops), abs=0.01)
    assert build(read_weights(out), out).settings.size == 16


def test_the_served_file_does_not_tell_where_the_files_of_its_run_lie(run, tmp_path):
    state = torch.load(run[0] / "best.pt", weights_only=True)
    state["training"] |= {
        "init_from": str(tmp_path / "before.pt"),
        "teachers": [str(tmp_path / "one.pt"), "runs/two.pt"],
    }
    torch.save(state, tmp_path / "best.pt")
    out = export(tmp_path / "best.pt", tmp_path / "expression.pt").path
    assert torch.load(out, weights_only=True)["training"]["init_from"] == "before.pt"
    assert torch.load(out, weights_only=True)["training"]["teachers"] == ["one.pt", "runs/two.pt"]
    assert str(tmp_path).encode() not in out.read_bytes()


def test_what_was_calibrated_stays_with_the_same_weights_and_goes_with_others(run, data, recipe, tmp_path):
    out, found = tmp_path / "expression.pt", {"calibration": {"views": {}}, "face_head": {"bias": 1.0}}
    assert not export(run[0] / "best.pt", out).is_calibrated
    write_calibrated(out, found, out)
    before = out.read_bytes()
    assert export(run[0] / "best.pt", out).is_calibrated
    assert out.read_bytes() == before
    other = train(data, tmp_path / "other", recipe(epochs=1, seed=9))
    assert not export(other, out).is_calibrated
    assert not found.keys() & read_weights(out).keys()


def test_what_is_no_checkpoint_is_not_exported(tmp_path):
    (tmp_path / "best.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ModelError):
        export(tmp_path / "best.pt", tmp_path / "expression.pt")
    assert not (tmp_path / "expression.pt").exists()


@pytest.mark.parametrize("sizes", [(), (15, 48), (0,)])
def test_views_that_the_net_cannot_see_are_refused(sizes):
    with pytest.raises(SettingsError, match="MOODLINE_TRAIN_SIZES"):
        TrainSettings.load({"sizes": sizes})


def test_a_net_needs_a_depth_for_each_width():
    with pytest.raises(SettingsError, match="depths has 3 numbers and widths 4: give as many"):
        TrainSettings.load({"widths": (8, 16, 24, 32), "depths": (1, 1, 1)})


def test_a_net_of_other_widths_is_trained_and_read_again(data, recipe, tmp_path):
    shape = {"widths": (8, 12), "depths": (1, 2), "stem": 4, "apart": True}
    best = train(data, tmp_path, recipe(**shape, mixup=0.5, precision="bfloat16"))
    found = Predictor(best, Serving("cpu", "float32", 16, 1)).predict(noise(10, side=16))
    assert found.sum(1) == pytest.approx(np.ones(10), abs=1e-5)
    settings = build(read_weights(best), best).settings
    assert (settings.widths, settings.depths, settings.stem, settings.apart) == ((8, 12), (1, 2), 4, True)


def test_a_run_can_start_with_the_weights_of_another(data, recipe, run, tmp_path):
    start = run[0] / "best.pt"
    train(data, tmp_path / "gentle", recipe(init_from=start, rate=1e-9, warmup=0, averaging=0, epochs=1))
    before, after = weights_of(start), weights_of(tmp_path / "gentle" / "best.pt")
    kernels = [name for name in before if name.endswith("wide.weight")]
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in kernels)


def test_what_is_no_checkpoint_is_not_started_with(data, recipe, tmp_path):
    (tmp_path / "other.pt").write_bytes(b"no checkpoint")
    with pytest.raises(ModelError, match=r"other\.pt"):
        train(data, tmp_path / "run", recipe(init_from=tmp_path / "other.pt"))


def test_a_net_that_fits_only_in_part_is_started_with_and_the_rest_is_named(data, recipe, tmp_path, caplog):
    shape = {"widths": (8, 12), "depths": (1, 2), "epochs": 1}
    start = train(data, tmp_path / "first", recipe(**shape))
    assert not [record for record in caplog.records if "do not fit" in record.message]
    train(data, tmp_path / "second", recipe(**shape, stem=4, apart=True, init_from=start))
    assert "blocks.0 do not fit this net and are not used" in caplog.text


def test_a_net_that_does_not_fit_is_refused_and_says_which_layers(data, recipe, tmp_path):
    start = train(data, tmp_path / "first", recipe(widths=(8, 12), depths=(1, 1), epochs=1))
    with pytest.raises(
        ModelError, match=r"does not fit this net: blocks\.0, blocks\.1, ferplus, fer2013 have"
    ) as caught:
        train(data, tmp_path / "second", recipe(widths=(16, 20), depths=(1, 1), init_from=start))
    assert "widths [8, 12], depths [1, 1], stem 0" in str(caught.value)
    assert not (tmp_path / "second").exists()


def test_a_checkpoint_to_start_from_that_is_not_there_is_named_with_its_option(data, recipe, tmp_path):
    with pytest.raises(ModelError, match=r"none\.pt' to start from does not exist; name another with --init-from"):
        train(data, tmp_path / "run", recipe(init_from=tmp_path / "none.pt"))


def test_a_teacher_that_is_not_there_is_named_with_its_setting(data, recipe, tmp_path):
    with pytest.raises(ModelError, match=r"none\.pt' does not exist; change MOODLINE_TRAIN_TEACHERS"):
        train(data, tmp_path / "run", recipe(teachers=(tmp_path / "none.pt",)))


def test_the_readings_of_teachers_are_learned_from(data, recipe, run, tmp_path):
    best = train(data, tmp_path / "taught", recipe(teachers=(run[0] / "best.pt",), teacher_share=0.9))
    assert not equal(weights_of(best), weights_of(run[0] / "best.pt"))


WRITERS = [write_ckplus, write_folders, write_affectnet, write_affectnet_tables]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_a_run_learns_from_every_form_of_data_and_its_weights_say_from_which(recipe, tmp_path, write):
    small = {"widths": (8, 12), "depths": (1, 1), "batch": 8, "epochs": 1, "unusable": 0.0}
    best = train(write(tmp_path / "data"), tmp_path / "run", recipe(**small))
    state = torch.load(best, weights_only=True)
    assert state["data"]["form"] == write.__name__.removeprefix("write_").removesuffix("_tables")
    assert len(state["data"]["sha256"]) == 64
    assert 0 <= state["scores"]["ferplus"] <= 1
    kept = torch.load(export(best, tmp_path / "expression.pt")[0], weights_only=True)
    assert kept["data"] == state["data"]


def test_pictures_that_stand_there_twice_are_told(recipe, tmp_path, caplog):
    data = write_ckplus(tmp_path / "data")
    for sequence in range(10):
        frame = data / "happy" / f"happy_seq{sequence:03}_frame0.png"
        frame.with_name(frame.name.replace("frame0", "frame8")).write_bytes(frame.read_bytes())
    train(data, tmp_path / "run", recipe(widths=(8, 12), depths=(1, 1), epochs=1))
    assert "stand there more than once, 0 of them under another label; all are kept" in caplog.text


def test_a_fold_that_is_not_there_is_refused():
    with pytest.raises(SettingsError, match="fold is 10 of 10 folds, counted from 0: give a smaller one"):
        TrainSettings.load({"fold": 10})
