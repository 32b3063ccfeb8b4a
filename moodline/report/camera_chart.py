"""The chart of one camera: how much was seen and what, minute by minute; used by the page.

Minutes without any frame are gaps and are drawn as such. Where there are more minutes than a chart has room for,
several go into one bar; where nothing came for half a day, a new chart begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from matplotlib.axes import Axes

from common.labels import LABELS
from moodline.report.clock import Clock, ticks
from moodline.report.palette import COLOURS
from moodline.report.svg import LINE, MUTED, as_svg, drawing
from sink.minutes import MINUTE_MS
from sink.records import UNSETTLED, Minute

_SIZE = (10.0, 3.0)
_MOST_BARS = 240
_BARS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440)
_LONGEST_GAP_MS = 12 * 3_600_000


@dataclass(frozen=True)
class Bars:
    """Minutes put together into bars of equal width.

    Attributes:
        edges: (n + 1,) event times, milliseconds.
        sampled: (n,) sampled frames; 0 is a gap.
        analysed: (n,) analysed frames.
        seconds: person-seconds, (n,) for each label, `unsettled`, and an empty name for those without a reading.
        minutes: minutes in a bar.
    """

    edges: npt.NDArray[np.float64]
    sampled: npt.NDArray[np.float64]
    analysed: npt.NDArray[np.float64]
    seconds: dict[str, npt.NDArray[np.float64]]
    minutes: int

    @classmethod
    def of(cls, minutes: Sequence[Minute]) -> "Bars":
        """Put together minutes, in order, at least one."""
        span = (minutes[-1].time_ms - minutes[0].time_ms) // MINUTE_MS + 1
        wide = next((wide for wide in _BARS_MIN if span / wide <= _MOST_BARS), -(-span // _MOST_BARS))
        width_ms = wide * MINUTE_MS
        first = minutes[0].time_ms // width_ms
        count = minutes[-1].time_ms // width_ms - first + 1
        sums = cls(
            edges=np.arange(first, first + count + 1, dtype=np.float64) * width_ms,
            sampled=np.zeros(count),
            analysed=np.zeros(count),
            seconds={name: np.zeros(count) for name in (*LABELS, UNSETTLED, "")},
            minutes=wide,
        )
        for minute in minutes:
            place = minute.time_ms // width_ms - first
            sums.sampled[place] += minute.sampled
            sums.analysed[place] += minute.analysed
            for name, seconds in minute.expression_s.items():
                sums.seconds[name][place] += seconds
            sums.seconds[""][place] += minute.seen_s - minute.read_s
        return sums


def unbroken(minutes: Sequence[Minute]) -> list[list[Minute]]:
    """Divide minutes, in order, where nothing came for half a day."""
    parts: list[list[Minute]] = [[minute] for minute in minutes[:1]]
    for before, minute in pairwise(minutes):
        if minute.time_ms - before.time_ms > _LONGEST_GAP_MS:
            parts.append([])
        parts[-1].append(minute)
    return parts


def camera_chart(bars: Bars, name: str, description: str, clock: Clock) -> Markup:
    """Draw coverage and person-seconds over event time.

    Args:
        bars: what to draw.
        name: unique on the page, for ids.
        description: one sentence for those who cannot see the chart.
        clock: writes its times.
    """
    with drawing(*_SIZE) as figure:
        grid = figure.add_gridspec(
            2, 1, height_ratios=(1, 2.6), hspace=0.22, left=0.06, right=0.97, top=0.93, bottom=0.09
        )
        coverage, people = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
        _coverage(coverage, bars)
        _people(people, bars)
        places, step = ticks(bars.edges[0], bars.edges[-1], 11)
        for axes in (coverage, people):
            axes.set_xlim(bars.edges[0], bars.edges[-1])
            axes.set_xticks(places)
            _gaps(axes, bars)
        coverage.tick_params(labelbottom=False, length=0)
        people.set_xticklabels([clock.short(place, step) for place in places])
        return as_svg(figure, name, description)


def _coverage(axes: Axes, bars: Bars) -> None:
    share = np.divide(bars.analysed, bars.sampled, out=np.zeros(len(bars.sampled)), where=bars.sampled > 0)
    axes.fill_between(bars.edges, _to_the_end(share), step="post", facecolor=MUTED, linewidth=0, alpha=0.6)
    axes.set_ylim(0, 1)
    axes.set_yticks((0, 0.5, 1), ("0", "50 %", "100 %"))
    axes.set_title("Coverage: analysed of sampled frames", loc="left", fontsize=8)


def _people(axes: Axes, bars: Bars) -> None:
    below = np.zeros(len(bars.edges))
    for name, seconds in bars.seconds.items():
        above = below + _to_the_end(seconds)
        if seconds.any():
            look: dict[str, Any] = (
                {"facecolor": COLOURS[name]} if name else {"facecolor": "none", "edgecolor": MUTED, "hatch": "////"}
            )
            axes.fill_between(bars.edges, below, above, step="post", linewidth=0, **look)
        below = above
    axes.set_ylim(0, max(float(below.max()) * 1.06, 1.0))
    if not below.any():
        axes.text(0.5, 0.5, "no face was tracked", color=MUTED, ha="center", va="center", transform=axes.transAxes)
        axes.set_yticks((0,))
    every = "minute" if bars.minutes == 1 else f"{bars.minutes} minutes"
    axes.set_title(f"Person-seconds by apparent expression, every {every}", loc="left", fontsize=8)


def _gaps(axes: Axes, bars: Bars) -> None:
    empty = np.flatnonzero(bars.sampled == 0)
    for run in np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1):
        if not len(run):
            continue
        left, right = bars.edges[run[0]], bars.edges[run[-1] + 1]
        axes.axvspan(left, right, facecolor=LINE, alpha=0.45, linewidth=0)
        if (right - left) / (bars.edges[-1] - bars.edges[0]) > 0.06:
            axes.text(
                (left + right) / 2, 0.5, "no frames", color=MUTED, fontsize=7, ha="center", va="center",
                transform=axes.get_xaxis_transform(),
            )  # fmt: skip


def _to_the_end(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Repeat the last value, so that a step line reaches the last edge."""
    return np.append(values, values[-1])
