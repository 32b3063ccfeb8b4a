"""Which faces are given to be read: a settled one less often; pure, used by the detector stage.

A face is given again once it has changed, is seen better, or enough time has passed; in between it is `carried`, and
its series stands. What the net sees is the crop and nothing else, so that a crop like the last one needs no reading to
tell that nothing has changed. The choice depends on what was seen of the track alone: no reading comes back to it, and
neither load nor batches can change it. Why here: `docs/decisions/0010`; what the limits cost: `docs/smoothing.md`.
"""

from typing import NamedTuple

import cv2
import numpy as np

from common.messages import Gray

SIDE = 8
"""Side of the small picture that is compared."""

CHANGED = 0.3
"""Root mean square difference of two small pictures, in standard deviations of each, from which a face has changed."""

LEAST_CONTRAST = 4.0
"""Gray levels added to a standard deviation before it divides, so that noise in the dark is no change."""

BETTER = 0.05
"""A face of which so much more accuracy is left than when it was last given is seen better."""


class Given(NamedTuple):
    """A face when it was last given to be read.

    Attributes:
        time_ms: event time.
        picture: the small picture, `SIDE` x `SIDE` gray values, row by row.
        left: share of the net's accuracy that its quality left.
    """

    time_ms: int
    picture: bytes
    left: float

    @classmethod
    def of(cls, crop: Gray, left: float, time_ms: int) -> "Given":
        """Remember a face."""
        small = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        return cls(time_ms, np.asarray(small, np.uint8).tobytes(), left)


class Pace(NamedTuple):
    """How often a track is given, as far as its frames allow; milliseconds of event time.

    Attributes:
        changing_ms: time after which a face is given that has changed, or is seen better; frames that are farther
            apart than this are all read.
        settled_ms: time after which it is given anyway.
    """

    changing_ms: int
    settled_ms: int

    def is_due(self, last: Given | None, now: Given, step_ms: int) -> bool:
        """Whether a face that may be read is to be read now.

        Args:
            last: as it was last given; None if it never was, or has been refused since.
            now: as it is.
            step_ms: event time since the frame before.
        """
        if last is None or step_ms >= self.changing_ms:
            return True
        elapsed_ms = now.time_ms - last.time_ms
        if elapsed_ms < self.changing_ms:
            return False
        return elapsed_ms >= self.settled_ms or now.left >= last.left + BETTER or _differ(last.picture, now.picture)


def _differ(one: bytes, other: bytes) -> bool:
    return float(np.sqrt(np.mean((_standardised(one) - _standardised(other)) ** 2))) >= CHANGED


def _standardised(picture: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """As the net does it, so that light alone is no change."""
    values = np.frombuffer(picture, np.uint8).astype(np.float64)
    return np.asarray((values - values.mean()) / (values.std() + LEAST_CONTRAST), np.float64)
