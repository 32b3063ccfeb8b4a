"""Heat maps in figures: tables of confusions, and places in a face over a drawn outline; used by experiments.

No face is shown: the outline is drawn, its eyes, nose and mouth where those of FER2013's faces are on average.
"""

from collections.abc import Sequence
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Arc, Ellipse

SIDE = 48
DARK = 0.55
"""Share of the scale above which text is white."""


def draw_confusion(axes: Axes, shares: npt.ArrayLike, names: Sequence[str], title: str, sides: tuple[str, str]) -> None:
    """Draw a table of shares.

    Args:
        axes: where.
        shares: (C, C), rows are true classes, each adding up to 1 (or 0 where there are no faces).
        names: of the classes.
        title: above it.
        sides: what its rows and its columns are.
    """
    table = np.asarray(shares, np.float64)
    axes.grid(visible=False)
    axes.pcolormesh(table, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*table.shape):
        colour = "white" if table[row, column] > DARK else "#303030"
        axes.text(column + 0.5, row + 0.5, f"{100 * table[row, column]:.0f}", ha="center", va="center", color=colour)
    ticks = np.arange(len(names)) + 0.5
    axes.set_xticks(ticks, names, rotation=45, ha="right")
    axes.set_yticks(ticks, names)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    axes.set(title=title, ylabel=sides[0], xlabel=sides[1])


def draw_places(axes: Axes, map_: npt.ArrayLike, edges: npt.ArrayLike, title: str, unit: str) -> None:
    """Draw a map, with its scale, over the outline of a face.

    Args:
        axes: where.
        map_: (n, n); red is above zero, blue below, on a scale of its own.
        edges: (n + 1,) of its cells, pixels of the 48 of a crop.
        title: above it.
        unit: of the map, beside the scale.
    """
    cells = np.asarray(map_, np.float64)
    most = max(float(np.abs(cells).max()), 1e-9)
    axes.grid(visible=False)
    sides = np.asarray(edges)
    drawn = axes.pcolormesh(sides, sides, cells, cmap="RdBu_r", vmin=-most, vmax=most, alpha=0.85)
    scale = axes.figure.colorbar(drawn, ax=axes, shrink=0.7, label=unit)
    scale.ax.grid(visible=False)
    draw_face(axes)
    axes.set(xlim=(0, SIDE), ylim=(SIDE, 0))
    axes.axis("off")
    axes.set_aspect("equal")
    axes.set_title(title, fontsize=mpl.rcParams["font.size"])


def draw_face(axes: Axes) -> None:
    """Draw the outline of a face in pixels of a crop."""
    head, eyes, mouth = ((24, 25), 40, 54), (((15, 17.5), 9, 4.5), ((32.5, 17.5), 9, 4.5)), ((24, 38), 14, 4.5)
    for centre, width, height in (head, *eyes, mouth):
        axes.add_patch(Ellipse(centre, width, height, fill=False, edgecolor="#202020", linewidth=1.2))
    axes.add_patch(Arc((24, 28), 7, 5, theta1=0, theta2=180, edgecolor="#202020", linewidth=1.2))


def edges_of(centres: Sequence[float], *, whole: bool) -> list[float]:
    """Give the edges of cells around rising centres: half way between them.

    Args:
        centres: pixels.
        whole: whether the outer cells reach to the border of the crop; otherwise they are as wide as the others.
    """
    if len(centres) == 1:
        return [0.0, float(SIDE)]
    between = [(one + other) / 2 for one, other in pairwise(centres)]
    if whole:
        return [0.0, *between, float(SIDE)]
    return [2 * centres[0] - between[0], *between, 2 * centres[-1] - between[-1]]
