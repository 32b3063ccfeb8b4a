"""What earlier runs teach a new one: their readings as soft targets, and their weights to start from.

Used by `train`. The labels of FER2013 are noisy; a target that is partly the reading of a trained net is nearer to
the chance of each label than the one label that was written down (Hinton et al., 2015; with a teacher of the same
size, Furlanello et al., ICML 2018).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from classifier.model import ExpressionNet, place
from classifier.predictor import build, read_weights
from classifier.preprocess import standardise

BATCH = 256
"""Faces a step."""


@torch.no_grad()
def teach(pixels: npt.NDArray[np.uint8], paths: Sequence[Path], device: torch.device) -> tuple[Tensor, Tensor]:
    """Read faces with every teacher, each face also mirrored, and give the mean.

    Args:
        pixels: (N, H, W), gray, 0 to 255.
        paths: checkpoints, one or more.
        device: where the teachers run.

    Returns:
        FER+ probabilities (N, 8) and FER2013 probabilities (N, 7), float32, on the processor.

    Raises:
        ModelError: a checkpoint is missing or damaged.
    """
    teachers = [place(build(read_weights(path), path).fuse(), device) for path in paths]
    plus, plain = [], []
    for start in range(0, len(pixels), BATCH):
        inputs = torch.from_numpy(standardise(pixels[start : start + BATCH])).to(
            device, memory_format=torch.channels_last
        )
        read = [teacher(view) for teacher in teachers for view in (inputs, inputs.flip(3))]
        plus.append(torch.stack([first.softmax(1) for first, _ in read]).mean(0).cpu())
        plain.append(torch.stack([second.softmax(1) for _, second in read]).mean(0).cpu())
    return torch.cat(plus), torch.cat(plain)


@torch.no_grad()
def start_from(net: ExpressionNet, path: Path) -> None:
    """Copy an earlier run's weights into a net, block by block, counted from the last.

    A block that the earlier net has not, or has in another shape, keeps its fresh weights: a net with a new stem
    starts with the old body, and a net whose FER2013 head gets a step of its own starts it with a copy.

    Raises:
        ModelError: the checkpoint is missing or damaged.
    """
    source = build(read_weights(path), path)
    offset = len(net.blocks) - len(source.blocks)
    own = net.state_dict()
    for name, value in source.state_dict().items():
        kind, place_, *rest = name.split(".")
        keys = [name]
        if kind == "blocks":
            at = int(place_) + offset
            keys = [".".join([kind, str(at), *rest])]
            if not source.own:
                keys.append(".".join(["own", str(at - net.shared), *rest]))
        for key in keys:
            if key in own and own[key].shape == value.shape:
                own[key].copy_(value)
