"""Whether a face is a picture of one: a poster, a mannequin, a stack of plates never changes; pure, used by the stage.

A person is never quite still. The place where a face is seen is kept as 12 × 12 gray values and compared at every
sighting: while it looks the same, its rest grows by the time that has passed; while it does not (somebody walks by
before it), its rest shrinks faster. When nothing is left of it, or the face stands elsewhere, the comparison begins
anew.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import Box

SIDE = 12
"""Side of the small picture that is compared."""

DIFFERENT = 0.12
"""Mean difference of two small pictures from which they differ, in standard deviations of the first."""

LEAST_CONTRAST = 4.0
"""Standard deviation that a small picture is taken to have at least, gray levels: below it there is only noise."""

STRAYED = 0.5
"""A face that is farther than this from where it was compared stands elsewhere, in face widths."""

FORGET = 4
"""How much faster rest shrinks than it grows."""

LONGEST_STEP_MS = 500
"""A longer time between two sightings counts as this much, milliseconds: nobody knows what was between."""


@dataclass
class Rest:
    """How long a face has looked the same.

    Attributes:
        box: where it is compared, pixels of the frame.
        picture: the small picture, `SIDE` x `SIDE` gray values, row by row.
        still_ms: its rest, milliseconds.
    """

    box: Box
    picture: bytes
    still_ms: int = 0


def observe(rest: Rest | None, box: Box, luma: npt.NDArray[np.uint8], elapsed_ms: int, most_ms: int) -> Rest:
    """Take a sighting.

    Args:
        rest: of the sighting before; None at the first.
        box: where the face is now, pixels of the frame.
        luma: the frame, (H, W) gray.
        elapsed_ms: since the sighting before, milliseconds.
        most_ms: rest never grows beyond this, milliseconds.
    """
    if rest is None or _strayed(rest.box, box):
        return Rest(box, _small(luma, box).tobytes())
    before = np.frombuffer(rest.picture, np.uint8).astype(np.float32)
    now = _small(luma, rest.box).ravel().astype(np.float32)
    step = min(elapsed_ms, LONGEST_STEP_MS)
    contrast = max(float(before.std()), LEAST_CONTRAST)
    if float(np.abs((now - now.mean()) - (before - before.mean())).mean()) < DIFFERENT * contrast:
        return Rest(rest.box, rest.picture, min(rest.still_ms + step, most_ms))
    left = rest.still_ms - FORGET * step
    return Rest(rest.box, rest.picture, left) if left > 0 else Rest(box, _small(luma, box).tobytes())


def _strayed(one: Box, other: Box) -> bool:
    (x, y), (other_x, other_y) = one.middle, other.middle
    return max(abs(other_x - x), abs(other_y - y)) > STRAYED * one.width


def _small(luma: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.uint8]:
    height, width = luma.shape
    left, top = min(max(int(box.x), 0), width - 1), min(max(int(box.y), 0), height - 1)
    right = min(max(int(box.x + box.width), left + 1), width)
    bottom = min(max(int(box.y + box.height), top + 1), height)
    small = cv2.resize(luma[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)
