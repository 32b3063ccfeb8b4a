"""Pictures of faces made worse by rising amounts, one fault at a time; used by the experiment on robustness.

Everything happens to crops in the levels of video (black 16, white 235), as it would to a camera's picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import CROP_SIDE, Gray
from moodline.evaluation.covers import SHAPES, Shape, cover
from moodline.evaluation.degrade import (
    BLACK,
    BRIGHT_STOPS,
    DARK_STOPS,
    HEIGHTS,
    NOISE,
    SOFTNESS,
    TRAILS,
    WHITE,
    Change,
    expose,
    move,
    shrink,
    soften,
)

BANDS = {"band over the eyes": (12, 23), "band over the mouth": (32, 44)}
"""First row and the row after the last, of 48, where FER2013's faces have them."""


@dataclass(frozen=True)
class Family:
    """One kind of fault.

    Attributes:
        name: of the fault.
        unit: what the amounts are.
        amounts: from mild to bad.
        change: makes a face worse by an amount.
    """

    name: str
    unit: str
    amounts: Sequence[float]
    change: Callable[[float], Change]


def video_levels(faces: npt.NDArray[np.uint8]) -> Gray:
    """Bring gray faces, 0 to 255, to the levels of video."""
    return np.asarray(np.round(BLACK + faces * ((WHITE - BLACK) / 255)), np.uint8)


def worsened(faces: Gray, change: Change, seed: int) -> Gray:
    """Make each of (N, 48, 48) faces worse; the same seed gives the same."""
    chance = np.random.default_rng(seed)
    return np.stack([change(face, chance) for face in faces])


def covers() -> dict[str, Change]:
    """Give things that hide a part of a face, by name; they have no amount."""
    bands: dict[str, Change] = {name: partial(_band, first, last) for name, (first, last) in BANDS.items()}
    return bands | {shape: partial(_cover, shape) for shape in SHAPES}


def _gamma(power: float, crop: Gray, _: np.random.Generator) -> Gray:
    return _gray(255 * (crop / 255.0) ** power)


def _flatten(left: float, crop: Gray, _: np.random.Generator) -> Gray:
    """Leave so much of the contrast; what is between two levels is lost."""
    mean = float(crop.mean())
    return _gray(mean + left * (crop - mean))


def _from_a_side(stops: float, crop: Gray, chance: np.random.Generator) -> Gray:
    """Light one side, and let the other lie so many stops darker."""
    ramp = 2.0 ** -np.linspace(0, stops, CROP_SIDE)
    light = ramp if chance.random() < 0.5 else ramp[::-1]
    signal = (crop - float(BLACK)) * light + chance.normal(0, NOISE, crop.shape)
    return _gray(np.clip(signal + BLACK, BLACK, WHITE))


def _turn(degrees: float, crop: Gray, chance: np.random.Generator) -> Gray:
    middle = (CROP_SIDE - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), degrees * float(chance.choice((-1, 1))), 1.0)
    return _warp(crop, matrix)


def _shift(share: float, crop: Gray, chance: np.random.Generator) -> Gray:
    """Cut the crop off the face's place, by a share of its side, in any direction."""
    angle, reach = chance.uniform(0, 2 * np.pi), share * CROP_SIDE
    return _warp(crop, np.array([[1, 0, reach * np.cos(angle)], [0, 1, reach * np.sin(angle)]]))


def _warp(crop: Gray, matrix: Any) -> Gray:
    moved = cv2.warpAffine(
        crop, matrix, (CROP_SIDE, CROP_SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def _noise(spread: float, crop: Gray, chance: np.random.Generator) -> Gray:
    return _gray(crop + chance.normal(0, spread, crop.shape))


def _jpeg(quality: float, crop: Gray, _: np.random.Generator) -> Gray:
    packed = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)


def _patch(share: float, crop: Gray, chance: np.random.Generator) -> Gray:
    """Hide a square of so much of the area, anywhere, behind one random gray."""
    side = round(CROP_SIDE * share**0.5)
    top, left = chance.integers(0, CROP_SIDE - side + 1, 2)
    hidden = crop.copy()
    hidden[top : top + side, left : left + side] = chance.integers(BLACK, WHITE + 1)
    return hidden


def _band(first: int, last: int, crop: Gray, _: np.random.Generator) -> Gray:
    hidden = crop.copy()
    hidden[first:last] = round(float(crop.mean()))
    return hidden


def _cover(shape: Shape, crop: Gray, chance: np.random.Generator) -> Gray:
    return cover(shape, "plain", crop, chance)


def _gray(values: Any) -> Gray:
    return np.asarray(np.clip(np.round(values), 0, 255), np.uint8)


def _of(change: Callable[[Any, Gray, np.random.Generator], Gray]) -> Callable[[float], Change]:
    return lambda amount: partial(change, amount)


FAMILIES = (
    Family("darker", "stops of light", DARK_STOPS, lambda stops: partial(expose, -stops, NOISE)),
    Family("brighter", "stops of light", BRIGHT_STOPS, lambda stops: partial(expose, stops, 0.0)),
    Family("gamma above 1", "gamma", (1.5, 2, 3, 4, 6, 8), _of(_gamma)),
    Family("gamma below 1", "gamma", (0.7, 0.5, 0.35, 0.25, 0.15, 0.1), _of(_gamma)),
    Family("less contrast", "share left", (0.5, 0.25, 0.1, 0.05, 0.03, 0.02), _of(_flatten)),
    Family("light from a side", "stops across", (1, 2, 3, 4, 5, 6), _of(_from_a_side)),
    Family("fewer pixels", "height of the face, px", HEIGHTS, lambda height: partial(shrink, int(height))),
    Family("out of focus", "sigma, px of 48", SOFTNESS, _of(soften)),
    Family("moving", "trail, px of 48", TRAILS, lambda trail: partial(move, int(trail))),
    Family("noise", "spread, gray levels", (2, 5, 10, 15, 20, 30, 40), _of(_noise)),
    Family("JPEG", "quality", (70, 50, 30, 20, 10, 5, 2), _of(_jpeg)),
    Family("turned", "degrees", (5, 10, 15, 20, 30, 45, 60, 90), _of(_turn)),
    Family("off its place", "share of the side", (0.05, 0.1, 0.15, 0.2, 0.25, 0.3), _of(_shift)),
    Family("patch in front", "share of the picture", (0.05, 0.1, 0.2, 0.3, 0.4, 0.5), _of(_patch)),
)
