"""Figures as inline SVG for the page: the same text every time, small, in the colours of the page; used by all charts.

Colours of the page (writing, lines, paper) are drawn with stand-ins that become CSS variables, so that one picture
fits the light and the dark scheme.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK, MUTED, LINE, PAPER = "#0a0b01", "#0a0b02", "#0a0b03", "#0a0b04"
"""Stand-ins: writing, lesser writing and hatching, lines, paper."""

_VARIABLES = {INK: "var(--ink)", MUTED: "var(--muted)", LINE: "var(--line)", PAPER: "var(--paper)"}
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "moodline",
    "font.size": 8,
    "hatch.linewidth": 0.7,
    "path.simplify": True,
    "path.simplify_threshold": 0.4,
    "axes.facecolor": "none",
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "text.color": INK,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_REFERENCE = re.compile(r"(url\(#|href=\"#)([\w-]+)")
_NOT_NEEDED = re.compile(r"<!--.*?-->|<style.*?</style>|<g/>|<defs>\s*</defs>", re.DOTALL)
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_FONT = re.compile(r"'DejaVu Sans'[^;\"]*")


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """Give an empty figure in the house style.

    Args:
        width: inches; the text is 8/72 inch high.
        height: inches.
    """
    settings: Any = _STYLE
    with mpl.rc_context(settings):
        figure = Figure(figsize=(width, height))
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        yield figure


def as_svg(figure: Figure, name: str, description: str) -> Markup:
    """Write a figure as an `<svg>` element; to be called while `drawing` is open.

    Args:
        figure: from `drawing`.
        name: unique on the page; the begin of all ids in the picture.
        description: one sentence for those who cannot see the chart.

    Returns:
        The element, without ids that nobody uses and with path numbers to a tenth of a point.
    """
    target = StringIO()
    figure.savefig(target, format="svg", metadata=_METADATA)
    text = target.getvalue()
    text = _NOT_NEEDED.sub("", text[text.index("<svg") :])
    box = re.search(r'viewBox="[^"]*"', text)
    opening = (
        f'<svg {box.group() if box else ""} role="img" stroke-linejoin="round" aria-label="{escape(description)}">'
    )
    text = opening + text[text.index(">") + 1 :]
    text = _only_used_ids(text, name)
    text = re.sub(r' d="[^"]*"', lambda path: _LONG_NUMBER.sub(_rounded, path.group()), text)
    text = _FONT.sub("inherit", text)
    for stand_in, variable in _VARIABLES.items():
        text = text.replace(stand_in, variable)
    return Markup(re.sub(r"\s*\n\s*", "\n", text))  # noqa: S704  # made here; every text in it went through the XML writer


def _only_used_ids(text: str, name: str) -> str:
    used = {reference for _, reference in _REFERENCE.findall(text)}
    text = _REFERENCE.sub(rf"\g<1>{name}-\g<2>", text)
    return re.sub(r' id="([^"]+)"', lambda own: f' id="{name}-{own[1]}"' if own[1] in used else "", text)


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number.group()):.1f}".rstrip("0").rstrip(".")
