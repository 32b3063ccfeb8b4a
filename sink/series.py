"""The series of one track: smoothing by event time, then a label with hysteresis; used by `sink.epoch`.

The filter is an exponential moving average of log-probabilities, alpha = 1 - exp(-dt / tau), where dt is the event
time since the track's last reading. Dropped frames and a changing frame rate therefore do not change its speed: a step
is followed to 63 % after tau, and after a long gap the filter starts afresh by itself.
"""

from collections.abc import Sequence
from math import exp, log

from msgspec import Struct

FLOOR = 1e-4
"""Probabilities are held above this, so that one very sure frame cannot outweigh seconds of others."""


class Smoothing(Struct, frozen=True):
    """What the filter depends on.

    Attributes:
        tau_s: time constant, seconds.
        enter: smoothed probability at which a challenger may take over.
        leave: smoothed probability of the label below which any leader may take over.
        dwell_s: seconds for which a challenger must lead without a break.
    """

    tau_s: float
    enter: float
    leave: float
    dwell_s: float


class TrackFilter(Struct):
    """The filter of one track; its attributes are its whole state, plain values that are saved as they are.

    Attributes:
        logs: averaged log-probabilities; empty before the first reading.
        time_ms: event time of the last reading.
        label: number of the settled label in `common.labels.LABELS`; None before the first.
        challenger: the label that leads and may take over.
        since_ms: since when it has led.
        changes: how often a settled label gave way to another.
    """

    logs: list[float] = []
    time_ms: int = 0
    label: int | None = None
    challenger: int | None = None
    since_ms: int = 0
    changes: int = 0

    def step(self, time_ms: int, probabilities: Sequence[float], smoothing: Smoothing) -> list[float]:
        """Take one reading; the label is in `label` afterwards. A sample without a reading is not given here.

        Args:
            time_ms: event time of the reading, not below the last one.
            probabilities: one for each label, sum 1.
            smoothing: what the filter depends on.

        Returns:
            The smoothed probabilities, one for each label, sum 1.
        """
        fresh = [log(max(FLOOR, p)) for p in probabilities]
        if self.logs:
            keep = exp((self.time_ms - time_ms) / (1000.0 * smoothing.tau_s))
            fresh = [new + keep * (old - new) for old, new in zip(self.logs, fresh, strict=True)]
        self.logs = fresh
        self.time_ms = time_ms
        peak = max(fresh)
        weights = [exp(value - peak) for value in fresh]
        total = sum(weights)
        smoothed = [weight / total for weight in weights]
        self._settle(time_ms, smoothed, smoothing)
        return smoothed

    def _settle(self, time_ms: int, smoothed: list[float], smoothing: Smoothing) -> None:
        """Move the label: the first at once when it is clear, every other only after its dwell."""
        leader = leading(smoothed)
        clear = smoothed[leader] >= smoothing.enter
        weak = self.label is None or smoothed[self.label] < smoothing.leave
        if leader == self.label or not (clear or weak):
            self.challenger = None
            return
        if leader != self.challenger:
            self.challenger, self.since_ms = leader, time_ms
        at_once = self.label is None and clear
        if at_once or time_ms - self.since_ms >= 1000.0 * smoothing.dwell_s:
            self.changes += self.label is not None
            self.label, self.challenger = leader, None


def leading(probabilities: Sequence[float]) -> int:
    """Give the number of the most likely label; the first of equals."""
    return max(range(len(probabilities)), key=probabilities.__getitem__)
