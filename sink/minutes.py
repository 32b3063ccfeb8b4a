"""The sums of one epoch in one minute, and the minute of a camera made from them; used by `sink.epoch` and the store.

Durations are summed as whole milliseconds, so that sums are exact and do not depend on their order.
"""

from collections.abc import Iterable
from math import sqrt

from msgspec import Struct, field

from common.labels import LABELS
from common.messages import NO_FACE, READ
from sink.records import UNSETTLED, Minute, ZoneMinute

MINUTE_MS = 60_000
MISSING = "missing"
"""The reason, beside those of a message, of a sampled frame that never reached the sink."""
_Z = 1.959963984540054
_HAPPY = LABELS.index("happy")


class Held(Struct, frozen=True, array_like=True):
    """What one face of a frame stands for until the next frame.

    Attributes:
        track: number of the track in its epoch.
        status: the status of the sample.
        label: number of the smoothed label; None without one.
        facing: whether the face was turned to the camera.
        zone: the zone that the track is in; None for none.
    """

    track: int
    status: str
    label: int | None
    facing: bool
    zone: str | None = None


class Sums(Struct):
    """People and their time, in the whole frame or in one zone.

    Attributes:
        people: distinct tracks with a reading.
        seen_ms: person-milliseconds seen.
        read_ms: person-milliseconds read.
        expression_ms: read person-milliseconds, one for each label; the unsettled ones are in none.
    """

    people: int = 0
    seen_ms: int = 0
    read_ms: int = 0
    expression_ms: list[int] = field(default_factory=lambda: [0] * len(LABELS))

    def hold(self, face: Held, hold_ms: int) -> None:
        """Add the time for which a face stands; what is not a person's is nobody's time."""
        if face.status in NO_FACE:
            return
        self.seen_ms += hold_ms
        if face.status in READ:
            self.read_ms += hold_ms
            if face.label is not None:
                self.expression_ms[face.label] += hold_ms

    def add(self, other: "Sums") -> None:
        """Add other people and their time."""
        self.people += other.people
        self.seen_ms += other.seen_ms
        self.read_ms += other.read_ms
        self.expression_ms = [a + b for a, b in zip(self.expression_ms, other.expression_ms, strict=True)]


class Partial(Sums):
    """The sums of one epoch in one minute, saved as JSON under the epoch's name.

    Attributes:
        analysed: frames that were looked at.
        dropped: frames that were not, by reason.
        status_ms: seen person-milliseconds by status.
        zones: the sums of each zone in which a face was seen.
    """

    analysed: int = 0
    dropped: dict[str, int] = {}
    status_ms: dict[str, int] = {}
    zones: dict[str, Sums] = {}

    def zone(self, name: str) -> Sums:
        """Give the sums of a zone."""
        return self.zones.setdefault(name, Sums())


class MinuteTally(Struct):
    """A minute that is still being summed, with the tracks that were already counted as people."""

    partial: Partial = field(default_factory=Partial)
    tracks: set[int] = set()
    zone_tracks: dict[str, set[int]] = {}

    def frame(self, held: Iterable[Held]) -> None:
        """Count an analysed frame and its people."""
        self.partial.analysed += 1
        for face in held:
            if face.status in READ:
                self.tracks.add(face.track)
            if face.zone is not None:
                self._enter(face.zone, face)
        self.partial.people = len(self.tracks)

    def _enter(self, zone: str, face: Held) -> None:
        tracks = self.zone_tracks.setdefault(zone, set())
        if face.status in READ:
            tracks.add(face.track)
        self.partial.zone(zone).people = len(tracks)

    def drop(self, reason: str, frames: int = 1) -> None:
        """Count frames that were not analysed."""
        self.partial.dropped[reason] = self.partial.dropped.get(reason, 0) + frames

    def hold(self, held: Iterable[Held], hold_ms: int) -> None:
        """Add the time for which the faces of a frame stand."""
        partial = self.partial
        for face in held:
            partial.hold(face, hold_ms)
            partial.status_ms[face.status] = partial.status_ms.get(face.status, 0) + hold_ms
            if face.zone is not None:
                partial.zone(face.zone).hold(face, hold_ms)


def minute_of(time_ms: int) -> int:
    """Give the begin of the minute that holds a time."""
    return time_ms - time_ms % MINUTE_MS


def combine(time_ms: int, partials: Iterable[Partial]) -> Minute:
    """Give the minute of a camera, from the sums of each of its epochs.

    Args:
        time_ms: begin of the minute.
        partials: the sums, in any order; their tracks are distinct, since no track belongs to two epochs.
    """
    dropped: dict[str, int] = {}
    status_ms: dict[str, int] = {}
    total, analysed = Sums(), 0
    zones: dict[str, Sums] = {}
    for one in partials:
        analysed += one.analysed
        total.add(one)
        _merge(dropped, one.dropped)
        _merge(status_ms, one.status_ms)
        for name, sums in one.zones.items():
            zones.setdefault(name, Sums()).add(sums)
    sampled = analysed + sum(dropped.values())
    share = total.expression_ms[_HAPPY] / total.read_ms if total.read_ms else None
    low, high = wilson(share, total.people) if share is not None else (None, None)
    return Minute(
        time_ms=time_ms,
        sampled=sampled,
        analysed=analysed,
        dropped=dict(sorted(dropped.items())),
        people=total.people,
        seen_s=total.seen_ms / 1000,
        read_s=total.read_ms / 1000,
        expression_s=seconds_by_expression(total.expression_ms, total.read_ms),
        status_s={name: value / 1000 for name, value in sorted(status_ms.items())},
        positive_share=share,
        positive_low=low,
        positive_high=high,
        coverage=analysed / sampled if sampled else 0.0,
        zones={name: _zone_minute(sums) for name, sums in sorted(zones.items())},
    )


def _zone_minute(sums: Sums) -> ZoneMinute:
    expression_s = seconds_by_expression(sums.expression_ms, sums.read_ms)
    return ZoneMinute(sums.people, sums.seen_ms / 1000, sums.read_ms / 1000, expression_s)


def seconds_by_expression(expression_ms: list[int], read_ms: int) -> dict[str, float]:
    """Seconds by label, and the read seconds in which none had settled."""
    seconds = {name: value / 1000 for name, value in zip(LABELS, expression_ms, strict=True)}
    seconds[UNSETTLED] = (read_ms - sum(expression_ms)) / 1000
    return seconds


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Give the 95 % Wilson score interval of a share; (0, 1) without a trial."""
    if trials <= 0:
        return 0.0, 1.0
    square = _Z * _Z / trials
    middle = (share + square / 2) / (1 + square)
    reach = _Z * sqrt(share * (1 - share) / trials + square / (4 * trials)) / (1 + square)
    # At a share of 0 or 1 the bound is exact; the formula misses it by a rounding error.
    low = max(middle - reach, 0.0) if share > 0 else 0.0
    return low, min(middle + reach, 1.0) if share < 1 else 1.0


def _merge(into: dict[str, int], counts: dict[str, int]) -> None:
    for name, count in counts.items():
        into[name] = into.get(name, 0) + count
