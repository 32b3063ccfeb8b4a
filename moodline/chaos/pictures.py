"""Pictures that a camera may send, drawn from their number alone: a room with movement, darkness, a covered lens.

Used by `cameras` and by tests, which encode them with `clips`.
"""

from collections.abc import Iterator
from itertools import repeat
from typing import Literal

import numpy as np
import numpy.typing as npt

Scene = Literal["moving", "still", "dark", "covered"]

Picture = npt.NDArray[np.uint8]

_SEED = 5
_BLACK = 16
"""Luma of black, limited range."""


def draw(scene: Scene, width: int, height: int, count: int) -> Iterator[Picture]:
    """Draw pictures.

    Args:
        scene: `moving` (a textured room through which boxes move), `still` (its first picture again and again),
            `dark` (black with the noise of a sensor) or `covered` (a cloth before the lens: nearly uniform, not black).
        width: of each picture, even, pixels.
        height: of each picture, even, pixels.
        count: how many.

    Yields:
        (H, W) limited-range luma.
    """
    chance = np.random.default_rng(_SEED)
    if scene in ("moving", "still"):
        room = _room(width, height, chance)
        numbers = range(count) if scene == "moving" else repeat(0, count)
        yield from (_with_boxes(room, number, count) for number in numbers)
        return
    flat = np.full((height, width), float(_BLACK)) if scene == "dark" else _cloth(width, height)
    for _ in range(count):
        yield np.clip(flat + chance.normal(0.8, 1.2, flat.shape), _BLACK, 235).round().astype(np.uint8)


def _room(width: int, height: int, chance: np.random.Generator) -> Picture:
    """Draw a wall that is lighter above, with boxes of many sizes and the grain of their surfaces."""
    room = np.linspace(150, 90, height)[:, None] * np.ones(width)
    for _ in range(60):
        left, top = int(chance.integers(0, width)), int(chance.integers(0, height))
        wide, high = (int(side) for side in chance.integers(6, max(8, width // 6), 2))
        room[top : top + high, left : left + wide] = chance.uniform(40, 210)
    return np.clip(room + chance.normal(0, 3, room.shape), _BLACK, 235).round().astype(np.uint8)


def _with_boxes(room: Picture, number: int, count: int) -> Picture:
    """Draw three boxes on ways that close within `count` pictures, so that a loop has no seam."""
    picture = room.copy()
    height, width = picture.shape
    side = max(height // 6, 4)
    for box, luma in enumerate((220, 30, 180)):
        way = (number / count + box / 3) % 1
        left = int((0.5 + 0.5 * np.cos(2 * np.pi * way)) * (width - side))
        top = int((0.5 + 0.4 * np.sin(2 * np.pi * (way + box / 5))) * (height - side))
        picture[top : top + side, left : left + side] = luma
    return picture


def _cloth(width: int, height: int) -> npt.NDArray[np.float64]:
    down = np.linspace(-1, 1, height)[:, None]
    across = np.linspace(-1, 1, width)[None, :]
    return 70 + 6 * down - 4 * across**2
