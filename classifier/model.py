"""The expression net: plain 3×3 convolutions trained with extra branches; used by training and by the predictor.

While it trains, each block is a sum of a 3×3 branch, a 1×1 branch and, where the shape allows, the identity, each
with batch normalisation; `fuse` folds a trained block into one convolution with the same output (RepVGG, Ding et
al., CVPR 2021). Two linear heads share the features: 8 FER+ classes and 7 FER2013 classes.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS


@dataclass(frozen=True)
class ModelSettings:
    """The shape of the net; stored beside its weights.

    Attributes:
        widths: channels of each step; every step halves the picture.
        depths: blocks in each step.
        dropout: share of features dropped before the heads while training.
        size: side of the square gray input, in pixels.
        stem: channels of a first block at full resolution, before the steps; 0: no such block.
        apart: whether the FER2013 head has a last step of its own, so that its features need not serve FER+ too.
    """

    widths: tuple[int, ...] = (32, 64, 128, 256)
    depths: tuple[int, ...] = (2, 3, 4, 2)
    dropout: float = 0.3
    size: int = 48
    stem: int = 0
    apart: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a checkpoint."""
        return asdict(self)


class Block(nn.Module):
    """One 3×3 convolution with ReLU that trains as three parallel branches.

    Input (N, inputs, H, W), output (N, outputs, H / stride, W / stride).
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.wide = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.wide_norm = nn.BatchNorm2d(outputs)
        # No 1×1 branch on gray input: it could only scale it, and its backward pass in channels-last order
        # corrupts memory on processors (seen with torch 2.13 and 2.15).
        self.narrow = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if inputs > 1 else None
        self.narrow_norm = nn.BatchNorm2d(outputs) if inputs > 1 else None
        self.identity_norm = nn.BatchNorm2d(outputs) if inputs == outputs and stride == 1 else None

    def forward(self, x: Tensor) -> Tensor:
        """Sum of the branches, then ReLU."""
        y: Tensor = self.wide_norm(self.wide(x))
        if self.narrow is not None and self.narrow_norm is not None:
            y = y + self.narrow_norm(self.narrow(x))
        if self.identity_norm is not None:
            y = y + self.identity_norm(x)
        return functional.relu(y, inplace=True)

    def fused(self) -> nn.Sequential:
        """Give the same function as one convolution with bias; valid for a trained block in evaluation mode."""
        kernel, bias = _fold(self.wide.weight, self.wide_norm)
        if self.narrow is not None and self.narrow_norm is not None:
            narrow, narrow_bias = _fold(functional.pad(self.narrow.weight, (1, 1, 1, 1)), self.narrow_norm)
            kernel, bias = kernel + narrow, bias + narrow_bias
        if self.identity_norm is not None:
            same = functional.pad(torch.eye(kernel.shape[0], dtype=kernel.dtype)[:, :, None, None], (1, 1, 1, 1))
            same, same_bias = _fold(same, self.identity_norm)
            kernel, bias = kernel + same, bias + same_bias
        convolution = nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, self.stride, 1)
        convolution.weight.data, convolution.bias.data = kernel, bias  # type: ignore[union-attr]  # has a bias
        return nn.Sequential(convolution, nn.ReLU(inplace=True))


def _fold(kernel: Tensor, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Fold a batch normalisation into the kernel before it; returns kernel and bias."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None  # noqa: S101  # tracked statistics are there
    assert variance is not None  # noqa: S101  # the same
    scale = norm.weight / torch.sqrt(variance + norm.eps)
    return (kernel * scale[:, None, None, None]).detach(), (norm.bias - mean * scale).detach()


class ExpressionNet(nn.Module):
    """Gray faces (N, 1, size, size), standardised, to FER+ logits (N, 8) and FER2013 logits (N, 7)."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.settings = settings
        blocks: list[nn.Module] = []
        before = inputs = 1
        if settings.stem:
            blocks.append(Block(inputs, settings.stem, 1))
            inputs = settings.stem
        for width, depth in zip(settings.widths, settings.depths, strict=True):
            blocks += _step(inputs, width, depth)
            before, inputs = inputs, width
        self.blocks = nn.Sequential(*blocks)
        last = settings.depths[-1] if settings.apart else 0
        self.shared = len(blocks) - last
        self.own = nn.Sequential(*_step(before, inputs, last))
        self.dropout = nn.Dropout(settings.dropout)
        self.ferplus = nn.Linear(inputs, len(FERPLUS_LABELS))
        self.fer2013 = nn.Linear(inputs, len(FER2013_LABELS))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of both heads."""
        ferplus, fer2013, _ = self.look(x)
        return ferplus, fer2013

    def look(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of both heads, and the features (N, F) that the FER+ head sees."""
        common = self.blocks[: self.shared](x)
        features: Tensor = self.blocks[self.shared :](common).mean((2, 3))
        own = self.own(common).mean((2, 3)) if self.own else features
        return self.ferplus(self.dropout(features)), self.fer2013(self.dropout(own)), features

    def fuse(self) -> "ExpressionNet":
        """Replace every block by its single convolution, in place; for inference only."""
        self.eval()
        self.blocks, self.own = _fuse(self.blocks), _fuse(self.own)
        return self


def _step(inputs: int, outputs: int, depth: int) -> list[Block]:
    """Blocks of one width; the first halves the picture."""
    return [Block(outputs if index else inputs, outputs, 1 if index else 2) for index in range(depth)]


def _fuse(blocks: nn.Sequential) -> nn.Sequential:
    return nn.Sequential(*(block.fused() if isinstance(block, Block) else block for block in blocks))


def place(net: ExpressionNet, device: torch.device, kind: torch.dtype = torch.float32) -> ExpressionNet:
    """Put a net on a device in channels-last order, in which its convolutions run fastest."""
    return net.to(device, kind).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]  # missing in torch's stubs
