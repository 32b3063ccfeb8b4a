"""The running sums of one track, and its record when it has ended; used by `sink.epoch`."""

from msgspec import Struct, field

from common.labels import LABELS
from common.messages import READ, Quality
from sink.minutes import Held, seconds_by_expression
from sink.records import EndReason, TrackSummary


class TrackTally(Struct):
    """The sums of one track so far; plain values that are saved as they are.

    Attributes:
        from_ms: time of the first sample.
        to_ms: time of the last sample.
        samples: number of samples.
        seen_ms: milliseconds seen.
        read_ms: milliseconds read.
        facing_ms: milliseconds turned to the camera.
        expression_ms: read milliseconds, one for each label.
        quality: sums of height, sharpness, turn, light and inside.
        zone_ms: milliseconds seen in each zone that it was in.
    """

    from_ms: int
    to_ms: int
    samples: int = 0
    seen_ms: int = 0
    read_ms: int = 0
    facing_ms: int = 0
    expression_ms: list[int] = field(default_factory=lambda: [0] * len(LABELS))
    quality: list[float] = field(default_factory=lambda: [0.0] * 5)
    zone_ms: dict[str, int] = {}

    def sample(self, time_ms: int, quality: Quality) -> None:
        """Count one sample."""
        self.to_ms = time_ms
        self.samples += 1
        one = (quality.height, quality.sharpness, quality.turn, quality.light, quality.inside)
        self.quality = [total + value for total, value in zip(self.quality, one, strict=True)]

    def hold(self, face: Held, hold_ms: int) -> None:
        """Add the time for which a sample stands."""
        self.seen_ms += hold_ms
        if face.facing:
            self.facing_ms += hold_ms
        if face.zone is not None:
            self.zone_ms[face.zone] = self.zone_ms.get(face.zone, 0) + hold_ms
        if face.status in READ:
            self.read_ms += hold_ms
            if face.label is not None:
                self.expression_ms[face.label] += hold_ms

    def summary(self, track: str, label_changes: int, reason: EndReason) -> TrackSummary:
        """Give the record of this track, ended now.

        Args:
            track: the track's name.
            label_changes: how often a settled label gave way to another.
            reason: why it ended.
        """
        seconds = seconds_by_expression(self.expression_ms, self.read_ms)
        share = {name: value * 1000 / self.read_ms for name, value in seconds.items()} if self.read_ms else {}
        return TrackSummary(
            track=track,
            from_ms=self.from_ms,
            to_ms=self.to_ms,
            samples=self.samples,
            seen_s=self.seen_ms / 1000,
            read_s=self.read_ms / 1000,
            share=share,
            label_changes=label_changes,
            quality=Quality(*(total / max(self.samples, 1) for total in self.quality)),
            facing_s=self.facing_ms / 1000,
            end_reason=reason,
            zone=min(self.zone_ms, key=lambda name: (-self.zone_ms[name], name), default=None),
            zone_s={name: value / 1000 for name, value in sorted(self.zone_ms.items())},
        )
