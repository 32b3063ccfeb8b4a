"""Pictures that come a segment at a time, given out at the speed of their timestamps; pure, used by `reader`.

Of HLS a whole segment of several seconds comes at once, and then nothing until the next one is there.
"""

_LATE_S = 0.2
"""A picture that comes so much after its time was not there before: those behind it are as late."""
_JUMP_S = 5.0
"""Timestamps that lie farther apart than this, or go back, are not waited for."""


class Evenly:
    """Says how long each picture of one connection waits."""

    def __init__(self) -> None:
        self._lies_s: float | None = None
        self._before_s = 0.0

    def wait_s(self, stamp_ms: float, now_s: float) -> float:
        """Seconds until a picture is due, 0 or more.

        Args:
            stamp_ms: its timestamp, milliseconds.
            now_s: the monotonic clock when it was decoded, seconds.
        """
        stamp_s = stamp_ms / 1000
        jumped = not 0 <= stamp_s - self._before_s <= _JUMP_S
        self._before_s = stamp_s
        if self._lies_s is None or jumped or now_s - stamp_s - self._lies_s > _LATE_S:
            self._lies_s = now_s - stamp_s
        return max(stamp_s + self._lies_s - now_s, 0.0)
