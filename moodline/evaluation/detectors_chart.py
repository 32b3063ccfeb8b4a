"""The picture of `evaluate detectors`: recall by face height, a line for each backend."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from moodline.evaluation.detectors_text import span
from moodline.output import replaced

NAME = "detectors.png"

LOOKS = {
    "mediapipe": ("#0072b2", "o", "-"),
    "haar": ("#e69f00", "s", "--"),
    "mtcnn": ("#009e73", "^", "-."),
    "dlib": ("#cc79a7", "D", ":"),
}
"""Colour, mark and line of each backend: the colours of Okabe and Ito, which all kinds of colour vision tell apart."""


def draw(compared: Mapping[str, Any], folder: Path) -> Path:
    """Write the picture of what `detectors.compare` gave into a folder, which must be there.

    Raises:
        OutputError: it cannot be written.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    present = {name: one for name, one in compared["backends"].items() if "missing" not in one}
    bins = list(dict.fromkeys((one["from"], one["to"]) for one in _bins(present)))
    for name, backend in present.items():
        colour, mark, line = LOOKS[name]
        places = [bins.index((one["from"], one["to"])) for one in backend["by_height"]]
        recalls = [one["recall"] for one in backend["by_height"]]
        label = f"{name}, {backend['bare_calls_per_frame']:.0f} bare calls a frame"
        axes.plot(places, recalls, color=colour, marker=mark, linestyle=line, label=label)
    axes.set_xticks(range(len(bins)), [span(low, high) for low, high in bins])
    axes.set(xlabel="face height, pixels", ylabel="recall, single frames", ylim=(0, 1.03))
    axes.grid(visible=True, color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    path = folder / NAME
    with replaced(path) as beside:
        FigureCanvasAgg(figure).print_figure(beside, format="png", dpi=120)
    return path


def _bins(present: Mapping[str, Any]) -> list[dict[str, Any]]:
    return sorted((one for backend in present.values() for one in backend["by_height"]), key=lambda one: one["from"])
