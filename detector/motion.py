"""Where a picture has changed: cells of the luma plane against the last picture that differed; pure, used by the stage.

A cell is the mean of a square of pixels. It has changed when its mean is farther than `LEAST` from the reference, and
then, not before, the reference takes the new mean: a slow change adds up until it is noticed, and nothing that was
ever noticed stays unseen. Noise of single pixels is averaged out.
"""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import Box
from detector.tiles import Region

FACE_CELLS = 5
"""Cells across the smallest face wanted."""

LEAST = 6
"""Smallest change of a cell's mean that counts, gray levels."""

Cells = npt.NDArray[np.uint8]


class Change(NamedTuple):
    """Which parts of one frame differ from what was there before.

    Attributes:
        total: (rows + 1, columns + 1) changed cells above and left of each corner (a summed-area table).
        cell: side of a cell, pixels.
    """

    total: npt.NDArray[np.int32]
    cell: int

    def within(self, area: Region | Box) -> int:
        """Count the changed cells that touch an area of the frame."""
        rows, columns = self.total.shape[0] - 1, self.total.shape[1] - 1
        left, right = _span(area.x, area.x + area.width, self.cell, columns)
        top, bottom = _span(area.y, area.y + area.height, self.cell, rows)
        total = self.total
        return int(total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left])


def _span(first: float, last: float, cell: int, count: int) -> tuple[int, int]:
    """Cells from the one that holds `first` to the one that holds `last`, as a slice."""
    begin = min(max(int(first // cell), 0), count)
    return begin, max(min(int(-(-last // cell)), count), begin)


class Motion:
    """The changes of one camera's pictures, all of one size.

    Args:
        smallest: height of the smallest face wanted, pixels.
        reference: cells to go on with; None: the first picture has changed everywhere.

    Attributes:
        reference: (rows, columns) mean luma of each cell when it last changed.
    """

    def __init__(self, smallest: int, reference: Cells | None = None) -> None:
        self._cell = max(smallest // FACE_CELLS, 2)
        self.reference = reference

    def update(self, luma: npt.NDArray[np.uint8]) -> Change:
        """Compare the next picture, (H, W) gray; cells at the right and lower border may be a little smaller."""
        rows, columns = (max(-(-side // self._cell), 1) for side in luma.shape)
        now: Cells = np.asarray(cv2.resize(luma, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
        if self.reference is None or self.reference.shape != now.shape:
            self.reference = now
            return Change(_total(np.ones_like(now)), self._cell)
        changed = cv2.absdiff(now, self.reference) >= LEAST
        self.reference = np.where(changed, now, self.reference)
        return Change(_total(changed.view(np.uint8)), self._cell)


def _total(changed: Cells) -> npt.NDArray[np.int32]:
    return np.asarray(cv2.integral(changed), np.int32)
