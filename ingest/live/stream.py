"""The clock of a stream: its timestamps on the host's time, corrected by what arrives; pure, used by `clock`."""

from dataclasses import dataclass

from ingest.live.findings import Finding, found, passed
from ingest.live.fit import Envelope
from ingest.live.stamps import BACK_MS, Stamp, Stamps

SETTLE_MS = 2000.0
"""After a jump timestamps are used again once they have gone on well for this long."""

RATES = (0.5, 2.0)
"""Timestamps whose rate lies outside of this tell no time."""


@dataclass(frozen=True)
class StreamMoment:
    """A picture by the stream's own time.

    Attributes:
        at_ms: when it would have arrived at the least delay, monotonic milliseconds; None if nothing tells.
        earlier_ms: by how much the timestamps of the stream were set earlier with this picture; below 0: later.
        settled: whether this may be used as event time.
        sure: whether timestamps have gone on for long enough that the least delay and the rate are known.
        continues: whether the timestamp goes on from the one before.
    """

    at_ms: float | None
    earlier_ms: float = 0.0
    settled: bool = False
    sure: bool = False
    continues: bool = False


class StreamClock:
    """Follows the timestamps of a camera over its connections.

    Args:
        wrong_rate: timestamps whose rate is wrong by more than this share are named.
    """

    def __init__(self, wrong_rate: float) -> None:
        self._wrong_rate = wrong_rate
        self._wrong = False
        self._envelope = Envelope()
        self.reopened()

    def reopened(self) -> None:
        """Begin anew: timestamps of another connection say nothing of those before, but their rate stays."""
        self._stamps = Stamps()
        self._empty = True
        self._began_ms = 0.0
        self._jumped = False

    @property
    def spread_ms(self) -> float:
        """95th percentile of the delays above the least one, milliseconds."""
        return self._envelope.spread_ms

    def take(self, stamp_ms: float | None, arrived_ms: float) -> tuple[StreamMoment, list[Finding]]:
        """Take the next picture.

        Args:
            stamp_ms: its timestamp, stream milliseconds; None if it has none.
            arrived_ms: when it arrived, monotonic milliseconds.

        Returns:
            Its time by the stream, and what was found.
        """
        stamp = self._stamps.take(stamp_ms)
        if stamp.stamp_ms is None:
            return StreamMoment(None), []
        jumped_ms = self._jump(stamp, arrived_ms)
        was_settled = not self._empty and arrived_ms - self._began_ms >= SETTLE_MS
        if jumped_ms:
            self._jumped = True
        anew = self._empty or stamp.anew or jumped_ms != 0
        if anew:
            self._envelope, self._began_ms = Envelope(self._envelope.rate), arrived_ms
        self._empty = False
        earlier_ms = self._envelope.add(stamp.stamp_ms, arrived_ms)
        notes = [found("stream_clock_jumped", jumped_ms, "once")] if jumped_ms and was_settled else []
        notes += self._rate()
        gone_on = not self._jumped or arrived_ms - self._began_ms >= SETTLE_MS
        settled = gone_on and RATES[0] < self._envelope.rate < RATES[1]
        at_ms = self._envelope.at(stamp.stamp_ms)
        return StreamMoment(at_ms, earlier_ms, settled, self._envelope.tested, not anew), notes

    def _jump(self, stamp: Stamp, arrived_ms: float) -> float:
        if stamp.jumped_ms or stamp.anew or self._empty or stamp.stamp_ms is None:
            return stamp.jumped_ms
        ahead_ms = self._envelope.at(stamp.stamp_ms) - arrived_ms
        return ahead_ms if ahead_ms > BACK_MS else 0.0

    def _rate(self) -> list[Finding]:
        wrong_by = 1 / self._envelope.rate - 1
        if not self._wrong and abs(wrong_by) > self._wrong_rate:
            self._wrong = True
            return [found("stream_clock_wrong", 100 * wrong_by)]
        if self._wrong and self._envelope.tested and abs(wrong_by) < self._wrong_rate / 2:
            self._wrong = False
            return [passed("stream_clock_wrong")]
        return []
