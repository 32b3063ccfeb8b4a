"""The chart of one track: probabilities over event time, and under them a band of the label; used by the page."""

from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from common.labels import LABELS
from moodline.report.clock import Clock, ticks
from moodline.report.palette import COLOURS, DARK_WRITING, HATCHES, is_reading, words
from moodline.report.series import Stretch, TrackSeries
from moodline.report.svg import INK, LINE, MUTED, PAPER, as_svg, drawing
from moodline.report.thin import thin

_SIZE = (5.6, 2.25)
_ROOM_OF_A_LETTER = 0.0135
"""Width of a letter in the band, as a share of the chart's width."""


def track_chart(series: TrackSeries, name: str, description: str, clock: Clock) -> Markup:
    """Draw one track.

    Args:
        series: its samples; at least one.
        name: unique on the page, for ids.
        description: one sentence for those who cannot see the chart.
        clock: writes its times.
    """
    begin, end = series.stretches[0].from_ms, series.stretches[-1].to_ms
    end = max(end, begin + 1)
    with drawing(*_SIZE) as figure:
        grid = figure.add_gridspec(
            2, 1, height_ratios=(5, 1), hspace=0.08, left=0.075, right=0.955, top=0.97, bottom=0.11
        )
        lines, band = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
        _lines(lines, series)
        _band(band, series.stretches, end - begin)
        places, step = ticks(begin, end, 6)
        for axes in (lines, band):
            axes.set_xlim(begin, end)
            axes.set_xticks(places)
        lines.tick_params(labelbottom=False, length=0)
        band.set_xticklabels([clock.short(place, step) for place in places])
        return as_svg(figure, name, description)


def _lines(axes: Axes, series: TrackSeries) -> None:
    for stretch in series.stretches:
        if not is_reading(stretch.state):
            axes.axvspan(stretch.from_ms, stretch.to_ms, **_hatched(stretch.state), alpha=0.35)
    for values, width, opacity in ((series.raw, 0.5, 0.3), (series.smoothed, 1.4, 1.0)):
        for label, column in zip(LABELS, values.T, strict=True):
            kept = thin(column)
            if np.isnan(column).all():
                continue
            axes.plot(series.times[kept], column[kept], color=COLOURS[label], linewidth=width, alpha=opacity)
    axes.set_ylim(0, 1)
    axes.set_yticks((0, 0.5, 1), ("0", "½", "1"))
    axes.margins(x=0)


def _band(axes: Axes, stretches: tuple[Stretch, ...], span_ms: float) -> None:
    for stretch in stretches:
        width = stretch.to_ms - stretch.from_ms
        read = is_reading(stretch.state)
        look: dict[str, Any] = {"facecolor": COLOURS[stretch.state]} if read else _hatched(stretch.state)
        axes.broken_barh([(stretch.from_ms, width)], (0, 1), **look)
        text = words(stretch.state)
        if width / span_ms < _ROOM_OF_A_LETTER * (len(text) + 1.5):
            continue
        colour = INK if not read else "black" if stretch.state in DARK_WRITING else "white"
        plate = None if read else {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
        middle = stretch.from_ms + width / 2
        axes.text(middle, 0.46, text, color=colour, ha="center", va="center", fontsize=7, bbox=plate)
    axes.set_ylim(0, 1)
    axes.set_yticks(())
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)


def _hatched(state: str) -> dict[str, Any]:
    hatch = next((hatch for status, hatch in HATCHES.items() if status == state), "////")
    return {"facecolor": "none", "edgecolor": MUTED, "hatch": hatch, "linewidth": 0}


def status_swatch(state: str, name: str) -> Markup:
    """Draw a small field hatched like a status, for the legend."""
    with drawing(0.45, 0.2) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.broken_barh([(0, 1)], (0, 1), **_hatched(state))
        axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(), yticks=())
        axes.grid(visible=False)
        for side in ("left", "bottom"):
            axes.spines[side].set(color=LINE)
        return as_svg(figure, name, words(state))
