"""A moving average of a net's weights; used by `train` and by the trainer of the experiments."""

import torch
from torch import nn


@torch.no_grad()
def follow(average: nn.Module, net: nn.Module, decay: float) -> None:
    """Move averaged weights and statistics a little towards the net's.

    Args:
        average: changed in place; of the same shape as `net`.
        net: as it is now.
        decay: share that the average keeps of itself.
    """
    for kept, now in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(now, 1 - decay)
        else:
            kept.copy_(now)
