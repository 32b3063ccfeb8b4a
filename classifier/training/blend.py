"""The mean of nets that learned one from another, with the statistics of its norms taken anew; for `models blend`.

Nets that began with the same weights lie in one valley, and the mean of their weights reads as well as the best of
them or better, at the cost of one (Wortsman et al., Model soups, ICML 2022). The statistics that norms collect while
learning are of views that are moved, covered and blended, and of no mean; what is served are faces as they are. So
they are taken anew from those (Wu & Johnson, Rethinking "Batch" in BatchNorm, 2021): also worth it for a single net.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from classifier.model import ExpressionNet
from classifier.predictor import build, read_weights
from classifier.preprocess import standardise
from common.errors import ModelError

BATCH = 256
"""Faces a step."""


def blend(
    paths: Sequence[Path], shares: Sequence[float], pixels: npt.NDArray[np.uint8], seed: int = 0
) -> dict[str, Any]:
    """Make the mean of some nets.

    Args:
        paths: their checkpoints, of one shape; the record of the last one is kept.
        shares: of each, above 0; they need not add up to 1.
        pixels: (N, 48, 48) gray faces to take statistics from, those that were learned from.
        seed: fixes in which order they come.

    Returns:
        A checkpoint; its `scores` are gone, since they were of another net.

    Raises:
        ModelError: a checkpoint is missing, damaged, or of another shape than the others.
    """
    states = [read_weights(path) for path in paths]
    nets = [build(state, path) for state, path in zip(states, paths, strict=True)]
    for net, path in zip(nets, paths, strict=True):
        if net.settings != nets[-1].settings:
            raise ModelError(
                f"'{path}' is a net of another shape than '{paths[-1]}'; only nets of one shape have a mean"
            )
    mean = nets[-1]
    mean.load_state_dict(_mean([net.state_dict() for net in nets], [share / sum(shares) for share in shares]))
    take_statistics(mean, pixels, seed)
    kept = {name: value for name, value in states[-1].items() if name in {"format", "model", "data", "torch"}}
    named = [{"net": path.parent.name or path.stem, "share": share} for path, share in zip(paths, shares, strict=True)]
    training = {**states[-1]["training"], "blended": named}
    weights = {name: value.contiguous() for name, value in mean.state_dict().items()}
    return {**kept, "training": training, "scores": {}, "weights": weights}


@torch.no_grad()
def take_statistics(net: ExpressionNet, pixels: npt.NDArray[np.uint8], seed: int = 0) -> None:
    """Take the means and variances of all norms anew, over faces as they are.

    Args:
        net: changed in place; left as it serves (`eval`).
        pixels: (N, 48, 48) gray.
        seed: fixes in which order they come.
    """
    norms = [one for one in net.modules() if isinstance(one, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
    net.train()
    order = np.random.default_rng(seed).permutation(len(pixels))
    for rows in np.array_split(order, max(len(pixels) // BATCH, 1)):
        inputs = torch.from_numpy(standardise(pixels[rows]))
        net(inputs.contiguous(memory_format=torch.channels_last))
    net.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _mean(states: Sequence[dict[str, Tensor]], shares: Sequence[float]) -> dict[str, Tensor]:
    return {
        name: torch.stack([share * state[name] for state, share in zip(states, shares, strict=True)]).sum(0)
        if last.dtype.is_floating_point
        else last
        for name, last in states[-1].items()
    }
