"""Time of a recording: which frames to take, and what to do with timestamps that are missing or wrong.

Pure: times come in as arguments. Used by `source`.
"""

from dataclasses import dataclass

CLAMP_MS = 1000
"""A step back of up to this many milliseconds is held; a larger one is a jump."""

GAP_MS = 3_600_000
"""A step forward of more than this many milliseconds is a jump."""

_EARLY_MS = 1
"""Containers round times to a millisecond, so that a frame this much before a tick is on time."""


class Sampler:
    """Takes the first frame, then the first frame at or after each tick `k / rate` seconds from it.

    It goes by time and never counts frames, so that a variable frame rate or a gap changes nothing: one frame
    after a gap stands for all the ticks in it.

    Args:
        rate: frames a second; 0 takes every frame.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._first_ms: int | None = None
        self._tick = 1

    def take(self, time_ms: int) -> bool:
        """Whether the frame at `time_ms` (event time, never decreasing) is to be taken."""
        if self._first_ms is None:
            self._first_ms = time_ms
            return True
        if self._rate == 0:
            return True
        reached = int((time_ms - self._first_ms + _EARLY_MS) * self._rate / 1000)
        if reached < self._tick:
            return False
        self._tick = reached + 1
        return True


class Pacer:
    """Says how long a frame of a recording must wait for its time, so that the recording plays at a given speed.

    Args:
        speed: seconds of event time in a second; 0 never waits.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began: tuple[int, float] | None = None

    def wait_s(self, time_ms: int, now_s: float) -> float:
        """Seconds until a frame is due; the first is due at once.

        Args:
            time_ms: its event time.
            now_s: the time, seconds of a clock that nobody sets.
        """
        if self._speed == 0:
            return 0.0
        if self._began is None:
            self._began = time_ms, now_s
        first_ms, began_s = self._began
        return max((time_ms - first_ms) / 1000 / self._speed - (now_s - began_s), 0.0)


@dataclass(frozen=True)
class Step:
    """Where a frame stands in time.

    Attributes:
        time_ms: event time, Unix milliseconds.
        jumped: whether an epoch must end before this frame.
    """

    time_ms: int
    jumped: bool


class MediaClock:
    """Turns the timestamps of a recording into event time that never decreases.

    The first frame stands at `start_ms`. A frame without a timestamp comes one nominal frame after the one before
    it. A step back of up to `CLAMP_MS` is held. Anything further back, or more than `GAP_MS` ahead, is a jump:

    - if the next frame is in place again, the timestamp was a slip and is passed over;
    - ahead, the jump is believed, as a recorder that pauses at night leaves such gaps;
    - back, time goes on one nominal frame later, as no camera may live through the same minutes twice.

    Args:
        start_ms: event time of the first frame, Unix milliseconds.
        frame_ms: nominal duration of a frame, milliseconds.

    Attributes:
        clamped: frames since the last jump that were held, or whose timestamp was passed over.
    """

    def __init__(self, start_ms: int, frame_ms: float) -> None:
        self.clamped = 0
        self._frame_ms = frame_ms
        self._next_ms = float(start_ms)
        self._last_ms: float | None = None
        self._offset_ms: float | None = None

    def step(self, stamp_ms: float | None, following_ms: float | None = None) -> Step:
        """Place the next frame.

        Args:
            stamp_ms: its timestamp on the recording's own scale, milliseconds; None if it has none.
            following_ms: the timestamp of the frame after it; None if it has none, or there is no such frame.
        """
        time_ms, jumped = self._next_ms, False
        if stamp_ms is not None and self._offset_ms is None:
            self._offset_ms = self._next_ms - stamp_ms
        elif stamp_ms is not None and not self._out_of_place(stamp_ms):
            time_ms = self._at(stamp_ms)
        elif stamp_ms is not None and following_ms is not None and not self._out_of_place(following_ms):
            self.clamped += 1
        elif stamp_ms is not None:
            jumped, self.clamped = True, 0
            time_ms = max(self._at(stamp_ms), self._next_ms)
            self._offset_ms = time_ms - stamp_ms
        if self._last_ms is not None and time_ms < self._last_ms:
            self.clamped += 1
            time_ms = self._last_ms
        self._last_ms = time_ms
        self._next_ms = time_ms + self._frame_ms
        return Step(round(time_ms), jumped)

    @property
    def end_ms(self) -> int:
        """Event time at which the last frame ends, Unix milliseconds."""
        return round(self._next_ms)

    def _at(self, stamp_ms: float) -> float:
        return stamp_ms + (self._offset_ms or 0.0)

    def _out_of_place(self, stamp_ms: float) -> bool:
        return self._last_ms is not None and not -CLAMP_MS <= self._at(stamp_ms) - self._last_ms <= GAP_MS
