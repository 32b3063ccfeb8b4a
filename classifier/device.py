"""Devices that nets run on, found by their names; used wherever a net serves or learns."""

import torch
from torch import nn


def find_device(name: str) -> torch.device | None:
    """Find a device.

    Args:
        name: auto (a CUDA device if there is one), cpu, or a CUDA device.

    Returns:
        None if it is not there, or nets do not run on such a one; the caller says what to change.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        return None
    return device if device.type in {"cpu", "cuda"} else None


def device_of(net: nn.Module) -> torch.device:
    """Give the device on which a net is."""
    return next(net.parameters()).device
