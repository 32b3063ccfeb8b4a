"""The report: one page of figures and charts that opens anywhere, offline and without scripts; used by `moodline run`.

The same series gives the same page to the last byte: nothing on it comes from a clock. It is written piece by piece
while charts are drawn track by track, so that its size does not matter, and put in place only when it is whole.
"""

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from common.labels import LABELS
from moodline.output import check_folder, replaced
from moodline.report.cameras import CameraSection, camera_section
from moodline.report.clock import Clock
from moodline.report.figures import Figures, Part, main_expression, track_parts
from moodline.report.palette import COLOURS, DARK_WRITING, HATCHES, NO_READING, words
from moodline.report.series import TrackSeries
from moodline.report.track_chart import status_swatch, track_chart
from sink.reader import SeriesReader
from sink.records import UNSETTLED, EpochInfo, TrackSummary

PAGE = "index.html"
MOST_TRACK_CHARTS = 60
_PARTS_OF_MOODLINE = ("moodline", "av", "mediapipe", "opencv-contrib-python", "torch", "numpy", "matplotlib")


@dataclass(frozen=True)
class TrackRow:
    """One finished track on the page.

    Attributes:
        camera: its camera.
        summary: its record.
        anchor: unique on the page, for ids.
        parts: its seen seconds by expression.
        main: the label that it showed longest, `unsettled` or `no reading`.
        charted: whether the page has its chart.
    """

    camera: str
    summary: TrackSummary
    anchor: str
    parts: tuple[Part, ...]
    main: str
    charted: bool

    def chart(self, reader: SeriesReader, clock: Clock) -> Markup | None:
        """Draw it; None if its samples are no longer kept."""
        one = self.summary
        series = TrackSeries.of(reader.samples(self.camera, one.track, one.from_ms, one.to_ms))
        if not series.stretches:
            return None
        text = f"Track {one.track}, {one.seen_s:.1f} s seen, {one.read_s:.1f} s read, mainly {self.main}"
        return track_chart(series, self.anchor, text, clock)


def write_report(
    reader: SeriesReader,
    cameras: Sequence[str],
    epochs: Sequence[EpochInfo],
    folder: Path,
    title: str = "Apparent expression",
    zone: tzinfo = UTC,
) -> Path:
    """Write the page `index.html`.

    Args:
        reader: of the series.
        cameras: the cameras of the report, in the order of the page.
        epochs: their epochs that are reported.
        folder: where to; made if it is not there.
        title: the page's heading.
        zone: time zone of event times that have a date.

    Returns:
        The page's path.

    Raises:
        OutputError: the folder cannot be written.
        StoreError: the store cannot be reached.
    """
    check_folder(folder)
    clock = Clock(zone)
    sections = [
        camera_section(reader, camera, epochs, f"camera{number}", clock) for number, camera in enumerate(cameras)
    ]
    rows = _rows(sections)
    path = folder / PAGE
    with replaced(path) as part, part.open("w", encoding="utf-8") as file:
        file.writelines(
            _environment(clock)
            .get_template("page.html.j2")
            .generate(
                title=title,
                zone=str(zone),
                sections=sections,
                figures=Figures.of(
                    (minute for section in sections for minute in section.minutes), [row.summary for row in rows]
                ),
                rows=rows,
                charts=_charts(rows, reader, clock),
                camera_charts=lambda section: section.charts(clock),
                swatches={words(status): status_swatch(status, f"key-{status}") for status in HATCHES},
                recipes=sorted({info.recipe for info in epochs if info.recipe and info.camera in cameras}),
                versions=_versions(),
            )
        )
    return path


def _rows(sections: Sequence[CameraSection]) -> list[TrackRow]:
    found = [(section.name, track) for section in sections for track in section.tracks]
    by_reading = sorted(range(len(found)), key=lambda place: (-found[place][1].read_s, -found[place][1].seen_s, place))
    charted = set(by_reading[:MOST_TRACK_CHARTS])
    return [
        TrackRow(camera, track, f"track{place}", track_parts(track), main_expression(track), place in charted)
        for place, (camera, track) in enumerate(found)
    ]


def _charts(rows: Sequence[TrackRow], reader: SeriesReader, clock: Clock) -> Iterator[tuple[TrackRow, Markup | None]]:
    """Each charted track with its chart, drawn when the page has come to it."""
    for row in rows:
        if row.charted:
            yield row, row.chart(reader, clock)


def _environment(clock: Clock) -> Environment:
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters.update(percent=percent, seconds=seconds, number=_number, words=words, moment=clock.full)
    page.globals.update(
        labels=LABELS,
        colours={**COLOURS, NO_READING: "transparent"},
        dark_writing=DARK_WRITING,
        unsettled=UNSETTLED,
        no_reading=NO_READING,
        span=clock.span,
    )
    return page


def percent(share: float, digits: int = 1) -> str:
    """Write a share; neither 0 nor 100 % unless it is exactly that."""
    if share in {0.0, 1.0}:
        return f"{share:.0%}".replace("%", "\u00a0%")
    finest = 10.0**-digits
    value = round(100 * share, digits)
    if value <= 0:
        return f"<\u00a0{finest:g}\u00a0%"
    return f"{min(value, 100 - finest):.{digits}f}\u00a0%"


def seconds(value: float) -> str:
    """Write seconds, to a tenth below a thousand."""
    return f"{value:.1f}" if value < 1000 else _number(round(value))


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")


def _versions() -> list[str]:
    found = [f"Python {platform.python_version()}"]
    for name in _PARTS_OF_MOODLINE:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
