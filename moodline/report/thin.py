"""Long lines with fewer points that look the same: what a chart needs of a series; used by the track charts."""

import numpy as np
import numpy.typing as npt

MOST_POINTS = 400
_OF_A_BUCKET = 5


def thin(values: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Choose the points of a line that must be drawn.

    The line is divided into stretches of equal length; of each the first, last, lowest and highest point are kept,
    and one break. So no peak and no change between far levels is lost.

    Args:
        values: (n,); NaN breaks the line.

    Returns:
        Increasing positions, at most `MOST_POINTS`; all if there are no more.
    """
    count = len(values)
    if count <= MOST_POINTS:
        return np.arange(count)
    edges = np.linspace(0, count, MOST_POINTS // _OF_A_BUCKET + 1).astype(int)
    kept: set[int] = set()
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = values[begin:end]
        breaks = np.flatnonzero(np.isnan(part))
        there = np.flatnonzero(~np.isnan(part))
        if len(breaks):
            kept.add(begin + int(breaks[0]))
        if len(there):
            read = part[there]
            for position in (there[0], there[-1], there[read.argmin()], there[read.argmax()]):
                kept.add(begin + int(position))
    return np.array(sorted(kept), dtype=np.intp)
