"""How often something happened within the last hour; pure, used by `health`."""

from collections import deque

HOUR_S = 3600.0

MOST = 1000
"""More than this is not counted, so that memory stays bounded."""


class Hourly:
    """Counts within a window of an hour."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque(maxlen=MOST)

    def add(self, now_s: float) -> None:
        """Count one at `now_s`, seconds of any clock that never goes back."""
        self._times_s.append(now_s)

    def count(self, now_s: float) -> int:
        """How many there were within the hour before `now_s`; at most `MOST`."""
        while self._times_s and now_s - self._times_s[0] > HOUR_S:
            self._times_s.popleft()
        return len(self._times_s)
