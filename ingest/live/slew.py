"""Event time that never goes back and leaps only when it must; pure, used by `clock`."""

from dataclasses import dataclass

from ingest.live.host_time import within

MOST_OWED_MS = 30_000.0
"""After a stall many pictures come at once: that event time then makes up for this much, milliseconds, is no leap."""


@dataclass(frozen=True)
class Slewed:
    """Event time of a picture.

    Attributes:
        time_ms: Unix milliseconds.
        jumped: whether it leaps ahead.
        away_ms: how far it is from the time that was aimed at, milliseconds, 0 or more.
    """

    time_ms: float
    jumped: bool
    away_ms: float


class Slew:
    """Follows a time that may leap, by running faster or slower for a while.

    Args:
        last_ms: event time is never before this, Unix milliseconds; None if any will do.
        jump_ms: a difference ahead of more than this is leapt over.
        faster: how much faster, or slower, time may run for a short difference.
        slower: how much slower it runs for one of more than `jump_ms` back.
    """

    def __init__(self, last_ms: float | None, jump_ms: float, faster: float, slower: float) -> None:
        self.last_ms = last_ms
        self._jump_ms, self._faster, self._slower = jump_ms, faster, slower
        self._ahead_ms = 0.0
        self._owed_ms = 0.0
        self._fresh = self._first = True

    def restart(self) -> None:
        """Aim at the next time at once, as long as it lies ahead: nothing is known of the time between."""
        self._fresh = True

    def revised(self, earlier_ms: float) -> None:
        """Take note that from now on all times aimed at are earlier by this, milliseconds; below 0: later."""
        self._ahead_ms += earlier_ms

    def continued(self, aim_ms: float, going_on_ms: float) -> None:
        """Take note that from now on another clock is aimed at.

        Args:
            aim_ms: the time of the next picture by that clock.
            going_on_ms: its time by going on from the picture before.
        """
        self._ahead_ms = going_on_ms - aim_ms

    def step(self, aim_ms: float, elapsed_ms: float) -> Slewed:
        """Give the event time of the next picture.

        Args:
            aim_ms: the time that is aimed at, Unix milliseconds.
            elapsed_ms: monotonic time since the picture before.
        """
        first, last_ms = self._first, aim_ms if self.last_ms is None else self.last_ms
        if self._fresh:
            self._ahead_ms = max(last_ms - aim_ms, 0.0)
        self._fade(elapsed_ms)
        time_ms = max(aim_ms + self._ahead_ms, last_ms)
        leap_ms = time_ms - last_ms - elapsed_ms - self._owed_ms
        self._owed_ms = min(max(-leap_ms, 0.0), MOST_OWED_MS)
        self.last_ms, self._fresh, self._first = time_ms, False, False
        return Slewed(time_ms, leap_ms > self._jump_ms and not first, abs(time_ms - aim_ms))

    def _fade(self, elapsed_ms: float) -> None:
        if self._ahead_ms < -self._jump_ms:
            self._ahead_ms = 0.0
        most_ms = elapsed_ms * (self._slower if self._ahead_ms > self._jump_ms else self._faster)
        self._ahead_ms -= within(self._ahead_ms, most_ms)
