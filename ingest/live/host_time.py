"""The time of the host for all cameras of a worker, steady although its wall clock may be set; used by `clock`.

Intervals come from the monotonic clock; the wall clock only says where they stand. All cameras of a worker share one
`HostTime`, so that their series stay aligned with each other whatever is done to the wall clock.
"""

from dataclasses import dataclass

STEP_MS = 500.0
"""A wall clock that moves against the monotonic one by more than this at once was set; less is followed silently."""

FOLLOW = 0.005
"""How fast small differences are followed, as a share of the time that passes; time servers slew by 0.0005."""

FASTER = 0.05
"""How fast a short step ahead is followed."""

SLOWER = 0.1
"""How much slower time runs after a step back, until the wall clock has caught up."""

_SLEW = 0.001
"""How far the wall clock may be slewed between two readings that lie far apart, as a share of the time between."""


@dataclass(frozen=True)
class HostMoment:
    """The time of the host at one moment.

    Attributes:
        time_ms: steady time, Unix milliseconds.
        ahead_ms: how far steady time is ahead of the wall clock because that was set, milliseconds; below 0: behind it.
        error_ms: how far steady time is from the wall clock as it was read last, milliseconds, 0 or more.
    """

    time_ms: float
    ahead_ms: float
    error_ms: float


class HostTime:
    """Turns pairs of monotonic and wall clock into steady time.

    A step ahead by more than `jump_s` is followed at once, a shorter one at `FASTER`. After a step back, time runs
    slower by `SLOWER` until the wall clock has caught up. A step counts once two pairs in a row show it: one alone may
    come from a process that was held up between its two readings.

    Args:
        jump_s: steps ahead of more than this are followed at once, seconds.

    Attributes:
        steps: how often the wall clock was set.
        stepped_ms: how far at the last time, milliseconds; ahead is positive.
    """

    def __init__(self, jump_s: float = 10.0) -> None:
        self.steps = 0
        self.stepped_ms = 0.0
        self._jump_ms = jump_s * 1000
        # From here on all times are those of a wall clock less the monotonic one.
        self._read_ms: float | None = None
        self._wall_ms = 0.0
        self._ahead_ms = 0.0
        self._suspected_ms: float | None = None
        self._latest_s = 0.0

    @property
    def catching_up(self) -> bool:
        """Whether steady time still differs from the wall clock because of a step."""
        return self._ahead_ms != 0

    def at(self, arrived_s: float, wall_ms: float) -> HostMoment:
        """Give the time of a moment.

        Args:
            arrived_s: the monotonic clock at that moment, seconds. Readings of several cameras may come slightly
                out of order; only the newest so far teaches anything.
            wall_ms: the wall clock at the same moment, Unix milliseconds.
        """
        if self._read_ms is None:
            self._read_ms = self._wall_ms = wall_ms - arrived_s * 1000
            self._latest_s = arrived_s
        elif arrived_s > self._latest_s:
            elapsed_ms = (arrived_s - self._latest_s) * 1000
            self._latest_s = arrived_s
            self._catch_up(elapsed_ms)
            self._read(wall_ms - arrived_s * 1000, elapsed_ms)
        steady_ms = self._wall_ms + self._ahead_ms
        return HostMoment(arrived_s * 1000 + steady_ms, self._ahead_ms, abs(steady_ms - (self._read_ms or 0.0)))

    def _read(self, read_ms: float, elapsed_ms: float) -> None:
        suspected_ms, self._suspected_ms = self._suspected_ms, None
        allowed_ms = STEP_MS + _SLEW * elapsed_ms
        if abs(read_ms - self._wall_ms) <= allowed_ms:
            self._wall_ms += within(read_ms - self._wall_ms, FOLLOW * elapsed_ms)
            self._read_ms = read_ms
        elif suspected_ms is None or abs(read_ms - suspected_ms) > allowed_ms:
            self._suspected_ms = read_ms
        else:
            self._step(read_ms)

    def _step(self, read_ms: float) -> None:
        self.steps += 1
        self.stepped_ms = read_ms - self._wall_ms
        self._ahead_ms -= self.stepped_ms
        self._wall_ms = self._read_ms = read_ms
        if self._ahead_ms < -self._jump_ms:
            self._ahead_ms = 0.0

    def _catch_up(self, elapsed_ms: float) -> None:
        self._ahead_ms -= within(self._ahead_ms, (SLOWER if self._ahead_ms > 0 else FASTER) * elapsed_ms)


def within(amount: float, most: float) -> float:
    """Give the amount, cut to between -most and most."""
    return min(max(amount, -most), most)
