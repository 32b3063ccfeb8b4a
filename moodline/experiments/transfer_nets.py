"""Nets that begin with what others learned; used by `transfer`.

Nothing is downloaded: the served net is at hand, and weights of torchvision's nets come from a file that the user
supplies.
"""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Literal, Self
from zipfile import BadZipFile

import torch
import torchvision
from torch import Tensor, nn

from classifier.model import ExpressionNet, ModelSettings
from classifier.predictor import build, read_weights
from common.errors import ModelError
from moodline.experiments.fit import CLASSES

Known = Literal["resnet18", "vgg16"]
KNOWN: tuple[Known, ...] = ("resnet18", "vgg16")

MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours that torchvision's weights were learned from."""

_UNREADABLE = (RuntimeError, UnpicklingError, BadZipFile, EOFError, LookupError, ValueError, OSError, TypeError)
"""What reading a file raises that holds something else."""


class OnBody(nn.Module):
    """The body of an expression net with a fresh last layer: (N, 1, H, W), standardised, to logits (N, 7).

    Args:
        net: whose features are used.
        frozen: whether they stay as they are.
    """

    def __init__(self, net: ExpressionNet, *, frozen: bool) -> None:
        super().__init__()
        self.net, self.frozen = net.requires_grad_(not frozen), frozen
        self.head = nn.Sequential(nn.Dropout(net.settings.dropout), nn.Linear(net.ferplus.in_features, CLASSES))

    def train(self, mode: bool = True) -> Self:
        """Switch dropout and norms; a frozen body keeps the statistics that it has."""
        super().train(mode)
        self.net.train(mode and not self.frozen)
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.head(self.net.look(x)[2])
        return logits


class Coloured(nn.Module):
    """A net of torchvision, given gray faces (N, 1, H, W) from 0 to 1 as if they had colours; logits (N, 7)."""

    mean: Tensor
    spread: Tensor

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])
        self.register_buffer("spread", torch.tensor(SPREAD)[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.net((x - self.mean) / self.spread)
        return logits


def on_body(weights: Path, *, frozen: bool) -> OnBody:
    """Put a fresh last layer on the body of a weights file.

    Raises:
        ModelError: the file is missing, damaged, or of another net.
    """
    return OnBody(build(read_weights(weights), weights), frozen=frozen)


def from_scratch(shape: ModelSettings) -> OnBody:
    """Make the same net with nothing learned."""
    return OnBody(ExpressionNet(shape), frozen=False)


def of_torchvision(name: Known, start: Path | None) -> Coloured:
    """Make a net of torchvision with a fresh last layer.

    Args:
        name: which.
        start: file of a state dictionary as torchvision's own weights have it; None: nothing learned.

    Raises:
        ModelError: the file cannot be read, or is of another net.
    """
    net: Any = getattr(torchvision.models, name)(weights=None)
    if start is not None:
        try:
            net.load_state_dict(torch.load(start, map_location="cpu", weights_only=True))
        except _UNREADABLE as error:
            message = f"'{start}' does not hold the weights of torchvision's {name}; give its .pth file"
            raise ModelError(message) from error
    if name == "resnet18":
        net.fc = nn.Linear(net.fc.in_features, CLASSES)
    else:
        net.classifier[-1] = nn.Linear(net.classifier[-1].in_features, CLASSES)
    return Coloured(net)
