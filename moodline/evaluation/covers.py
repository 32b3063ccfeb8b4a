"""Things in front of a face, drawn over a crop: a mask, a hand, hair, a hat, dark glasses; used by `evaluate quality`.

Plain ones have a shade that runs evenly and a little noise, as cloth and skin have. Textured ones show another part of
the same picture, magnified: edges as strong as those that they hide, the hardest case.
"""

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import CROP_SIDE, Gray

Floats = npt.NDArray[np.float32]
Shape = Literal["mask", "half from a side", "hat or hair", "dark glasses", "hand at mouth"]
Fill = Literal["plain", "textured"]

SHAPES: tuple[Shape, ...] = ("mask", "half from a side", "hat or hair", "dark glasses", "hand at mouth")
FILLS: tuple[Fill, ...] = ("plain", "textured")

_MIDDLE = CROP_SIDE // 2
_Y, _X = np.mgrid[0:CROP_SIDE, 0:CROP_SIDE].astype(np.float32)


def cover(shape: Shape, fill: Fill, crop: Gray, chance: np.random.Generator) -> Gray:
    """Draw one cover of random place, size and shade over a (48, 48) crop."""
    hidden = np.clip(_outline(shape, chance), 0, 1)
    front = _texture(crop, chance) if fill == "textured" else _shade(chance, 70 if shape == "dark glasses" else 220)
    return np.clip(np.round(crop * (1 - hidden) + front * hidden), 0, 255).astype(np.uint8)


def _outline(shape: Shape, chance: np.random.Generator) -> Floats:
    """Give how far inside of the cover each pixel lies; 0 and below outside, 1 and above inside."""
    draw = chance.uniform
    aside = np.abs(_X - _MIDDLE)
    if shape == "mask":
        top = draw(24, 30) + aside * draw(-0.1, 0.25)
        return np.asarray(np.minimum((_Y - top) / 1.5, (draw(17, 22) - aside) / 1.5), np.float32)
    if shape == "half from a side":
        hidden: Floats = (draw(14, 26) - (_X + draw(-0.35, 0.35) * (_Y - _MIDDLE))) / 1.5
        return hidden[:, ::-1] if draw() < 0.5 else hidden
    if shape == "hat or hair":
        return np.asarray((draw(16, 26) + draw(-0.3, 0.3) * (_X - _MIDDLE) - _Y) / 1.5, np.float32)
    if shape == "dark glasses":
        across, down = (aside - draw(9, 11)) / draw(4.5, 7), (_Y - draw(18, 21)) / draw(3, 5)
        return np.asarray((1 - across**4 - down**4) * 3, np.float32)
    angle, right, below = draw(0, np.pi), _X - draw(14, 34), _Y - draw(26, 40)
    along = right * np.cos(angle) + below * np.sin(angle)
    over = below * np.cos(angle) - right * np.sin(angle)
    return np.asarray((1 - (along / draw(8, 13)) ** 2 - (over / draw(7, 12)) ** 2) * 4, np.float32)


def _shade(chance: np.random.Generator, brightest: float) -> Floats:
    slope = chance.normal(0, 1, 2)
    even = chance.uniform(20, brightest) + slope[0] * (_X - _MIDDLE) + slope[1] * (_Y - _MIDDLE)
    noisy = even + chance.normal(0, chance.uniform(0, 4), even.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.float32)


def _texture(crop: Gray, chance: np.random.Generator) -> Floats:
    side = round(CROP_SIDE / chance.uniform(1.2, 2.5))
    top, left = chance.integers(0, CROP_SIDE - side + 1, 2)
    turned = np.rot90(crop[top : top + side, left : left + side], int(chance.integers(1, 4)))
    return np.asarray(cv2.resize(turned, (CROP_SIDE, CROP_SIDE)), np.float32)
