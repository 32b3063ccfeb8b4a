"""What classical models see of a face: its pixels, histograms of gradients, local binary patterns; used by `sight`.

Every function takes faces (N, 48, 48), uint8, and gives one row of numbers a face, float32, of length one; a picture
in which nothing is seen (one gray value alone) may give zeros.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from skimage.feature import local_binary_pattern
from torch.nn import functional

Faces = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.float32]

BINS = 9
"""Directions of a gradient, over half a turn: light on dark counts as dark on light."""
CLIP = 0.2
"""Largest entry of a block, after which it is made of length one again (Dalal and Triggs)."""
PATTERNS = 59
"""Kinds of local binary patterns: 58 with at most two changes around the circle, and all others."""
AT_ONCE = 512
"""Faces worked on together."""


def extract(faces: Faces, what: str) -> Rows:
    """Give the rows of features named as `pixels`, `hog-8`, `lbp-12` (with the side of a cell), or `hog-8+lbp-12`."""
    rows = [_extract(faces, one) for one in what.split("+")]
    return rows[0] if len(rows) == 1 else _unit(np.concatenate(rows, 1))


def mirrored(faces: Faces) -> Faces:
    """Give every face with left and right exchanged."""
    return np.ascontiguousarray(faces[:, :, ::-1])


def pixels(faces: Faces) -> Rows:
    """Give the gray values less their mean: how light and how hard a picture is, is gone."""
    rows = faces.reshape(len(faces), -1).astype(np.float32)
    return _unit(rows - rows.mean(1, keepdims=True))


def hog(faces: Faces, cell: int) -> Rows:
    """Give histograms of oriented gradients (Dalal and Triggs, CVPR 2005).

    Every pixel votes with the strength of its gradient for the two nearest of nine directions, in the four nearest
    cells; blocks of 2 x 2 cells, a cell apart, are made of length one, clipped at 0.2, and made of length one again.

    Args:
        faces: see above.
        cell: its side, pixels, an even divisor of 48.

    Returns:
        (N, (48 / cell - 1)² · 36).
    """
    return _unit(_in_blocks(faces, lambda some: _hog(torch.from_numpy(some).float(), cell).numpy()))


def lbp(faces: Faces, cell: int) -> Rows:
    """Give histograms of local binary patterns (Ahonen, Hadid and Pietikäinen, PAMI 2006).

    Each pixel is named by which of its eight neighbours are at least as light; a cell is the shares of the 59 names.
    Square roots are given: their Euclidean distance is that of Hellinger between histograms.

    Args:
        faces: see above.
        cell: its side, pixels, a divisor of 48.

    Returns:
        (N, (48 / cell)² · 59).
    """
    return _unit(_in_blocks(faces, lambda some: _lbp(some, cell)))


def _extract(faces: Faces, what: str) -> Rows:
    name, _, cell = what.partition("-")
    if name == "pixels":
        return pixels(faces)
    return {"hog": hog, "lbp": lbp}[name](faces, int(cell))


def _unit(rows: Rows) -> Rows:
    unit: Rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return unit


def _in_blocks(faces: Faces, work: Callable[[Faces], Rows]) -> Rows:
    return np.concatenate([work(faces[at : at + AT_ONCE]) for at in range(0, len(faces), AT_ONCE)])


def _hog(faces: torch.Tensor, cell: int) -> torch.Tensor:
    framed = functional.pad(faces[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    across = framed[:, 1:-1, 2:] - framed[:, 1:-1, :-2]
    down = framed[:, 2:, 1:-1] - framed[:, :-2, 1:-1]
    place = (torch.atan2(down, across) / math.pi % 1 * BINS - 0.5) % BINS
    lower, strength = place.floor(), torch.hypot(across, down)
    votes = torch.zeros(len(faces), BINS, *faces.shape[1:])
    for direction, share in ((lower, 1 - (place - lower)), (lower + 1, place - lower)):
        votes.scatter_add_(1, (direction.long() % BINS)[:, None], (strength * share)[:, None])
    nearness = 1 - (torch.arange(2 * cell) - cell + 0.5).abs() / cell
    window = torch.outer(nearness, nearness).expand(BINS, 1, -1, -1)
    cells = functional.conv2d(votes, window, stride=cell, padding=cell // 2, groups=BINS)
    blocks = functional.unfold(cells, 2).transpose(1, 2)
    clipped = functional.normalize(blocks, dim=2).clamp(max=CLIP)
    return functional.normalize(clipped, dim=2).flatten(1)


def _lbp(faces: Faces, cell: int) -> Rows:
    each = [local_binary_pattern(face, 8, 1, "nri_uniform") for face in faces]  # type: ignore[no-untyped-call]  # it ships no types
    names = np.stack(each).astype(np.int64)
    side = faces.shape[1] // cell
    row, column = np.divmod(np.arange(faces.shape[1] ** 2), faces.shape[1])
    places = (row // cell * side + column // cell) * PATTERNS + names.reshape(len(faces), -1)
    width = side * side * PATTERNS
    counts = np.bincount((places + width * np.arange(len(faces))[:, None]).ravel(), minlength=width * len(faces))
    return np.sqrt(counts.reshape(len(faces), width) / cell**2).astype(np.float32)
