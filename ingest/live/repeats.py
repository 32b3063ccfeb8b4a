"""How much a picture differs from the likest one some seconds before it; pure, used by `sight`.

A camera whose sensor or software hangs sends one picture for ever. It is encoded anew each time, so that key frames
differ from the frames between them, but some seconds before there was always a picture that is nearly the same. The
pictures of a living camera that looks at a still scene carry the noise of its sensor: within a group of pictures an
encoder may repeat itself exactly, but over a key frame it cannot. So a picture is compared with all that are older
than most groups last, and its difference from the likest counts.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from ingest.live.glance import Luma, block_means

YOUNGEST_S = 3.0
"""Pictures are compared with those that are at least so much older, seconds."""

OLDEST_S = 8.0
"""And at most so much older, seconds."""

SPACING_S = 0.18
"""Pictures that follow closer than this are not kept, seconds."""


@dataclass(frozen=True)
class Difference:
    """How two pictures differ.

    Attributes:
        mean: mean difference of all points, levels.
        most: mean difference within the block where it is largest, levels.
    """

    mean: float
    most: float


@dataclass(frozen=True)
class _Kept:
    time_s: float
    grid: Luma
    thin: Luma


class Repeats:
    """The last seconds of one camera."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()

    def update(self, grid: Luma, now_s: float) -> Difference | None:
        """Compare a picture with the likest of those before it.

        Args:
            grid: its luma, thinned.
            now_s: when it was decoded, seconds.

        Returns:
            None while there are none old enough, or none of this size.
        """
        kept = self._kept
        while kept and (now_s - kept[0].time_s > OLDEST_S or kept[0].grid.shape != grid.shape):
            kept.popleft()
        thin = np.ascontiguousarray(grid[::2, ::2])
        likest, least = None, 0.0
        for old in kept:
            if now_s - old.time_s < YOUNGEST_S:
                break
            mean = float(_distance(thin, old.thin).mean())
            if likest is None or mean < least:
                likest, least = old, mean
        if not kept or now_s - kept[-1].time_s >= SPACING_S:
            kept.append(_Kept(now_s, grid, thin))
        if likest is None:
            return None
        return Difference(least, float(block_means(_distance(grid, likest.grid)).max()))


def _distance(one: Luma, other: Luma) -> Luma:
    # In this order nothing goes below zero, so that bytes are enough.
    return np.asarray(np.maximum(one, other) - np.minimum(one, other), np.uint8)
