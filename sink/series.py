"""The series of one track: readings fused over time, then a label with inertia; used by `sink.epoch`.

Every reading is evidence for its probabilities, and evidence fades: the smoothed probabilities are the mean of a
Dirichlet distribution whose counts decay by event time, exp(-dt / tau). A reading adds as much as has faded since the
one before it, so that dropped frames and a changing frame rate do not change the speed of the filter; but never more
than fades within tau, so that after a gap one reading is not taken for many. What has faded and was not replaced leaves
room to the prior, which knows nothing: a track that was not read for a while is less sure, not wrong.

Time runs faster for evidence that a reading contradicts, by their Bhattacharyya distance: a face that is clearly
another than before has changed, and what was seen before says little about it; one that is not clear hardly contradicts
anything, and is averaged long (a forgetting factor that follows the prediction error: Fortescue, Kershenbaum & Ydstie,
Automatica 1981).

A reading weighs by the accuracy that the quality of its face leaves, `Quality.left`. Probabilities are averaged as they
are, not their logarithms: a single frame that is sure of something else then cannot outweigh the others. The figures
behind tau, the lead and the constants are in `docs/smoothing.md`.
"""

from collections.abc import Sequence
from math import exp, log, sqrt

from msgspec import Struct, field

from common.labels import LABELS

PRIOR = 0.02
"""Evidence that is always there and says nothing; a steady series of good readings has evidence of 1."""

TRUST = 8
"""A reading weighs by this power of the share of accuracy that its quality leaves."""

SURPRISE = 24
"""How many times faster time runs for each unit of distance between a reading and what was thought before."""

FASTEST = 3.5
"""How many times faster it runs at most: so that of 25 frames a second no single one decides."""

MOST = 1.5
"""How much time, in units of tau, one reading may make pass, however far it is from the one before."""

SMALLEST = 1e-6
"""What an overlap of zero counts as in a logarithm."""

SERIES_VERSION = 2
"""Raised with every change of what the same readings become; a recording is then written anew."""


class Smoothing(Struct, frozen=True):
    """What the filter depends on.

    Attributes:
        tau_s: time constant, seconds.
        lead: by how much the smoothed probability of another label must exceed that of the label, to take over.
    """

    tau_s: float
    lead: float


class TrackFilter(Struct):
    """The filter of one track; its attributes are its whole state, plain values that are saved as they are.

    Attributes:
        evidence: for each label; all zero before the first reading.
        time_ms: event time of the last reading; later where it was carried since.
        label: number of the label in `common.labels.LABELS`; None before one has led.
        changes: how often a label gave way to another.
    """

    evidence: list[float] = field(default_factory=lambda: [0.0] * len(LABELS))
    time_ms: int | None = None
    label: int | None = None
    changes: int = 0

    def step(self, time_ms: int, probabilities: Sequence[float], left: float, smoothing: Smoothing) -> None:
        """Take one reading. A sample without a reading is not given here.

        Args:
            time_ms: event time of the reading, not below the last one.
            probabilities: one for each label, sum 1.
            left: share of the net's accuracy that is left on a face of its quality, 0 to 1.
            smoothing: what the filter depends on.
        """
        tau_ms, trust = 1000.0 * smoothing.tau_s, left**TRUST
        gap = 1.0 if self.time_ms is None else (time_ms - self.time_ms) / tau_ms
        counted = min(gap, 1.0)
        speed = min(1.0 + SURPRISE * trust * self._distance(probabilities), FASTEST)
        passed = min(counted * speed, MOST)
        keep, gain = exp(counted - gap - passed), (1.0 - exp(-passed)) * trust
        self.evidence = [keep * old + gain * new for old, new in zip(self.evidence, probabilities, strict=True)]
        self.time_ms = time_ms
        self._settle(smoothing.lead)

    def carry(self, time_ms: int, smoothing: Smoothing) -> None:
        """Take a sample whose reading is carried: it looks as it did, so that evidence fades no more than in tau."""
        if self.time_ms is not None:
            self.time_ms = max(self.time_ms, time_ms - round(1000.0 * smoothing.tau_s))

    def smoothed(self) -> tuple[float, ...]:
        """Give the smoothed probabilities as of the last reading, one for each label, sum 1."""
        total = sum(self.evidence) + PRIOR
        return tuple((one + PRIOR / len(self.evidence)) / total for one in self.evidence)

    def _distance(self, probabilities: Sequence[float]) -> float:
        """Give the Bhattacharyya distance of a reading from what is thought; 0 where nothing is."""
        if self.time_ms is None:
            return 0.0
        overlap = sum(sqrt(new * old) for new, old in zip(probabilities, self.smoothed(), strict=True))
        return max(-log(max(overlap, SMALLEST)), 0.0)

    def _settle(self, lead: float) -> None:
        """Move the label to the leader, once it leads the label, or the second where there is no label, by enough."""
        smoothed = self.smoothed()
        leader = leading(smoothed)
        others = (p for number, p in enumerate(smoothed) if number != leader)
        rival = max(others) if self.label is None else smoothed[self.label]
        if leader != self.label and smoothed[leader] - rival >= lead:
            self.changes += self.label is not None
            self.label = leader


def leading(probabilities: Sequence[float]) -> int:
    """Give the number of the most likely label; the first of equals."""
    return max(range(len(probabilities)), key=probabilities.__getitem__)
