"""The timestamps of a stream as one line that goes on: wraps undone, jumps found; pure, used by `stream`."""

from dataclasses import dataclass

WRAP_MS = 2**32 / 90
"""RTP counts 90 kHz in 32 bits, which lasts for 13 hours."""

BACK_MS = 1000.0
"""A step back of up to this is disorder of single pictures; a larger one is a jump."""

_NEAR_WRAP_MS = 60_000.0

_STUCK = 5
"""Timestamps that do not move on for this many pictures tell nothing."""


@dataclass(frozen=True)
class Stamp:
    """A timestamp as it is to be taken.

    Attributes:
        stamp_ms: on the line, milliseconds; None if there is none, or it stands still.
        jumped_ms: how far it jumped back; 0 if it did not.
        anew: whether it moves on again after it stood still.
    """

    stamp_ms: float | None
    jumped_ms: float = 0.0
    anew: bool = False


class Stamps:
    """Takes the timestamps of one connection in the order of display."""

    def __init__(self) -> None:
        self._wrapped_ms = 0.0
        self._last_ms: float | None = None
        self._still = 0

    def take(self, stamp_ms: float | None) -> Stamp:
        """Take the next timestamp, stream milliseconds; None if the picture has none."""
        if stamp_ms is None:
            return Stamp(None)
        stamp_ms += self._wrapped_ms
        if self._last_ms is None:
            self._last_ms = stamp_ms
            return Stamp(stamp_ms)
        stamp_ms = self._unwrapped(stamp_ms, self._last_ms)
        step_ms = stamp_ms - self._last_ms
        if step_ms < -BACK_MS:
            self._last_ms, self._still = stamp_ms, 0
            return Stamp(stamp_ms, step_ms)
        anew = step_ms > 0 and self._still >= _STUCK
        self._still = self._still + 1 if step_ms <= 0 else 0
        self._last_ms = max(stamp_ms, self._last_ms)
        return Stamp(self._last_ms if self._still < _STUCK else None, anew=anew)

    def _unwrapped(self, stamp_ms: float, last_ms: float) -> float:
        if abs(stamp_ms - last_ms + WRAP_MS) < _NEAR_WRAP_MS:
            self._wrapped_ms += WRAP_MS
            return stamp_ms + WRAP_MS
        if abs(stamp_ms - last_ms - WRAP_MS) < _NEAR_WRAP_MS:
            return stamp_ms - WRAP_MS  # a picture from before the wrap that is shown after it
        return stamp_ms
