"""Faces made worse by stated amounts, one fault at a time; used by `evaluate quality` and by experiments.

Everything happens to the crop, in the levels of video (black 16, white 235), as it would to the picture before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from common.crop import CROP_REACH
from common.messages import CROP_SIDE, Gray
from detector.curves import Measure
from moodline.evaluation.covers import FILLS, SHAPES, cover

BLACK, WHITE = 16, 235
NOISE = 1.0
"""Spread of the noise in a crop that is exposed too little, gray levels: of 2 in a picture whose face is 66 px high."""

HEIGHTS = (32, 24, 20, 16, 14, 12, 10, 8, 6)
SOFTNESS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)
TRAILS = (3, 5, 7, 9, 12, 16)
DARK_STOPS = (1, 2, 3, 4, 5, 6)
BRIGHT_STOPS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5)
HIDDEN = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
SIDES = ("left", "right", "bottom", "top")

Change = Callable[[Gray, np.random.Generator], Gray]


@dataclass(frozen=True)
class Degradation:
    """One fault by one amount.

    Attributes:
        measure: the measure that should see it.
        name: the fault and its amount.
        change: makes a worse copy of a (48, 48) crop.
        value: what the measure says of it; None where it is measured on the crop.
    """

    measure: Measure
    name: str
    change: Change
    value: float | None = None


def degradations() -> Iterator[Degradation]:
    """Give every fault by every amount."""
    for height in HEIGHTS:
        yield Degradation("height", f"{height} px high", partial(shrink, height), float(height))
    for sigma in SOFTNESS:
        yield Degradation("detail", f"out of focus, sigma {sigma} px of 48", partial(soften, sigma))
    for trail in TRAILS:
        yield Degradation("detail", f"moved by {trail} px of 48", partial(move, trail))
    for stops in DARK_STOPS:
        yield Degradation("contrast", f"{stops} stops darker, noise {NOISE:.0f}", partial(expose, -stops, NOISE))
    for more in BRIGHT_STOPS:
        yield Degradation("clipped", f"{more} stops brighter", partial(expose, more, 0.0))
    for share in HIDDEN:
        for side in SIDES:
            yield Degradation("inside", f"{share:.0%} cut off, {side}", partial(_cut, share, side), round(1 - share, 6))
    for fill in FILLS:
        for shape in SHAPES:
            yield Degradation("occlusion", f"{shape}, {fill}", partial(cover, shape, fill))


def shrink(height: int, crop: Gray, _: np.random.Generator) -> Gray:
    """See a face so many pixels high, brought up to the size of a crop again."""
    side = max(round(height * CROP_REACH), 2)
    if side >= CROP_SIDE:
        return crop
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)


def soften(sigma: float, crop: Gray, _: np.random.Generator) -> Gray:
    """Put a face out of focus by so many pixels of the crop."""
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.uint8)


def move(trail: int, crop: Gray, chance: np.random.Generator) -> Gray:
    """Smear along a line of this length in a random direction."""
    angle, reach = chance.uniform(0, np.pi), trail // 2 + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for step in np.linspace(-trail / 2, trail / 2, 4 * trail):
        kernel[round(reach + step * np.sin(angle)), round(reach + step * np.cos(angle))] += 1
    return np.asarray(cv2.filter2D(crop, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8)


def expose(stops: float, noise: float, crop: Gray, chance: np.random.Generator) -> Gray:
    """Expose by so many stops more or, below 0, less, with noise of so many gray levels."""
    signal = (crop.astype(np.float32) - BLACK) * 2.0**stops + chance.normal(0, noise, crop.shape)
    return np.asarray(np.clip(np.round(signal) + BLACK, BLACK, WHITE), np.uint8)


def _cut(share: float, side: str, crop: Gray, _: np.random.Generator) -> Gray:
    """Let the frame end inside of the face; the crop rule repeats the frame's border."""
    face = CROP_SIDE / CROP_REACH
    lost = round((CROP_SIDE - face) / 2 + share * face)
    kept = {
        "left": crop[:, lost:],
        "right": crop[:, : CROP_SIDE - lost],
        "bottom": crop[: CROP_SIDE - lost],
        "top": crop[lost:],
    }[side]
    margins = {"left": (0, 0, lost, 0), "right": (0, 0, 0, lost), "bottom": (0, lost, 0, 0), "top": (lost, 0, 0, 0)}
    return np.asarray(cv2.copyMakeBorder(kept, *margins[side], cv2.BORDER_REPLICATE), np.uint8)
