"""A line through what was seen of two clocks, and the lower envelope of delays; pure, used by the clocks of a camera.

A queue can only ever add delay. So of all pictures of the last minute those with the least delay tell how the stream's
timestamps lie to the host's clock.
"""

from collections import deque

import numpy as np
import numpy.typing as npt

BLOCK_MS = 2000.0
"""Of each block of this length, the picture with the least delay goes into the line."""

WINDOW_MS = 60_000.0
"""What is older than this is forgotten."""

_LEAST_SPAN_MS = 10_000.0
"""A line needs blocks over at least this time: a queue that fills looks like a wrong rate for a while."""

_LEAST_CHANGE_MS = 5.0
"""A change over the whole window that is smaller than this is not believed."""

_AGREED = 0.9
"""A slope is clear if more than this share of all pairs of points goes the same way."""

_THIN_MS = 100.0
"""The spread is taken from one picture in each of these."""

Values = npt.NDArray[np.float64]


def line(xs: Values, ys: Values, least_change: float) -> tuple[float, bool]:
    """Fit a line by the median of the slopes between all pairs of points (Theil 1950, Sen 1968).

    Args:
        xs: (N,) strictly rising, N of at least 3.
        ys: (N,).
        least_change: a change over all points that is smaller than this is not believed.

    Returns:
        The slope, and whether the change over all points stands out of their scatter.
    """
    first, second = np.triu_indices(len(xs), 1)
    slopes = (ys[second] - ys[first]) / (xs[second] - xs[first])
    slope = float(np.median(slopes))
    rest = ys - slope * xs
    scatter = float(np.percentile(np.abs(rest - np.median(rest)), 80))
    agreed = float(np.mean(slopes * slope > 0)) > _AGREED
    return slope, agreed and abs(slope) * float(xs[-1] - xs[0]) > max(4 * scatter, least_change)


class Envelope:
    """Where the timestamps of a stream lie on the host's monotonic clock, at the least delay of the last minute.

    The rate is taken to be right until a line through the least delays says otherwise.

    Args:
        rate: the rate until a line can be laid.

    Attributes:
        rate: host milliseconds in one millisecond of the stream.
        spread_ms: 95th percentile of the delays above the least one, milliseconds.
        tested: whether the rate was tested.
    """

    def __init__(self, rate: float = 1.0) -> None:
        self.rate = rate
        self.spread_ms = 0.0
        self._origin_ms = 0.0
        self._offset_ms: float | None = None
        self._blocks: deque[tuple[float, float]] = deque()
        self._least: tuple[float, float] | None = None
        self._began_ms = 0.0
        self.tested = False
        self._thinned: deque[tuple[float, float]] = deque()

    def at(self, stamp_ms: float) -> float:
        """Monotonic time at which the picture with this timestamp would have arrived at the least delay, milliseconds.

        At least one picture must have been added.
        """
        return (stamp_ms - self._origin_ms) * self.rate + (self._offset_ms or 0.0)

    def add(self, stamp_ms: float, arrived_ms: float) -> float:
        """Take note of a picture.

        Args:
            stamp_ms: its timestamp, stream milliseconds.
            arrived_ms: when it came, milliseconds of the monotonic clock.

        Returns:
            By how much the place of this timestamp was set earlier, milliseconds; below 0: later.
        """
        if self._offset_ms is None:
            self._origin_ms, self._offset_ms, self._began_ms = stamp_ms, arrived_ms, arrived_ms
        before_ms = self.at(stamp_ms)
        delay_ms = arrived_ms - before_ms
        self._offset_ms += min(delay_ms, 0.0)
        if not self.tested:
            self.spread_ms = max(self.spread_ms, abs(delay_ms))
        if self._least is None or delay_ms < self._least[1] - self.at(self._least[0]):
            self._least = stamp_ms, arrived_ms
        if not self._thinned or arrived_ms - self._thinned[-1][1] >= _THIN_MS:
            self._thinned.append((stamp_ms, arrived_ms))
        if arrived_ms - self._began_ms >= BLOCK_MS:
            self._end_block(arrived_ms)
        return before_ms - self.at(stamp_ms)

    def _end_block(self, now_ms: float) -> None:
        if self._least is not None:
            self._blocks.append(self._least)
        self._least, self._began_ms = None, now_ms
        for points in (self._blocks, self._thinned):
            while len(points) > 1 and now_ms - points[0][1] > WINDOW_MS:
                points.popleft()
        blocks = np.array(self._blocks) - (self._origin_ms, 0.0)
        stamps, delays = blocks[:, 0], blocks[:, 1] - blocks[:, 0]
        rising = np.concatenate(([True], np.diff(stamps) > 0))
        stamps, delays = stamps[rising], delays[rising]
        if len(stamps) >= 3 and blocks[-1, 1] - blocks[0, 1] >= _LEAST_SPAN_MS:
            slope, clear = line(stamps, delays, _LEAST_CHANGE_MS)
            self.rate = max(1 + slope, 0.01) if clear else 1.0
            self.tested = True
        self._place(blocks)

    def _place(self, blocks: Values) -> None:
        thinned = np.array(self._thinned) - (self._origin_ms, 0.0)
        above = thinned[:, 1] - thinned[:, 0] * self.rate
        least = min(float((blocks[:, 1] - blocks[:, 0] * self.rate).min()), float(above.min()))
        self._offset_ms = least
        self.spread_ms = float(np.percentile(above, 95)) - least
