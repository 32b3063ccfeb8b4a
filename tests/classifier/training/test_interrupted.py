"""A run that was stopped anywhere goes on to the same bits, whatever stopped it."""

import json
import resource
from pathlib import Path

import pytest
import torch

from classifier.training.export import export
from classifier.training.settings import TrainSettings
from classifier.training.train import train
from common.errors import DataError, ModelError, OutputError, SettingsError
from tests.classifier.training.builders import InterruptionError, write_ckplus

EPOCHS, STEPS = 3, 2

SMALL = {"epochs": EPOCHS, "batch": 32, "sizes": (16, 16), "widths": (8, 12), "depths": (1, 1), "seed": 5, "threads": 1}
EVERYTHING = {"mixup": 0.7, "blur": 0.5, "jpeg": 0.5, "adjust": 0.5, "soften": 0.5, "averaging": 0.9}
RECIPE = SMALL | EVERYTHING | {"stem": 4, "apart": True, "device": "cpu", "warmup": 0.5}


@pytest.fixture(scope="module")
def recipe(cache):
    return lambda **changed: TrainSettings(**RECIPE | {"cache": cache} | changed)


@pytest.fixture(scope="module")
def whole(data, recipe, tmp_path_factory):
    """A run without interruption."""
    out, threads, chance = tmp_path_factory.mktemp("whole"), torch.get_num_threads(), torch.get_rng_state()
    export(train(data, out, recipe()), out / "expression.pt")
    torch.set_num_threads(threads)
    torch.set_rng_state(chance)
    return out


def stop_at(epoch, step):
    def interrupt(now):
        if (now.epoch, now.step) == (epoch, step):
            raise InterruptionError

    return interrupt


def begin(data, out, settings, epoch=1, step=0):
    """Start a run and interrupt it."""
    with pytest.raises(InterruptionError):
        train(data, out, settings, stop_at(epoch, step))


def without_times(out):
    return [{**json.loads(line), "seconds": 0} for line in (out / "curve.jsonl").read_text().splitlines()]


def assert_same(out, other):
    """Every file that the run promises is the same to the last bit, save for the times in the curve."""
    for name in ("best.pt", "last.pt", "expression.pt"):
        assert (out / name).read_bytes() == (other / name).read_bytes(), name
    assert without_times(out) == without_times(other)


@pytest.mark.parametrize("step", range(STEPS))
@pytest.mark.parametrize("epoch", range(EPOCHS))
def test_a_run_interrupted_at_any_step_goes_on_to_the_same_bits(data, recipe, whole, tmp_path, epoch, step):
    begin(data, tmp_path, recipe(), epoch, step)
    torch.manual_seed(999)
    export(train(data, tmp_path, recipe()), tmp_path / "expression.pt")
    assert_same(tmp_path, whole)


def test_one_seed_fixes_everything_and_another_one_nothing(data, recipe, whole, tmp_path):
    torch.manual_seed(999)
    export(train(data, tmp_path / "same", recipe()), tmp_path / "same" / "expression.pt")
    assert_same(tmp_path / "same", whole)
    train(data, tmp_path / "other", recipe(seed=6))
    assert (tmp_path / "other" / "last.pt").read_bytes() != (whole / "last.pt").read_bytes()


def test_a_run_that_stopped_between_its_files_goes_on_to_the_same_bits(data, recipe, whole, tmp_path):
    begin(data, tmp_path, recipe(), epoch=2)
    before = (tmp_path / "last.pt").read_bytes()
    train(data, tmp_path, recipe())
    # As if it had been killed after the last epoch's best weights and curve, before its `last.pt`.
    (tmp_path / "last.pt").write_bytes(before)
    export(train(data, tmp_path, recipe()), tmp_path / "expression.pt")
    assert_same(tmp_path, whole)


