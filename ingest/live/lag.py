"""How far the decoder is behind its stream, and which pictures it should skip to keep up; pure, used by `reader`.

A timestamp that comes later than the least delay so far allows says that something is behind: the decoder, or the
network. It cannot say which rate is wrong when timestamps run slower than time: that of the decoder or that of the
camera. So it is tried: if decoding key pictures only does not change how fast the lag grows, decoding was not what made
it grow, and the timestamps are taken to run at that rate from then on.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

Skip = Literal["default", "nonref", "nonkey"]
"""Pictures that the decoder skips: none but useless ones, those that no other needs, all but key pictures."""

JUMPED_S = 1.0
"""A timestamp that goes back by more than this, or ahead of all that came so far, begins a new count."""

DRIFT = 0.0005
"""Two clocks drift apart by up to this share of time; the reference follows it."""

_RATES = (0.5, 2.0)
"""Rates of timestamps that are believed, seconds of time in one of the stream."""

_TOGETHER_S = 0.5
"""The least lag of the pictures within this time counts: the network delays single pictures."""

_LIKE = 0.3
"""A lag grows as before if it grows at the same rate up to this share of it."""

_FEWER = 1.5
"""Skipping says something if pictures lie this many times farther apart with it: some streams are all key pictures."""

_STEADY = 0.03
"""What a lag may change without having changed, as a share of time: the network moves single pictures."""


@dataclass(frozen=True)
class LagLimits:
    """When to skip pictures.

    Attributes:
        nonref_s: from this lag on pictures that no other needs are skipped, seconds.
        nonkey_s: from this lag on all but key pictures are skipped, seconds.
        reopen_s: if the lag stays above this, the connection is given up, seconds.
        back_s: nothing is skipped any more once the lag has stayed below this, seconds.
        calm_s: how long it must have stayed above or below, seconds.
        patience_s: how long a small lag may last before all but key pictures are skipped, seconds.
        trial_s: how long only key pictures are decoded before it is asked whether that helps, seconds.
    """

    nonref_s: float = 0.5
    nonkey_s: float = 1.5
    reopen_s: float = 8.0
    back_s: float = 0.15
    calm_s: float = 2.0
    patience_s: float = 10.0
    trial_s: float = 5.0


@dataclass(frozen=True)
class _Seen:
    """A picture: its timestamp, when it was decoded and how far it was behind, in seconds; and its number."""

    stamp_s: float
    now_s: float
    behind_s: float
    number: int


class DecodeLag:
    """Watches the decoder of one connection.

    Args:
        limits: when to skip pictures.

    Attributes:
        behind_s: how far the last picture was behind, seconds, 0 or more.
        skip: which pictures to skip.
    """

    def __init__(self, limits: LagLimits | None = None) -> None:
        self._limits = limits or LagLimits()
        self.behind_s = 0.0
        self.skip: Skip = "default"
        self._rate = 1.0
        self._least_s = 0.0
        self._last: _Seen | None = None
        self._in_time = self._slow = self._trial = _Seen(0.0, 0.0, 0.0, 0)
        self._decoded = 0
        self._growth = self._spacing_s = 0.0
        self._recent: deque[tuple[float, float]] = deque()
        self._calm_since_s: float | None = None
        self._far_since_s: float | None = None

    @property
    def reopen(self) -> bool:
        """Whether it is better to connect anew than to catch up; not at once, as much may come in a crowd."""
        return self._last is not None and _lasted(self._far_since_s, self._last.now_s) >= self._limits.calm_s

    def update(self, stamp_ms: float | None, now_s: float) -> None:
        """Take note of a decoded picture.

        Args:
            stamp_ms: its timestamp, stream milliseconds; a picture that has none says nothing.
            now_s: the monotonic clock after it was decoded, seconds.
        """
        if stamp_ms is None:
            return
        self._decoded += 1
        seen = self._measure(stamp_ms / 1000, now_s)
        self.behind_s = seen.behind_s
        self._choose(seen)
        self._last = seen

    def _measure(self, stamp_s: float, now_s: float) -> _Seen:
        delay_s = now_s - self._rate * stamp_s
        last = self._last
        if last is None or stamp_s < last.stamp_s - JUMPED_S or delay_s < self._least_s - JUMPED_S:
            self._begin(stamp_s, now_s)
        else:
            self._least_s = min(self._least_s + DRIFT * (now_s - last.now_s), delay_s)
        self._recent.append((now_s, delay_s - self._least_s))
        while now_s - self._recent[0][0] > _TOGETHER_S:
            self._recent.popleft()
        seen = _Seen(stamp_s, now_s, min(behind_s for _, behind_s in self._recent), self._decoded)
        if seen.behind_s < self._limits.back_s:
            self._in_time = seen
        return seen

    def _begin(self, stamp_s: float, now_s: float) -> None:
        self._least_s = now_s - self._rate * stamp_s
        self._in_time = _Seen(stamp_s, now_s, 0.0, self._decoded)
        self._recent.clear()

    def _choose(self, seen: _Seen) -> None:
        limits = self._limits
        if self.skip != "nonkey" and self._needs_keys(seen):
            self.skip, self._trial = "nonkey", seen
            self._growth, self._spacing_s = _growth(self._in_time, seen), _spacing_s(self._in_time, seen)
        elif self.skip == "default" and seen.behind_s > limits.nonref_s:
            self.skip, self._slow = "nonref", seen
        elif self.skip == "nonkey" and seen.now_s - self._trial.now_s >= limits.trial_s:
            self._end_trial(seen)
        self._watch(seen)

    def _needs_keys(self, seen: _Seen) -> bool:
        waited = self.skip == "nonref" and seen.now_s - self._slow.now_s >= self._limits.patience_s
        return waited or seen.behind_s > self._limits.nonkey_s

    def _watch(self, seen: _Seen) -> None:
        self._calm_since_s = _since(self._calm_since_s, seen, seen.behind_s < self._limits.back_s)
        self._far_since_s = _since(self._far_since_s, seen, self.behind_s > self._limits.reopen_s)
        if _lasted(self._calm_since_s, seen.now_s) >= self._limits.calm_s:
            self.skip = "default"

    def _end_trial(self, seen: _Seen) -> None:
        growth, spacing_s = _growth(self._trial, seen), _spacing_s(self._trial, seen)
        self._trial = seen
        if spacing_s < _FEWER * self._spacing_s:
            return
        if abs(growth - self._growth) <= _LIKE * abs(self._growth) + _STEADY:
            rate = (seen.now_s - self._in_time.now_s) / max(seen.stamp_s - self._in_time.stamp_s, 1e-3)
            if not _RATES[0] < rate < _RATES[1]:
                return
            self._rate = rate
        elif abs(growth) > _STEADY:
            return
        # Skipping did not help, so that nothing waits to be decoded: what seemed to be lag is the stream's own.
        self._begin(seen.stamp_s, seen.now_s)
        self.behind_s = 0.0
        self.skip = "default"


def _growth(first: _Seen, second: _Seen) -> float:
    """How fast the lag grew, as a share of time."""
    return (second.behind_s - first.behind_s) / max(second.now_s - first.now_s, 1e-3)


def _spacing_s(first: _Seen, second: _Seen) -> float:
    return (second.stamp_s - first.stamp_s) / max(second.number - first.number, 1)


def _since(since_s: float | None, seen: _Seen, holds: bool) -> float | None:
    if not holds:
        return None
    return seen.now_s if since_s is None else since_s


def _lasted(since_s: float | None, now_s: float) -> float:
    return -1.0 if since_s is None else now_s - since_s
