"""Builders of series: epochs, tracks and minutes in memory, behind the methods of a reader."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from common.labels import LABELS
from common.messages import READ, Box, Quality, Status, track_name
from sink.minutes import MINUTE_MS, Held, Partial, combine
from sink.records import UNSETTLED, EpochInfo, Minute, Sample, TrackSummary

QUALITY = Quality(80.0, 12.0, 0.1, 0.5, 1.0)
STEP_MS = 100


def epoch(camera: str = "shop", name: str = "e1", from_ms: int = 0, to_ms: int = 12_000, **other) -> EpochInfo:
    values = {
        "camera": camera,
        "epoch": name,
        "recipe": "abc123def456",
        "mode": "file",
        "source": "shop.mp4",
        "rate": 10.0,
        "width": 960,
        "height": 540,
        "from_ms": from_ms,
        "to_ms": to_ms,
        "last_seq": (to_ms - from_ms) // STEP_MS,
        "arrived_ms": 0,
        "closed": "end",
        "closed_seq": (to_ms - from_ms) // STEP_MS,
        "damaged": 0,
        "clamped": 0,
    }
    return EpochInfo(**{**values, **other})


def sample(time_ms: int, label: str | None = "happy", status: Status = "ok", sure: float = 0.7) -> Sample:
    read = status in READ
    rest = (1 - sure) / 6
    smoothed = tuple(sure if name == (label or "neutral") else rest for name in LABELS) if read else None
    return Sample(
        time_ms=time_ms,
        seq=time_ms // STEP_MS,
        status=status,
        label=label if read else None,
        raw=smoothed,
        smoothed=smoothed,
        box=Box(100, 100, 80, 88),
        score=0.9,
        quality=QUALITY,
    )


@dataclass
class Series:
    """A series in memory with the methods of `sink.reader.SeriesReader`; track and minute records follow from it."""

    infos: list[EpochInfo] = field(default_factory=list)
    kept: dict[tuple[str, str, int], list[Sample]] = field(default_factory=dict)
    dropped: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)
    ended: bool = True

    def with_track(self, camera: str, name: str, number: int, samples: list[Sample]) -> "Series":
        self.kept[camera, name, number] = samples
        return self

    def cameras(self) -> list[str]:
        return sorted({info.camera for info in self.infos})

    def epochs(self, camera: str) -> list[EpochInfo]:
        return [info for info in self.infos if info.camera == camera]

    def track_names(self, camera: str, name: str) -> list[str]:
        return [track_name(*key) for key in self.kept if key[:2] == (camera, name)]

    def tracks(self, camera: str, name: str | None = None) -> list[TrackSummary]:
        chosen = (key for key in self.kept if key[0] == camera and name in {None, key[1]})
        return [_summary(track_name(*key), self.kept[key]) for key in chosen] if self.ended else []

    def samples(self, camera: str, track: str, since_ms: int | None = None, until_ms: int | None = None) -> Iterator:
        for key, samples in self.kept.items():
            if key[0] == camera and track_name(*key) == track:
                yield from (one for one in samples if (since_ms or 0) <= one.time_ms <= (until_ms or one.time_ms))

    def minutes(
        self,
        camera: str,
        since_ms: int | None = None,
        until_ms: int | None = None,
        epochs: Collection[str] | None = None,
    ) -> list[Minute]:
        sums: dict[int, Partial] = {}
        for info in self.epochs(camera):
            if epochs is None or info.epoch in epochs:
                for time_ms in range(info.from_ms, info.to_ms + 1, STEP_MS):
                    sums.setdefault(time_ms - time_ms % MINUTE_MS, Partial()).analysed += 1
        for (name, minute), reasons in self.dropped.items():
            if name == camera:
                sums.setdefault(minute, Partial()).dropped = dict(reasons)
        for key, samples in self.kept.items():
            if key[0] == camera and (epochs is None or key[1] in epochs):
                for one in samples:
                    _add(sums.setdefault(one.time_ms - one.time_ms % MINUTE_MS, Partial()), one)
        first, last = since_ms or 0, until_ms if until_ms is not None else max(sums, default=0)
        return [combine(minute, [sums[minute]]) for minute in sorted(sums) if first <= minute <= last]


def _add(partial: Partial, one: Sample) -> None:
    held = Held(1, one.status, LABELS.index(one.label) if one.label else None, True)
    partial.seen_ms += STEP_MS
    partial.status_ms[held.status] = partial.status_ms.get(held.status, 0) + STEP_MS
    if one.status in READ:
        partial.read_ms += STEP_MS
        partial.people = 1
        if held.label is not None:
            partial.expression_ms[held.label] += STEP_MS


def _summary(track: str, samples: list[Sample]) -> TrackSummary:
    read = [one for one in samples if one.status in READ]
    names = (*LABELS, UNSETTLED)
    share = {name: sum((one.label or UNSETTLED) == name for one in read) / len(read) for name in names} if read else {}
    labels = [one.label for one in read if one.label]
    return TrackSummary(
        track=track,
        from_ms=samples[0].time_ms,
        to_ms=samples[-1].time_ms,
        samples=len(samples),
        seen_s=len(samples) * STEP_MS / 1000,
        read_s=len(read) * STEP_MS / 1000,
        share=share,
        label_changes=sum(one != other for one, other in pairwise(labels)),
        quality=QUALITY,
        facing_s=len(samples) * STEP_MS / 1000,
        end_reason="closed",
    )
