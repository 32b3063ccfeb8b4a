"""The unit of cost: one call of MediaPipe's short-range model on a picture of its own size; used by `detectors`.

It is timed again and again between the things whose cost is wanted, so that a machine that is busy, or slows down,
slows both.
"""

import time
from statistics import median

import numpy as np
import numpy.typing as npt

from detector.faces import INPUT_SIDE, FaceFinder
from detector.picture import Picture
from detector.settings import DetectorSettings
from detector.tiles import Region

CALLS = 3
"""Calls that are timed at once, after one that is not: the first after other work finds its memory cold."""


class BareCall:
    """Times calls.

    Raises:
        ModelError: the model file is missing or cannot be loaded.
    """

    def __init__(self, settings: DetectorSettings) -> None:
        self._finder = FaceFinder(settings.model)
        self._spent: list[float] = []

    def time(self, planes: npt.NDArray[np.uint8]) -> None:
        """Call it a few times on the corner of a picture, I420 planes (H * 3 / 2, W)."""
        picture = Picture.of(planes)
        height, width = picture.luma.shape
        region = Region(0, 0, min(INPUT_SIDE, width), min(INPUT_SIDE, height))
        self._finder.look(picture, region)
        for _ in range(CALLS):
            began = time.process_time()
            self._finder.look(picture, region)
            self._spent.append(time.process_time() - began)

    @property
    def seconds(self) -> float:
        """Seconds of one core for one call, the median so far; `time` must have been called."""
        return median(self._spent)

    def close(self) -> None:
        """Release the model."""
        self._finder.close()
