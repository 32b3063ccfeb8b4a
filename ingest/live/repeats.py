"""How much a picture differs from the likest one some seconds before it; pure, used by `sight`.

A camera whose sensor or software hangs sends one picture for ever. It is encoded anew each time, so that key frames
differ from the frames between them, but some seconds before there was always a picture that is nearly the same. The
pictures of a living camera that looks at a still scene carry the noise of its sensor: within a group of pictures an
encoder may repeat itself exactly, but over a key frame it cannot. So a picture is compared with all that are older
than most groups last, and its difference from the likest counts.

A short recording that is played again and again repeats itself as well. So a picture is also compared with those just
before it: in a recording, something moves.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from ingest.live.glance import Luma, block_means, distance, mean_of

YOUNGEST_S = 3.0
"""Pictures are compared with those that are at least so much older, seconds."""

OLDEST_S = 8.0
"""And at most so much older, seconds."""

SPACING_S = 0.15
"""Pictures that follow closer than this are not kept, seconds."""


@dataclass(frozen=True)
class Difference:
    """How a picture differs from others.

    Attributes:
        mean: mean difference of all points from the likest picture some seconds before, levels.
        most: difference from it within the small block where it is largest, levels.
        lately: the same from the unlikest picture of the last seconds.
        light: how much the mean level has changed within the last seconds, levels.
    """

    mean: float
    most: float
    lately: float
    light: float


RESIZED = Difference(np.inf, np.inf, np.inf, np.inf)
"""The difference of a picture from one of another size."""


@dataclass(frozen=True)
class _Kept:
    time_s: float
    grid: Luma
    thin: Luma
    level: float


class Repeats:
    """The last seconds of one camera."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()

    def update(self, grid: Luma, now_s: float) -> Difference | None:
        """Compare a picture with those before it.

        Args:
            grid: its luma, thinned.
            now_s: when it was decoded, seconds.

        Returns:
            None while there are none old enough.
        """
        kept = self._kept
        if kept and kept[-1].grid.shape != grid.shape:
            kept.clear()
            return RESIZED
        while kept and now_s - kept[0].time_s > OLDEST_S:
            kept.popleft()
        thin = np.ascontiguousarray(grid[::2, ::2])
        seen = _Kept(now_s, grid, thin, mean_of(thin))
        old = sum(now_s - other.time_s >= YOUNGEST_S for other in kept)
        difference = self._difference(seen, old) if 0 < old < len(kept) else None
        if not kept or now_s - kept[-1].time_s >= SPACING_S:
            kept.append(seen)
        return difference

    def _difference(self, seen: _Kept, old: int) -> Difference:
        kept = self._kept
        means = [mean_of(distance(seen.thin, other.thin)) for other in kept]
        likest = min(range(old), key=means.__getitem__)
        unlikest = max(range(old, len(means)), key=means.__getitem__)
        most, lately = (float(block_means(distance(seen.grid, kept[place].grid)).max()) for place in (likest, unlikest))
        light = max(abs(seen.level - kept[place].level) for place in range(old, len(means)))
        return Difference(means[likest], most, lately, light)
