"""The statistics of a net's norms, taken anew over faces as they are; used by `train` and `blend`.

The statistics that norms collect while learning are of views that are moved, covered and blended, and of no mean of
nets; what is served are faces as they are. So they are taken from those (Wu & Johnson, Rethinking "Batch" in
BatchNorm, 2021), which is worth more than a point.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from classifier.device import device_of
from classifier.model import ExpressionNet
from classifier.preprocess import standardise

BATCH = 256
"""Faces a step."""

ENOUGH = 8192
"""Faces after which the statistics of a net that is only judged stand still."""


@torch.no_grad()
def take_statistics(
    net: ExpressionNet,
    pixels: npt.NDArray[np.uint8],
    *,
    seed: int = 0,
    most: int | None = None,
    precision: str = "float32",
) -> None:
    """Take the means and variances of all norms anew.

    Args:
        net: changed in place; left as it serves (`eval`).
        pixels: (N, 48, 48) gray faces.
        seed: fixes in which order they come, and which if not all.
        most: faces at most; None: all.
        precision: number format of the convolutions, as `TrainSettings.precision`.
    """
    norms = [one for one in net.modules() if isinstance(one, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
    net.eval()
    for norm in norms:
        norm.train()
    device = device_of(net)
    order = np.random.default_rng(seed).permutation(len(pixels))[:most]
    for rows in np.array_split(order, max(len(order) // BATCH, 1)):
        inputs = torch.from_numpy(standardise(pixels[rows]))
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
            net(inputs.to(device, memory_format=torch.channels_last))
    net.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
