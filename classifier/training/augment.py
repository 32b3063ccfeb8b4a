"""Random views of gray faces as batch tensor operations; used by `train` only.

The ranges cover what a detector's box does to a face in a camera picture: shift, scale, roll, a mirror, light, a
far (small) or soft face, something in front of it, and what a lens, a moving head and compression do to it.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from classifier.training.compress import compress

SHARPEST, SOFTEST = 0.3, 1.6
"""Spread of a blur in pixels of the view, along either side."""

BEST, WORST = 70.0, 15.0
"""Quality of the compression, as JPEG counts it."""


@dataclass(frozen=True)
class AugmentSettings:
    """How far a view may go.

    Attributes:
        shift: largest move, as a share of the side, each way.
        scale: largest relative change of size, each way.
        degrees: largest roll, each way.
        gamma: largest natural logarithm of the gamma, each way.
        soften: share of batches seen through fewer pixels.
        smallest: side in pixels of the coarsest softened view.
        erase: share of faces with a covered patch.
        blur: share of faces that are blurred, along each side by an amount of its own.
        jpeg: share of faces that were compressed.
    """

    shift: float = 0.08
    scale: float = 0.15
    degrees: float = 15.0
    gamma: float = 0.4
    soften: float = 0.25
    smallest: int = 16
    erase: float = 0.3
    blur: float = 0.0
    jpeg: float = 0.0


def augment(faces: Tensor, side: int, settings: AugmentSettings, chance: torch.Generator) -> Tensor:
    """Draw one random view of each face.

    Args:
        faces: (N, 1, H, H), gray, 0 to 255, float32.
        side: side of the views in pixels.
        settings: how far a view may go.
        chance: the source of randomness, on the processor, so that every device is given the same views.

    Returns:
        (N, 1, side, side), gray, 0 to 255, on the device of the faces.
    """
    views = _move(faces, side, settings, chance)
    if settings.blur:
        views = _blur(views, settings.blur, chance)
    if float(torch.rand((), generator=chance)) < settings.soften:
        coarse = int(torch.randint(min(settings.smallest, side - 1), side, (), generator=chance))
        small = functional.interpolate(views, size=(coarse, coarse), mode="area")
        views = functional.interpolate(small, size=(side, side), mode="bilinear", align_corners=False)
    if settings.jpeg:
        views = _compress(views, settings.jpeg, chance)
    gamma = torch.exp(_spread(len(views), settings.gamma, chance)).to(views.device)[:, None, None, None]
    views = 255.0 * (views.clamp(0, 255) / 255.0) ** gamma
    return _cover(views, settings.erase, chance)


def mix(
    views: Tensor, targets: tuple[Tensor, Tensor], share: float, chance: torch.Generator
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Blend each face, and its targets, with another of the batch (mixup, Zhang et al., ICLR 2018).

    The weight of the other face is even between 0 and 0.4: a net of this size learns too little from even halves.

    Args:
        views: (N, 1, H, W).
        targets: of any width, (N, K) each, whose values are shares, on the device of the views.
        share: chance that this batch is blended at all.
        chance: the source of randomness, on the processor.

    Returns:
        Views and targets of the same shapes.
    """
    if not share or float(torch.rand((), generator=chance)) >= share:
        return views, targets
    other = torch.randperm(len(views), generator=chance).to(views.device)
    weight = (0.4 * torch.rand(len(views), generator=chance)).to(views.device)
    near, flat = weight[:, None, None, None], weight[:, None]
    first, second = ((1 - flat) * target + flat * target[other] for target in targets)
    return (1 - near) * views + near * views[other], (first, second)


def _spread(count: int, reach: float, chance: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=chance) * 2 - 1) * reach


def _move(faces: Tensor, side: int, settings: AugmentSettings, chance: torch.Generator) -> Tensor:
    count = len(faces)
    angle = _spread(count, math.radians(settings.degrees), chance)
    size = torch.exp(_spread(count, settings.scale, chance))
    mirror = torch.where(torch.rand(count, generator=chance) < 0.5, -1.0, 1.0)
    across, down = _spread(count, 2 * settings.shift, chance), _spread(count, 2 * settings.shift, chance)
    cosine, sine = torch.cos(angle) / size, torch.sin(angle) / size
    matrix = torch.stack([cosine * mirror, -sine, across, sine * mirror, cosine, down], 1).view(count, 2, 3)
    grid = functional.affine_grid(matrix.to(faces.device), [count, 1, side, side], align_corners=False)
    return functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)


def _blur(views: Tensor, share: float, chance: torch.Generator) -> Tensor:
    """Blur a share of the faces; unequal amounts along the sides look like movement."""
    count, side = len(views), views.shape[-1]
    spread = (SHARPEST + (SOFTEST - SHARPEST) * torch.rand(count, 2, generator=chance)).to(views.device)
    chosen = (torch.rand(count, generator=chance) < share).to(views.device)
    at = torch.arange(side, dtype=torch.float32, device=views.device)
    # One (side, side) matrix for each face and direction; what a kernel would take from outside is shared out inside.
    weights = torch.exp(-0.5 * ((at[:, None] - at[None]) / spread[:, :, None, None]) ** 2)
    weights /= weights.sum(3, keepdim=True)
    blurred = weights[:, None, 0] @ views @ weights[:, None, 1].transpose(2, 3)
    return torch.where(chosen[:, None, None, None], blurred, views)


def _compress(views: Tensor, share: float, chance: torch.Generator) -> Tensor:
    quality = (WORST + (BEST - WORST) * torch.rand(len(views), generator=chance)).to(views.device)
    chosen = (torch.rand(len(views), generator=chance) < share).to(views.device)
    return torch.where(chosen[:, None, None, None], compress(views.clamp(0, 255), quality), views)


def _cover(views: Tensor, share: float, chance: torch.Generator) -> Tensor:
    """Put one flat patch of up to a quarter of the picture over a share of the faces."""
    count, side = len(views), views.shape[-1]
    extent = (side * (0.15 + 0.35 * torch.rand(count, 2, generator=chance))).to(views.device)
    centre = (side * torch.rand(count, 2, generator=chance)).to(views.device)
    level = (255 * torch.rand(count, 1, 1, 1, generator=chance)).to(views.device)
    position = torch.arange(side, device=views.device) + 0.5
    inside = (position[None, None] - centre[:, :, None]).abs() < extent[:, :, None] / 2
    patch = inside[:, 0, :, None] & inside[:, 1, None, :]
    chosen = (torch.rand(count, generator=chance) < share).to(views.device)
    return torch.where((patch & chosen[:, None, None])[:, None], level, views)
