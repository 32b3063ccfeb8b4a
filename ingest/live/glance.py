"""What is measured on one picture of a camera: brightness and detail, from a thin grid of its pixels; used by `sight`.

Pure. A grid of about 320 columns is enough, and costs a fraction of a millisecond at any size.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]

COLUMNS = 320
"""Columns of the grid, about."""

BLOCK = 4
"""Side of a small block, grid points: its mean is nearly free of noise."""

MARGIN = 0.1
"""Share of the height at top and bottom that is not looked at: cameras write their clock and name there."""

LEAST_SIDE = 40
"""A grid smaller than this cannot be judged."""


@dataclass(frozen=True)
class Glance:
    """What one picture shows.

    Attributes:
        grid: its luma, thinned.
        mean: mean level.
        brightest: the level that 99.5 % of the small blocks are below.
        detail: how uneven the picture is where it is most uneven, levels: the 97th percentile of how far large blocks
            are from the line between their neighbours. An even ramp of light has none.
        texture: mean difference of neighbouring points, levels.
    """

    grid: Luma
    mean: float
    brightest: float
    detail: float
    texture: float


def distance(one: Luma, other: Luma) -> Luma:
    """Give how far two pictures are apart, point by point."""
    # In this order nothing goes below zero, so that bytes are enough.
    return np.asarray(np.maximum(one, other) - np.minimum(one, other), np.uint8)


def mean_of(levels: Luma) -> float:
    """Give the mean level."""
    # NumPy's own mean of bytes goes over float64, which takes seven times as long.
    return int(levels.sum(dtype=np.uint32)) / levels.size


def glance(luma: Luma) -> Glance | None:
    """Measure a picture.

    Args:
        luma: (height, width), limited range: 16 is black.

    Returns:
        None if it is too small.
    """
    step = max(round(max(luma.shape) / COLUMNS), 1)
    grid = np.ascontiguousarray(luma[::step, ::step])
    if min(grid.shape) < LEAST_SIDE:
        return None
    margin = int(len(grid) * MARGIN)
    small = block_means(grid[margin : len(grid) - margin])
    rows, columns = small.shape[0] // 2 * 2, small.shape[1] // 2 * 2
    even = small[:rows, :columns]
    large = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / np.float32(4)
    texture = mean_of(distance(grid[:, 1:], grid[:, :-1]))
    return Glance(grid, float(small.mean()), _level(small, 0.995), _detail(large), texture)


def block_means(grid: Luma) -> npt.NDArray[np.float32]:
    """Give the mean of each whole block of `BLOCK` × `BLOCK` points."""
    rows, columns = grid.shape[0] // BLOCK, grid.shape[1] // BLOCK
    whole = grid[: rows * BLOCK, : columns * BLOCK]
    lines = whole.reshape(rows, BLOCK, -1).sum(axis=1, dtype=np.uint16)
    parts = [lines[:, place::BLOCK] for place in range(BLOCK)]
    return np.asarray(sum(parts[1:], parts[0]), np.float32) / np.float32(BLOCK**2)


def _detail(means: npt.NDArray[np.float32]) -> float:
    across = np.abs(means[:, 2:] - 2 * means[:, 1:-1] + means[:, :-2])
    down = np.abs(means[2:] - 2 * means[1:-1] + means[:-2])
    return _level(np.concatenate([across.ravel(), down.ravel()]), 0.97)


def _level(values: npt.NDArray[np.float32], share: float) -> float:
    place = int((values.size - 1) * share)
    return float(np.partition(values, place, axis=None)[place])
