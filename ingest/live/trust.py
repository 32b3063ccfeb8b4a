"""Whether the clock inside a camera can be believed, and how far; pure, used by `clock`.

The camera's time of a picture is compared with the reference: the time at which the host would have got that picture at
the least delay. Both come from the sender, so that what the network does to single pictures is not in the difference.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from ingest.live.findings import Finding, FindingKind, found, passed
from ingest.live.fit import line

JUMPED_MS = 1000.0
"""A camera whose clock moves by more than this from one picture to the next has jumped."""

_BLOCK_MS = 2000.0
_STEADY_BLOCKS = 15
"""Steadiness is judged over this many blocks: half a minute."""

_DRIFT_BLOCKS = 300
"""Drift is judged over this many blocks: ten minutes; from a tenth of them on."""

_DRIFT_EVERY = 10
"""It is judged after so many blocks."""

_DRIFT_POINTS = 60
"""Into so many points the blocks are thinned for it."""

_LEAST_DRIFT_MS = 5.0
_FREE_PPM = 20.0
"""A clock that drifts by more than this is not held by a time server, so that it may be off by anything."""


@dataclass(frozen=True)
class TrustLimits:
    """From where the clock of a camera is not believed.

    Attributes:
        trust_ms: it differs from the host by more than this.
        steady_ms: it wavers by more than this within half a minute.
        settle_ms: it must have been good for this long.
        drift_ppm: a drift beyond this is named, and enters into the error.
        hidden_delay_ms: delay from exposure to arrival that is taken to be usual, although nothing shows it.
    """

    trust_ms: float
    steady_ms: float
    settle_ms: float
    drift_ppm: float
    hidden_delay_ms: float


@dataclass
class _Block:
    """Differences over a short time: when it began, how many, least, most and sum, milliseconds."""

    began_ms: float
    count: int
    least: float
    most: float
    total: float

    @property
    def mean(self) -> float:
        return self.total / self.count


class CameraTrust:
    """Judges the clock of one camera over its connections.

    Args:
        limits: from where it is not believed.

    Attributes:
        trusted: whether its time may be used.
        spread_ms: how much it wavered within the last half minute, milliseconds.
    """

    def __init__(self, limits: TrustLimits) -> None:
        self._limits = limits
        self._bad_ms: dict[FindingKind, float] = {}
        self._drifts = False
        self._runs_free = False
        self._until_drift = _DRIFT_EVERY
        self.reopened()

    def reopened(self) -> None:
        """Begin to judge anew; what was found stands until the clock has been good for a while."""
        self.trusted = False
        self.spread_ms = 0.0
        self._blocks: deque[_Block] = deque(maxlen=_DRIFT_BLOCKS)
        self._range = (float("inf"), float("-inf"))
        self._began_ms: float | None = None
        self._last_ms: float | None = None

    def judge(self, ahead_ms: float, moment_ms: float) -> list[Finding]:
        """Take note of a picture.

        Args:
            ahead_ms: how far the camera's time is ahead of the reference, milliseconds.
            moment_ms: monotonic time, milliseconds.

        Returns:
            What was found.
        """
        began_ms = moment_ms if self._began_ms is None else self._began_ms
        self._began_ms = began_ms
        if notes := self._jump(ahead_ms):
            self.reopened()
            self._began_ms = began_ms = moment_ms
        if not self._blocks or moment_ms - self._blocks[-1].began_ms >= _BLOCK_MS:
            self._begin_block(ahead_ms, moment_ms)
            self._until_drift -= 1
            if self._until_drift <= 0:
                self._until_drift = _DRIFT_EVERY
                notes += self._judge_drift()
        self._add(ahead_ms)
        notes += self._limit("camera_clock_off", ahead_ms, self._limits.trust_ms, moment_ms)
        notes += self._limit("camera_clock_unsteady", self.spread_ms, self._limits.steady_ms, moment_ms)
        self.trusted = not self._bad_ms and moment_ms - began_ms >= self._limits.settle_ms
        return notes

    def error_ms(self, half_frame_ms: float) -> float:
        """Estimate the error of the camera's time, milliseconds.

        As long as the camera is behind the host by no more than a usual delay, nothing contradicts its clock: then it
        is half a frame, or what it wavers. Otherwise its clock is off, by as much as any usual delay allows.

        Args:
            half_frame_ms: half of the time between two pictures, milliseconds.
        """
        base_ms = max(half_frame_ms, self.spread_ms)
        behind_ms = -self._blocks[-1].mean if self._blocks else 0.0
        hidden_ms = self._limits.hidden_delay_ms
        beyond_ms = max(-behind_ms, behind_ms - hidden_ms)
        if beyond_ms <= base_ms and not self._runs_free:
            return base_ms
        return base_ms + max(abs(behind_ms), abs(hidden_ms - behind_ms))

    def _jump(self, ahead_ms: float) -> list[Finding]:
        jumped_ms = 0.0 if self._last_ms is None else ahead_ms - self._last_ms
        self._last_ms = ahead_ms
        if self.trusted and abs(jumped_ms) > JUMPED_MS:
            return [found("camera_clock_jumped", jumped_ms, "once")]
        return []

    def _begin_block(self, ahead_ms: float, moment_ms: float) -> None:
        since_ms = moment_ms - _STEADY_BLOCKS * _BLOCK_MS
        recent = [block for block in self._blocks if block.began_ms >= since_ms]
        least = min((block.least for block in recent), default=ahead_ms)
        most = max((block.most for block in recent), default=ahead_ms)
        self._range = least, most
        self._blocks.append(_Block(moment_ms, 0, ahead_ms, ahead_ms, 0.0))

    def _add(self, ahead_ms: float) -> None:
        block = self._blocks[-1]
        block.count += 1
        block.total += ahead_ms
        block.least, block.most = min(block.least, ahead_ms), max(block.most, ahead_ms)
        least, most = self._range
        self.spread_ms = max(block.most, most) - min(block.least, least)

    def _limit(self, kind: FindingKind, amount: float, limit: float, moment_ms: float) -> list[Finding]:
        standing = kind in self._bad_ms
        if abs(amount) > limit:
            self._bad_ms[kind] = moment_ms
            return [] if standing else [found(kind, amount)]
        if standing and moment_ms - self._bad_ms[kind] >= self._limits.settle_ms:
            del self._bad_ms[kind]
            return [passed(kind)]
        return []

    def _judge_drift(self) -> list[Finding]:
        blocks = list(self._blocks)[:-1]
        if self._bad_ms or len(blocks) < _DRIFT_BLOCKS // 10:
            return []
        blocks = blocks[:: -(-len(blocks) // _DRIFT_POINTS)]
        times, means = np.array([each.began_ms for each in blocks]), np.array([each.mean for each in blocks])
        slope, clear = line(times, means, _LEAST_DRIFT_MS)
        drift_ppm = slope * 1e6 if clear else 0.0
        self._runs_free = abs(drift_ppm) > _FREE_PPM
        if not self._drifts and abs(drift_ppm) > self._limits.drift_ppm:
            self._drifts = True
            return [found("camera_clock_drifts", drift_ppm)]
        if self._drifts and abs(drift_ppm) < self._limits.drift_ppm / 2:
            self._drifts = False
            return [passed("camera_clock_drifts")]
        return []
