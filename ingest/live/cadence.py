"""How regularly pictures come: their interval, and how late one is; pure, used by `stream` and `clock`."""

from collections import deque

import numpy as np

_REMEMBERED = 256
_EVERY = 32
"""Percentiles are taken anew after this many pictures."""

_UNKNOWN_MS = 40.0
"""The interval that is assumed before any is known."""


class Cadence:
    """Watches the gaps between arrivals, for cameras whose pictures carry no time at all.

    After a gap a picture is late by what the gap was too long; each of those that come too close behind it is less
    late. A gap without a crowd behind it is a loss, and no lateness.

    Attributes:
        interval_ms: median time between two pictures, milliseconds.
        spread_ms: 95th percentile of the lateness, milliseconds.
        late_ms: how late the last picture was, milliseconds.
    """

    def __init__(self) -> None:
        self.interval_ms = _UNKNOWN_MS
        self.spread_ms = 0.0
        self.late_ms = 0.0
        self._gaps: deque[float] = deque(maxlen=_REMEMBERED)
        self._lates: deque[float] = deque(maxlen=_REMEMBERED)
        self._since = 0

    def take(self, gap_ms: float) -> None:
        """Take note of a picture that came `gap_ms` after the one before it."""
        excess_ms = gap_ms - self.interval_ms
        crowded = gap_ms < self.interval_ms / 2
        self.late_ms = max((self.late_ms if crowded else 0.0) + excess_ms, 0.0)
        self._gaps.append(gap_ms)
        self._lates.append(self.late_ms)
        self._since += 1
        if self._since >= _EVERY or len(self._gaps) in (1, 4, 16):
            self._since = 0
            self.interval_ms = float(np.median(self._gaps))
            self.spread_ms = float(np.percentile(self._lates, 95))
