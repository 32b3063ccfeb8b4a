"""Draws what `moodline evaluate quality` measured: accuracy left at each value, and error against coverage."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from common.errors import OutputError

UNITS = {
    "height": "height of the face, pixels",
    "detail": "detail, share of contrast",
    "contrast": "contrast, gray levels",
    "clipped": "share that is black or white",
    "turn": "turn, 0 frontal to 1 profile",
    "inside": "share of the face in the frame",
    "occlusion": "occlusion, 0 as usual to 1 bare",
}
SCALED = frozenset({"detail", "contrast"})
"""Measures drawn on a logarithmic scale."""

INK, LIMIT = "#1f4e9c", "#b3282c"


def draw(scores: Mapping[str, Any], picture: Path) -> None:
    """Draw the scores of `quality.score` into a PNG or SVG file.

    Raises:
        OutputError: the file cannot be written.
    """
    figure = Figure(figsize=(13, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 4).ravel()
    for panel, (name, one) in zip(panels, scores["measures"].items(), strict=False):
        _curve(panel, name, one, scores["keep"])
    _risks(panels[-1], scores["measures"])
    figure.suptitle(f"{scores['faces']} faces, accuracy {scores['accuracy']:.3f} undegraded", fontsize=10)
    try:
        figure.savefig(picture, dpi=90, metadata={"Date": None} if picture.suffix == ".svg" else None)
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot draw into '{picture}': {error}; name a file that ends in .png or .svg") from error


def _curve(panel: Axes, name: str, one: Mapping[str, Any], keep: float) -> None:
    values, shares = zip(*one["curve"], strict=True)
    panel.plot(values, shares, color=INK, marker=".", linewidth=1.2)
    panel.axhline(keep, color="#999999", linewidth=0.7)
    panel.axvline(one["limit"], color=LIMIT, linewidth=1, label=f"limit {one['limit']:g}")
    if one["low"] is not None:
        panel.axvspan(one["low"], one["high"], color=LIMIT, alpha=0.15, linewidth=0, label="learned, 95 %")
    if name in SCALED:
        panel.set_xscale("log")
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.xaxis.set_major_formatter(ScalarFormatter())
    panel.set_ylim(0, 1.05)
    panel.set_xlabel(UNITS[name], fontsize=8)
    panel.set_ylabel("accuracy left", fontsize=8)
    panel.tick_params(labelsize=7)
    panel.legend(fontsize=7, loc="lower center")


def _risks(panel: Axes, measures: Mapping[str, Any]) -> None:
    for name, one in measures.items():
        coverage, risk = zip(*one["risk_coverage"], strict=True)
        panel.plot(coverage, risk, linewidth=1, label=name)
    panel.set_ylim(bottom=0)
    panel.set_xlabel("coverage: best share of the readings kept", fontsize=8)
    panel.set_ylabel("error among the kept", fontsize=8)
    panel.tick_params(labelsize=7)
    panel.legend(fontsize=6, ncols=2)
