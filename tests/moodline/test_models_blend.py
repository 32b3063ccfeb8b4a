"""`moodline models blend` on small nets: what it writes can be calibrated and served, and what it refuses."""

import json

import pytest
import torch

from classifier.predictor import build, read_weights
from tests.classifier.builders import SMALL, random_net, state_of, write_fer


@pytest.fixture
def data(tmp_path):
    return write_fer(tmp_path)


@pytest.fixture
def nets(tmp_path):
    paths = [tmp_path / f"{seed}.pt" for seed in (1, 2)]
    for seed, path in enumerate(paths, 1):
        torch.save(state_of(random_net(SMALL, seed)), path)
    return paths


def test_the_mean_of_two_nets_is_a_weights_file_with_its_sum_beside_it(moodline, nets, data, tmp_path):
    out = tmp_path / "mean.pt"
    code, printed, _ = moodline("models", "blend", *nets, "--data", data, "--out", out, "--shares", "3,1", "--json")
    assert code == 0
    assert json.loads(printed.splitlines()[-1])["shares"] == [3.0, 1.0]
    assert build(read_weights(out), out)
    assert out.with_suffix(".sha256").is_file()
    assert not list(tmp_path.glob("*.whole.pt"))


@pytest.mark.parametrize("shares", ["1", "1,0", "1,x", "1,1,1"])
def test_shares_that_are_no_numbers_above_0_for_each_net_are_refused(moodline, nets, data, tmp_path, shares):
    out = tmp_path / "mean.pt"
    code, _, complaint = moodline("models", "blend", *nets, "--data", data, "--out", out, "--shares", shares)
    assert code == 2
    assert f"--shares {shares}" in complaint
    assert not out.exists()


def test_a_checkpoint_that_is_not_there_is_named(moodline, nets, data, tmp_path):
    none = tmp_path / "none.pt"
    code, _, complaint = moodline("models", "blend", nets[0], none, "--data", data, "--out", tmp_path / "mean.pt")
    assert code == 7
    assert str(none) in complaint