@pytest.fixture
def full_after():
    """Let no file of this process grow beyond some bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["best.pt", "last.pt"])
def test_a_full_disk_leaves_the_old_checkpoint_whole_and_the_run_goes_on_later(
    data, recipe, whole, tmp_path, full_after, name
):
    begin(data, tmp_path, recipe())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    full_after(len(before[name]) - 1000)
    with pytest.raises(
        OutputError, match=rf"{name}' cannot be written: file too large; the file .* unchanged"
    ) as caught:
        train(data, tmp_path, recipe())
    assert "\n" not in str(caught.value)
    full_after(resource.RLIM_INFINITY)
    assert (tmp_path / "last.pt").read_bytes() == before["last.pt"]
    assert not list(tmp_path.glob("*.part"))
    export(train(data, tmp_path, recipe()), tmp_path / "expression.pt")
    assert_same(tmp_path, whole)


def test_a_full_disk_leaves_the_old_weights_to_serve_whole(whole, tmp_path, full_after):
    out = tmp_path / "expression.pt"
    out.write_bytes(b"the weights of before")
    full_after(1000)
    with pytest.raises(OutputError, match=r"expression\.pt' cannot be written"):
        export(whole / "best.pt", out)
    assert out.read_bytes() == b"the weights of before"
    assert [path.name for path in tmp_path.iterdir()] == ["expression.pt"]


def test_a_loss_that_is_no_number_stops_the_run_and_a_lower_rate_goes_on(data, recipe, tmp_path, caplog):
    begin(data, tmp_path, recipe())
    kept = (tmp_path / "last.pt").read_bytes()
    with pytest.raises(
        SettingsError,
        match=r"^in epoch 2, at step [12], the loss is (nan|inf).*last\.pt' keeps the state after epoch 1",
    ) as caught:
        train(data, tmp_path, recipe(rate=1e30))
    assert "MOODLINE_TRAIN_RATE" in str(caught.value)
    assert (tmp_path / "last.pt").read_bytes() == kept
    assert train(data, tmp_path, recipe(rate=0.01)).is_file()
    assert "goes on with other settings than it had: rate 0.1 → 0.01" in caplog.text


def test_a_net_that_gives_no_numbers_after_the_last_step_is_not_kept(data, recipe, tmp_path):
    # The only step of an epoch breaks the weights after its loss was a number.
    with pytest.raises(
        SettingsError, match="in epoch 1, after its last step the net gives no numbers; nothing was kept yet"
    ):
        train(data, tmp_path, recipe(batch=64, rate=1e38, warmup=0))
    assert not list(tmp_path.glob("*.pt"))


def cut(path: Path):
    path.write_bytes(path.read_bytes()[:-2000])


def alter(path: Path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def strip(path: Path):
    """Leave a served file in the place of one that can be gone on with."""
    path.write_bytes(path.with_name("best.pt").read_bytes())


def swap(path: Path):
    state = torch.load(path, weights_only=True)
    state["optimiser"]["param_groups"].pop()
    torch.save(state, path)


DAMAGE = [("last.pt", cut), ("last.pt", alter), ("last.pt", strip), ("last.pt", swap), ("best.pt", cut)]
DAMAGE += [("best.pt", alter), ("best.pt", Path.unlink)]


@pytest.mark.parametrize(("name", "how"), DAMAGE, ids=lambda value: getattr(value, "__name__", value))
def test_a_checkpoint_that_is_damaged_or_altered_is_refused_before_anything_is_learned(
    data, recipe, tmp_path, name, how
):
    begin(data, tmp_path, recipe())
    how(tmp_path / name)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(ModelError, match=name.replace(".", r"\.")) as caught:
        train(data, tmp_path, recipe(), stop_at(0, 0))
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_checkpoint_of_another_net_is_refused_and_says_what_differs(data, recipe, tmp_path):
    begin(data, tmp_path, recipe())
    with pytest.raises(ModelError, match=r"last\.pt' is of another net \(widths \(8, 12\) instead of \(8, 16\)\)"):
        train(data, tmp_path, recipe(widths=(8, 16)))


def test_a_run_that_learned_from_other_data_is_refused(data, recipe, tmp_path):
    begin(data, tmp_path / "run", recipe())
    with pytest.raises(DataError, match=r"learned from other data.*--out"):
        train(write_ckplus(tmp_path / "ckplus"), tmp_path / "run", recipe())


def test_a_run_of_before_records_and_hashes_of_data_goes_on(data, recipe, whole, tmp_path):
    begin(data, tmp_path, recipe())
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    state["training"] = {"epochs": EPOCHS, "rate": 0.1}
    del state["data"]
    torch.save(state, tmp_path / "last.pt")
    (tmp_path / "run.json").unlink()
    train(data, tmp_path, recipe())
    assert (tmp_path / "last.pt").read_bytes() == (whole / "last.pt").read_bytes()
    assert len(json.loads((tmp_path / "run.json").read_text())["parts"]) == 1
