"""Series as tables and files; used by `moodline series`."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from common.errors import OutputError, UsageError
from common.labels import LABELS
from moodline.terminal import moment, table
from sink.reader import SeriesReader
from sink.records import EpochInfo, Sample, TrackSummary

Row = dict[str, Any]

COLUMNS: dict[str, type] = {
    **dict.fromkeys(("id", "camera", "epoch", "track"), str),
    **dict.fromkeys(("seq", "time_ms"), int),
    **dict.fromkeys(("status", "label"), str),
    **{f"{kind}_{label}": float for kind in ("raw", "smoothed") for label in LABELS},
    **dict.fromkeys(("x", "y", "width", "height", "score"), float),
    **dict.fromkeys(("sharpness", "turn", "light", "inside"), float),
    "zone": str,
}
"""The columns of a file and what is in them, also where a file has no rows or a column only empty cells."""


@dataclass(frozen=True)
class Selection:
    """Which part of what was written; None means everything.

    Attributes:
        camera: one camera.
        track: one track, by its full name.
        since_ms: first event time.
        until_ms: last event time, included.
        zone: one zone, by its name: what was seen in it, and the tracks that were in it.
    """

    camera: str | None = None
    track: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    zone: str | None = None

    def cameras(self, reader: SeriesReader) -> list[str]:
        """List the cameras meant.

        Raises:
            UsageError: the named camera has no series.
        """
        known = reader.cameras()
        if self.camera is None:
            return known
        if self.camera not in known:
            raise UsageError(f"no camera '{self.camera}' has a series; known are: {_listed(known)}")
        return [self.camera]

    def check(self, reader: SeriesReader) -> None:
        """See that what is named exists, before anything is printed or written.

        Raises:
            UsageError: the named camera, zone or track has no series.
        """
        named = self.cameras(reader)
        self._check_zone(reader, named)
        if self.track is None:
            return
        names = (
            name
            for camera in named
            for epoch in reader.epochs(camera)
            for name in reader.track_names(camera, epoch.epoch)
        )
        if self.track not in names:
            raise UsageError(f"no track '{self.track}' has a series; 'moodline series' lists them")

    def _check_zone(self, reader: SeriesReader, cameras: list[str]) -> None:
        if self.zone is None:
            return
        known = {zone for camera in cameras for minute in reader.minutes(camera) for zone in minute.zones}
        if self.zone not in known:
            raise UsageError(f"no face was seen in a zone '{self.zone}'; known are: {_listed(known)}")

    def meets(self, summary: TrackSummary) -> bool:
        """Whether a finished track lies in the selection."""
        return (
            self.track in {None, summary.track}
            and (self.zone is None or self.zone in summary.zone_s)
            and (self.since_ms is None or summary.to_ms >= self.since_ms)
            and (self.until_ms is None or summary.from_ms <= self.until_ms)
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def print_tracks(reader: SeriesReader, chosen: Selection) -> int:
    """Print one line for each finished track; returns how many."""
    rows = []
    for camera in chosen.cameras(reader):
        for epoch in reader.epochs(camera):
            found = filter(chosen.meets, reader.tracks(camera, epoch.epoch))
            rows += [(track.track, *_line(track, epoch)) for track in found]
    table("Tracks", ("track", "from", "to", "seen s", "read s", "changes", "zone", "apparent expression"), rows)
    return len(rows)


def _line(track: TrackSummary, epoch: EpochInfo) -> tuple[str, ...]:
    shares = sorted(track.share.items(), key=lambda item: -item[1])
    listed = ", ".join(f"{name} {share:.0%}" for name, share in shares[:3] if share >= 0.01) or "no reading"
    begin, end = (moment(time_ms, epoch.from_ms) for time_ms in (track.from_ms, track.to_ms))
    seen, read = f"{track.seen_s:.1f}", f"{track.read_s:.1f}"
    return begin, end, seen, read, str(track.label_changes), _zones_of(track), listed


def _zones_of(track: TrackSummary) -> str:
    """List the zones of a track with the seconds in each, the longest first."""
    longest = sorted(track.zone_s.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in longest)


def rows_of(reader: SeriesReader, chosen: Selection) -> Iterator[Row]:
    """One row a sample, with an `id` by which a consumer drops what it has already."""
    for camera in chosen.cameras(reader):
        for epoch in reader.epochs(camera):
            for track in reader.track_names(camera, epoch.epoch):
                if chosen.track in {None, track}:
                    for sample in reader.samples(camera, track, chosen.since_ms, chosen.until_ms):
                        if chosen.zone in {None, sample.zone}:
                            yield _row(camera, epoch, track, sample)


def _row(camera: str, epoch: EpochInfo, track: str, sample: Sample) -> Row:
    row: Row = {
        "id": f"{track}/{sample.seq}",
        "camera": camera,
        "epoch": epoch.epoch,
        "track": track,
        "seq": sample.seq,
        "time_ms": sample.time_ms,
        "status": sample.status,
        "label": sample.label,
    }
    for name, values in (("raw", sample.raw), ("smoothed", sample.smoothed)):
        for index, label in enumerate(LABELS):
            row[f"{name}_{label}"] = None if values is None else round(values[index], 6)
    box = sample.box
    row |= {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "score": sample.score}
    quality = sample.quality
    row |= {name: getattr(quality, name) for name in ("sharpness", "turn", "light", "inside")}
    row["zone"] = sample.zone
    return row


def write(reader: SeriesReader, chosen: Selection, form: str, out: Path | None) -> int:
    """Write the samples as CSV, JSON lines or Parquet; returns how many.

    Raises:
        UsageError: Parquet without a file.
        OutputError: the file cannot be written.
    """
    if form == "parquet":
        if out is None:
            raise UsageError("parquet needs a file; name one with --out FILE.parquet")
        return _write_parquet(list(rows_of(reader, chosen)), out)
    if out is None:
        return _write_text(rows_of(reader, chosen), form, sys.stdout)
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            return _write_text(rows_of(reader, chosen), form, file)
    except OSError as error:
        raise OutputError(f"cannot write '{out}': {error.strerror}") from error


def _write_text(rows: Iterator[Row], form: str, file: TextIO) -> int:
    count = 0
    writer = csv.DictWriter(file, COLUMNS)
    if form == "csv":
        writer.writeheader()
    for row in rows:
        if form == "csv":
            writer.writerow(row)
        else:
            file.write(json.dumps(row) + "\n")
        count += 1
    return count


def _write_parquet(rows: list[Row], out: Path) -> int:
    try:
        import pyarrow as pa  # noqa: PLC0415  # an optional package
        from pyarrow import parquet  # noqa: PLC0415  # the same
    except ImportError as error:
        raise UsageError("parquet needs the package pyarrow: pip install '.[all]'") from error
    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    try:
        parquet.write_table(pa.Table.from_pylist(rows, schema=schema), out)
    except OSError as error:
        raise OutputError(f"cannot write '{out}': {error}") from error
    return len(rows)
