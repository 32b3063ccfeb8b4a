"""Where the random numbers of dropout stand, kept so that a run goes on; used by `train` and by the experiments.

A processor and a CUDA device each draw their own, so that a run which goes on elsewhere draws others from there on.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from classifier.device import device_of


def dropout_state(net: nn.Module) -> dict[str, Tensor]:
    """Give what is to be kept of a run, with the device of its net."""
    device = device_of(net)
    state = {"dropout": torch.get_rng_state()}
    return {**state, "dropout_cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else state


def restore_dropout(state: Mapping[str, Any], net: nn.Module) -> None:
    """Go on from what was kept, as far as it is of such a device as the net's."""
    device = device_of(net)
    if "dropout" in state:
        torch.set_rng_state(state["dropout"])
    if "dropout_cuda" in state and device.type == "cuda":
        torch.cuda.set_rng_state(state["dropout_cuda"], device)
