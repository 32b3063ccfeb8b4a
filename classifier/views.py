"""Several looks at the same face, whose readings are averaged; used by the predictor.

Ten views are what the literature calls ten-crop: the whole face and four parts off its centre, each also mirrored. They
are moved by whole pixels, so that each is as sharp as the face itself: enlarged ones, which are softer, read worse. A
still picture, or a benchmark, gains from looks what a track gains from its neighbouring frames.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

Views = Literal[1, 2, 10]

OFF = 2
"""How far off the centre the other views are, pixels of the crop."""


def views_of(crops: npt.NDArray[np.uint8], count: Views) -> Iterator[npt.NDArray[np.uint8]]:
    """Give the views of every face, one after another, each (N, H, W) with levels from 0 to 255.

    Args:
        crops: (N, H, W), gray, 0 to 255.
        count: 1: the face itself; 2: also mirrored; 10: also four that are off the centre, and theirs.
    """
    yield crops
    if count == 1:
        return
    yield np.ascontiguousarray(crops[:, :, ::-1])
    if count == 2:
        return
    wide = np.pad(crops, ((0, 0), (OFF, OFF), (OFF, OFF)), mode="edge")
    height, width = crops.shape[1:]
    for across, down in ((2 * OFF, OFF), (0, OFF), (OFF, 2 * OFF), (OFF, 0)):
        moved = np.ascontiguousarray(wide[:, down : down + height, across : across + width])
        yield moved
        yield np.ascontiguousarray(moved[:, :, ::-1])
