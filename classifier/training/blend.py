"""The mean of nets that learned one from another, with the statistics of its norms taken anew; for `models blend`.

Nets that began with the same weights lie in one valley, and the mean of their weights reads as well as the best of
them or better, at the cost of one (Wortsman et al., Model soups, ICML 2022).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from classifier.predictor import build, read_weights
from classifier.training.norms import take_statistics
from common.errors import ModelError


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
    take_statistics(mean, pixels, seed=seed)
    kept = {name: value for name, value in states[-1].items() if name in {"format", "model", "data", "torch"}}
    named = [{"net": path.parent.name or path.stem, "share": share} for path, share in zip(paths, shares, strict=True)]
    training = {**states[-1]["training"], "blended": named}
    weights = {name: value.contiguous() for name, value in mean.state_dict().items()}
    return {**kept, "training": training, "scores": {}, "weights": weights}


def _mean(states: Sequence[dict[str, Tensor]], shares: Sequence[float]) -> dict[str, Tensor]:
    return {
        name: torch.stack([share * state[name] for state, share in zip(states, shares, strict=True)]).sum(0)
        if last.dtype.is_floating_point
        else last
        for name, last in states[-1].items()
    }
