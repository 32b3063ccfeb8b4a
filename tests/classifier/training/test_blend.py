"""The mean of nets: its weights, the statistics of its norms, and what has no mean."""

import numpy as np
import pytest
import torch

from classifier.model import ModelSettings
from classifier.predictor import build
from classifier.preprocess import standardise
from classifier.training.blend import blend
from classifier.training.norms import take_statistics
from common.errors import ModelError
from tests.classifier.builders import SMALL, noise, random_net, state_of


@pytest.fixture
def write(tmp_path):
    def written(name, settings=SMALL, seed=1):
        path = tmp_path / name / "best.pt"
        path.parent.mkdir()
        torch.save(state_of(random_net(settings, seed), training={"seed": seed}, scores={"epoch": 3}), path)
        return path

    return written


def kernels(state):
    return {name: value for name, value in state["weights"].items() if value.ndim > 1}


def test_the_weights_of_a_mean_lie_between_those_of_its_nets_by_their_shares(write):
    first, second = write("first", seed=1), write("second", seed=2)
    mean = kernels(blend([first, second], [3.0, 1.0], noise(8)))
    one, other = (kernels(torch.load(path, weights_only=True)) for path in (first, second))
    for name, value in mean.items():
        torch.testing.assert_close(value, 0.75 * one[name] + 0.25 * other[name])


def test_a_mean_says_which_nets_it_is_of_and_keeps_no_scores_of_theirs(write):
    state = blend([write("first", seed=1), write("second", seed=2)], [0.85, 0.15], noise(8))
    assert state["training"] == {
        "seed": 2,
        "blended": [{"net": "first", "share": 0.85}, {"net": "second", "share": 0.15}],
    }
    assert state["scores"] == {}
    assert build(state, "it")


def test_a_single_net_keeps_its_weights_and_takes_statistics_of_the_faces(write):
    path, faces = write("one"), noise(64, seed=5)
    before = torch.load(path, weights_only=True)
    state = blend([path], [1.0], faces)
    for name, value in kernels(before).items():
        assert torch.equal(state["weights"][name], value)
    net = build(state, path)
    seen = {}
    net.blocks[0].wide_norm.register_forward_hook(lambda _, inputs, __: seen.update(inputs=inputs[0]))
    with torch.no_grad():
        net(torch.from_numpy(standardise(faces)))
    torch.testing.assert_close(
        net.blocks[0].wide_norm.running_mean, seen["inputs"].mean((0, 2, 3)), atol=1e-4, rtol=1e-4
    )


def test_statistics_do_not_depend_on_what_the_norms_knew_before_and_nothing_else_changes():
    one, other = random_net(seed=1), random_net(seed=1)
    for norm in (module for module in other.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        norm.running_mean += 5
    for net in (one, other):
        take_statistics(net, noise(32))
        assert not net.training
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, other.state_dict()[name], msg=name)
    assert all(module.momentum == 0.1 for module in one.modules() if isinstance(module, torch.nn.BatchNorm2d))


def test_nets_of_different_shapes_have_no_mean(write):
    wide = write("wide", ModelSettings(widths=(8, 16), depths=(2, 2), size=48))
    with pytest.raises(ModelError, match="another shape"):
        blend([write("one"), wide], [1.0, 1.0], np.zeros((4, 48, 48), np.uint8))
