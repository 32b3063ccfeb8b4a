"""The headline figures of a report, summed over all its minutes and tracks; used by the page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from common.labels import LABELS
from common.messages import READ
from moodline.report.palette import NO_READING, words
from sink.records import UNSETTLED, Minute, TrackSummary


class Part(NamedTuple):
    """One row of the shares.

    Attributes:
        name: a label, `unsettled` or `no reading`.
        seconds: person-seconds.
        of_seen: their share of all person-seconds seen.
        of_read: their share of those read; None for `no reading`.
    """

    name: str
    seconds: float
    of_seen: float
    of_read: float | None


@dataclass(frozen=True)
class Figures:
    """What a report says first.

    Attributes:
        sampled: sampled frames: analysed + all dropped.
        analysed: frames that were looked at.
        dropped: frames that were not, by reason.
        people: distinct tracks with a reading.
        seen_people: distinct tracks.
        seen_s: person-seconds seen.
        read_s: person-seconds read.
        parts: the seen person-seconds by label, `unsettled` and `no reading`; their shares of the seen sum to 1.
        unread: person-seconds without a reading, by status, longest first.
    """

    sampled: int
    analysed: int
    dropped: dict[str, int]
    people: int
    seen_people: int
    seen_s: float
    read_s: float
    parts: tuple[Part, ...]
    unread: tuple[tuple[str, float], ...]

    @property
    def coverage(self) -> float:
        """Analysed of sampled frames, 0 to 1."""
        return _share(self.analysed, self.sampled)

    @property
    def read_share(self) -> float:
        """Read of seen person-seconds, 0 to 1."""
        return _share(self.read_s, self.seen_s)

    @classmethod
    def of(cls, minutes: Iterable[Minute], tracks: Sequence[TrackSummary]) -> "Figures":
        """Sum minutes and finished tracks."""
        counts: Counter[str] = Counter()
        dropped: Counter[str] = Counter()
        seconds: Counter[str] = Counter()
        statuses: Counter[str] = Counter()
        seen_s = read_s = 0.0
        for minute in minutes:
            counts.update(sampled=minute.sampled, analysed=minute.analysed)
            dropped.update(minute.dropped)
            seen_s, read_s = seen_s + minute.seen_s, read_s + minute.read_s
            for sums, more in ((seconds, minute.expression_s), (statuses, minute.status_s)):
                for name, value in more.items():
                    sums[name] += value  # type: ignore[assignment]  # counters add floats as well
        unread = {words(name): float(value) for name, value in statuses.items() if name not in READ}
        return cls(
            sampled=counts["sampled"],
            analysed=counts["analysed"],
            dropped={words(name): number for name, number in sorted(dropped.items()) if number},
            people=len({track.track for track in tracks if track.read_s > 0}),
            seen_people=len({track.track for track in tracks}),
            seen_s=seen_s,
            read_s=read_s,
            parts=_parts(seconds, seen_s, read_s),
            unread=tuple(sorted(unread.items(), key=lambda one: (-one[1], one[0]))),
        )


def track_parts(track: TrackSummary) -> tuple[Part, ...]:
    """Divide the seen seconds of one track like those of all."""
    return _parts({name: share * track.read_s for name, share in track.share.items()}, track.seen_s, track.read_s)


def main_expression(track: TrackSummary) -> str:
    """Find the label that a track showed longest; `unsettled` if none had settled, `no reading` if none was read."""
    settled = {label: track.share.get(label, 0.0) for label in LABELS}
    longest = max(settled, key=settled.__getitem__)
    if settled[longest] > 0:
        return longest
    return UNSETTLED if track.read_s > 0 else NO_READING


def _parts(seconds: dict[str, float] | Counter[str], seen_s: float, read_s: float) -> tuple[Part, ...]:
    named = [(name, float(seconds.get(name, 0.0))) for name in (*LABELS, UNSETTLED)]
    parts = [Part(name, value, _share(value, seen_s), _share(value, read_s)) for name, value in named]
    unread = max(seen_s - read_s, 0.0)
    return (*parts, Part(NO_READING, unread, _share(unread, seen_s), None))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
