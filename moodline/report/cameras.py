"""What the page says of each camera: its recordings, its minutes, and what a reader must know beside the numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from common.logs import redact
from moodline.report.camera_chart import Bars, camera_chart, unbroken
from moodline.report.clock import Clock
from moodline.report.figures import Figures
from sink.minutes import minute_of
from sink.reader import SeriesReader
from sink.records import EpochInfo, Minute, TrackSummary

MOST_CHARTS = 31

_ENDS = {
    "end": "read to its end",
    "truncated": "the file breaks off",
    "time_jump": "its clock jumped",
    "interrupted": "stopped",
    "read_error": "the source failed",
    "lost": "the connection ended",
    "handed_over": "another worker went on",
    "removed": "the camera was removed",
    None: "cut off, or still open",
}
_KINDS = {"live": "live", "replay": "replay", "file": "recording"}


@dataclass(frozen=True)
class Opening:
    """One epoch as a row of the page's table; every field is text or a number that is printed as it is."""

    epoch: str
    source: str
    kind: str
    rate: str
    size: str
    span: str
    frames: int
    damaged: int
    clamped: int
    ended: str

    @classmethod
    def of(cls, info: EpochInfo, clock: Clock) -> "Opening":
        """Describe an epoch."""
        return cls(
            epoch=info.epoch,
            source=redact(info.source),
            kind=_KINDS[info.mode],
            rate=f"{info.rate:g} / s" if info.rate else "every frame",
            size=f"{info.width} × {info.height}",
            span=clock.span(info.from_ms, info.to_ms),
            frames=(info.last_seq if info.closed_seq is None else info.closed_seq) + 1,
            damaged=info.damaged,
            clamped=info.clamped,
            ended=_ENDS[info.closed],
        )


@dataclass(frozen=True)
class CameraSection:
    """One camera on the page.

    Attributes:
        name: the camera's name.
        openings: its reported epochs.
        figures: its headline figures.
        tracks: its finished tracks, by their begin.
        notes: sentences that limit what the numbers say.
        minutes: its minutes, in order.
        anchor: unique on the page, for ids.
    """

    name: str
    openings: tuple[Opening, ...]
    figures: Figures
    tracks: tuple[TrackSummary, ...]
    notes: tuple[str, ...]
    minutes: tuple[Minute, ...]
    anchor: str

    def charts(self, clock: Clock) -> Iterator[Markup]:
        """Draw its minutes, one chart after the other; the latest if there are too many."""
        for number, part in enumerate(unbroken(self.minutes)[-MOST_CHARTS:]):
            description = f"Camera {self.name}: coverage and person-seconds from {clock.full(part[0].time_ms)}"
            yield camera_chart(Bars.of(part), f"{self.anchor}-{number}", description, clock)


def camera_section(
    reader: SeriesReader, camera: str, epochs: Sequence[EpochInfo], anchor: str, clock: Clock
) -> CameraSection:
    """Read what the page says of a camera, except samples.

    Args:
        reader: of the series.
        camera: the camera's name.
        epochs: what is reported; those of other cameras are passed over.
        anchor: unique on the page, for ids.
        clock: writes its times.

    Raises:
        StoreError: the store cannot be reached.
    """
    mine = sorted((info for info in epochs if info.camera == camera), key=lambda info: (info.from_ms, info.epoch))
    tracks = [track for info in mine for track in reader.tracks(camera, info.epoch)]
    chosen = {info.epoch for info in mine}
    span = (minute_of(mine[0].from_ms), max(info.to_ms for info in mine)) if mine else (0, 0)
    minutes = tuple(reader.minutes(camera, *span, epochs=chosen))
    return CameraSection(
        name=camera,
        openings=tuple(Opening.of(info, clock) for info in mine),
        figures=Figures.of(minutes, tracks),
        tracks=tuple(sorted(tracks, key=lambda track: (track.from_ms, track.track))),
        notes=tuple(_notes(reader, camera, mine, tracks, minutes)),
        minutes=minutes,
        anchor=anchor,
    )


def _notes(
    reader: SeriesReader,
    camera: str,
    epochs: Sequence[EpochInfo],
    tracks: Sequence[TrackSummary],
    minutes: Sequence[Minute],
) -> Iterator[str]:
    if not epochs:
        yield "Nothing was recorded for this camera."
        return
    ended = {track.track for track in tracks}
    going = sum(name not in ended for info in epochs for name in reader.track_names(camera, info.epoch))
    if going:
        yield f"{_count(going, 'track has', 'tracks have')} not ended yet and cannot be listed; the minutes count them."
    hidden = len(unbroken(minutes)) - MOST_CHARTS
    if hidden > 0:
        yield f"Only the latest {MOST_CHARTS} charts are drawn; {hidden} earlier ones are left out."


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
