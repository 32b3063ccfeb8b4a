import copy

import pytest
import torch

from classifier.model import Block, ExpressionNet, ModelSettings, place
from tests.classifier.builders import random_net

SHAPES = [
    pytest.param(ModelSettings(widths=(6,), depths=(1,)), id="gray input only"),
    pytest.param(ModelSettings(widths=(6, 9), depths=(1, 1)), id="narrow branch"),
    pytest.param(ModelSettings(widths=(6,), depths=(3,)), id="identity branch"),
    pytest.param(ModelSettings(widths=(8, 12, 16), depths=(2, 2, 2)), id="all"),
]


@pytest.mark.parametrize("settings", SHAPES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_fused_net_is_the_trained_one(settings, seed):
    net = random_net(settings, seed)
    faces = torch.randn(4, 1, 48, 48, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        before, after = net(faces), copy.deepcopy(net).fuse()(faces)
    for trained, fused in zip(before, after, strict=True):
        assert trained.std() > 1e-3
        assert (trained - fused).abs().max() < 1e-4


def test_blocks_have_the_branches_that_their_shape_allows():
    gray, narrow, same, halving = Block(1, 4, 2), Block(4, 8, 2), Block(8, 8, 1), Block(8, 8, 2)
    assert [block.narrow is not None for block in (gray, narrow, same, halving)] == [False, True, True, True]
    assert [block.identity_norm is not None for block in (gray, narrow, same, halving)] == [False, False, True, False]


def test_a_fused_net_holds_one_convolution_a_block():
    net = random_net().fuse()
    kinds = [type(part) for part in net.modules() if isinstance(part, torch.nn.Conv2d | torch.nn.BatchNorm2d | Block)]
    assert kinds == [torch.nn.Conv2d] * 4


@pytest.mark.parametrize("side", [16, 32, 48])
def test_every_size_of_view_gives_both_heads(side):
    plus, plain = ExpressionNet(ModelSettings(widths=(4, 6), depths=(1, 1)))(torch.zeros(3, 1, side, side))
    assert plus.shape == (3, 8)
    assert plain.shape == (3, 7)


def test_placing_a_net_changes_its_order_in_memory_and_no_answer():
    net = random_net()
    faces = torch.randn(2, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = net(faces)[0]
        after = place(net, torch.device("cpu"))(faces)[0]
    assert (before - after).abs().max() < 1e-4


def test_a_training_step_reaches_every_weight():
    net = ExpressionNet(ModelSettings(widths=(4, 6), depths=(2, 2))).train()
    plus, plain = net(torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(0)))
    (plus.pow(2).sum() + plain.pow(2).sum()).backward()
    assert all(value.grad is not None and value.grad.abs().sum() > 0 for value in net.parameters())
