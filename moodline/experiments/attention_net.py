"""Squeeze-and-excitation and CBAM, two ways to weigh what a net looks at, in one small body; used by `attention`.

The body is the one of the served net, smaller: blocks of 3×3 convolutions that train as parallel branches.
Attention, if any, comes at the end of every step.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from classifier.labels import FER2013_LABELS
from classifier.model import Block

Kind = Literal["none", "se", "cbam"]
KINDS: tuple[Kind, ...] = ("none", "se", "cbam")


@dataclass(frozen=True)
class AttentionShape:
    """The shape of the body.

    Attributes:
        widths: channels of each step; every step halves the picture.
        depth: blocks in each step.
        dropout: share of features dropped before the last layer while training.
        squeeze: by how much the hidden layer of channel attention is narrower than its input.
    """

    widths: tuple[int, ...] = (32, 64, 128, 256)
    depth: int = 2
    dropout: float = 0.3
    squeeze: int = 8


class Channels(nn.Module):
    """Weighs each channel from 0 to 1 by what it holds on average; the picture keeps its shape (N, C, H, W).

    Squeeze-and-excitation (Hu, Shen and Sun, CVPR 2018). With `peaks` the largest value of each channel has a say too,
    through the same two layers: the channel part of CBAM.
    """

    def __init__(self, width: int, squeeze: int, *, peaks: bool) -> None:
        super().__init__()
        hidden = max(width // squeeze, 4)
        self.layers = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width))
        self.peaks = peaks

    def forward(self, x: Tensor) -> Tensor:
        """Weigh a picture (N, C, H, W)."""
        weights = self.layers(x.mean((2, 3)))
        if self.peaks:
            weights = weights + self.layers(x.amax((2, 3)))
        weighed: Tensor = x * torch.sigmoid(weights)[:, :, None, None]
        return weighed


class Places(nn.Module):
    """Weighs each place from 0 to 1 by the mean and the largest of its channels: the spatial part of CBAM.

    Woo et al., ECCV 2018; with a 7×7 convolution as there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        """Weigh a picture (N, C, H, W)."""
        seen = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        weighed: Tensor = x * torch.sigmoid(self.look(seen))
        return weighed


class AttentionNet(nn.Module):
    """Gray faces (N, 1, H, W), standardised, to logits (N, 7) in the order of `FER2013_LABELS`."""

    def __init__(self, shape: AttentionShape, kind: Kind) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 1
        for width in shape.widths:
            layers += [Block(width if index else inputs, width, 1 if index else 2) for index in range(shape.depth)]
            if kind == "se":
                layers.append(Channels(width, shape.squeeze, peaks=False))
            elif kind == "cbam":
                layers += [Channels(width, shape.squeeze, peaks=True), Places()]
            inputs = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(shape.dropout), nn.Linear(inputs, len(FER2013_LABELS)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.head(self.body(x).mean((2, 3)))
        return logits
