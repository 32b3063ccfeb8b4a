"""Tells where in a face the net looks, as far as that was found; used by the story of `confusions`."""

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from classifier.labels import FERPLUS_LABELS
from moodline.experiments.activation import agreement, pooled
from moodline.experiments.experiment import Picture, Result, Table
from moodline.experiments.heat import draw_places, edges_of

Floats = npt.NDArray[np.float64]


def looking(found: Result) -> list[str | Table | Picture]:
    """Give paragraphs, figures and a table of what `mean_maps` and `hiding` found."""
    activation, hidden = found["activation"], found["hiding"]
    if not activation["classes"]:
        return ["No face was read rightly, so there is nothing to show of where the net looks."]
    cells = len(activation["centres"])
    classes = _in_order(activation["classes"])
    drops = {name: pooled(hidden["drop"][name], hidden["centres"], activation["centres"]) for name in classes}
    return [
        _where(cells),
        Picture(
            "confusions-activation", _activation_caption(cells), lambda figure: _draw_activation(figure, activation)
        ),
        Picture("confusions-hiding", _hiding_caption(hidden), lambda figure: _draw_hiding(figure, hidden)),
        _table(classes, drops),
        _verdict(classes, drops),
    ]


def _where(cells: int) -> str:
    return (
        "Where in a face does the net look? Its last step takes the mean over places, so each class's score can be "
        f"split up, without any approximation, over the {cells} × {cells} places that are left of the 48 × 48 pixels "
        "there (class activation mapping). A place sees far around itself, so this is coarse. The second figure asks "
        "from outside: a gray square hides each place in turn, and what counts is how far the probability of the right "
        "class falls."
    )


def _activation_caption(cells: int) -> str:
    return (
        f"Class activation, {cells} × {cells} places, mean over the rightly read faces of each class. Red speaks for "
        "the class, blue against it, each class on a scale of its own. Each place is drawn around the middle of what "
        "it sees; the net halves pictures around their even pixels, so the first row and column stand at the border. "
        "The face is drawn, not photographed: its eyes, nose and mouth stand where those of FER2013 are on average."
    )


def _hiding_caption(hidden: dict[str, Any]) -> str:
    return (
        "Hiding: by how much the probability of the right class falls when a square of "
        f"{hidden['patch']} pixels around a place is made gray, mean over the same faces. Red: it falls; blue: it "
        "rises; each class on a scale of its own, its largest fall is named."
    )


def _draw_activation(figure: Figure, activation: dict[str, Any]) -> None:
    figure.set_size_inches(8, 4.4)
    for axes, (name, one) in _grid(figure, activation["classes"]):
        draw_places(axes, one["map"], edges_of(activation["centres"], whole=True), f"{name} ({one['faces']} faces)")


def _draw_hiding(figure: Figure, hidden: dict[str, Any]) -> None:
    figure.set_size_inches(8, 4.4)
    for axes, (name, drop) in _grid(figure, hidden["drop"]):
        draw_places(axes, drop, edges_of(hidden["centres"], whole=False), f"{name} (most: {np.max(drop):.2f})")


def _grid(figure: Figure, classes: dict[str, Any]) -> list[tuple[Any, tuple[str, Any]]]:
    axes = figure.subplots(2, 4).ravel()
    for unused in axes[len(classes) :]:
        unused.axis("off")
    return list(zip(axes, _in_order(classes).items(), strict=False))


def _in_order(classes: dict[str, Any]) -> dict[str, Any]:
    """Give classes in the order of the net: a result file sorts them by name."""
    return {name: classes[name] for name in FERPLUS_LABELS if name in classes}


def _table(classes: dict[str, Any], drops: dict[str, Floats]) -> Table:
    rows = []
    for name, one in classes.items():
        same, upper = agreement(one["map"], drops[name]), one["upper"]
        losses = (drops[name].ravel()[place] for place in _ends(one["map"], drops[name]))
        rows.append(
            (
                name,
                str(one["faces"]),
                "–" if upper is None else f"{100 * upper:.0f} / {100 - 100 * upper:.0f} %",
                "–" if same is None else f"{same:.2f}",
                *(f"{loss:.3f}" for loss in losses),
            )
        )
    caption = (
        "How much of what speaks for a class is centred in the upper and in the lower half of the picture, and whether "
        "hiding agrees. Correlation: of the class activation with the loss by hiding over the same places (1: the same "
        "map, 0: nothing in common). Loss at the most and at the least active place: if the activation is right, "
        "hiding the former costs more."
    )
    head = ("class", "faces", "upper / lower", "correlation", "loss at most active", "loss at least active")
    return Table(caption, head, rows)


def _ends(map_: Any, drop: Floats) -> tuple[int, int]:
    """Give the most and the least active of the places that were hidden."""
    cells = np.where(np.isfinite(drop), np.asarray(map_, np.float64), np.nan)
    return int(np.nanargmax(cells)), int(np.nanargmin(cells))


def _verdict(classes: dict[str, Any], drops: dict[str, Floats]) -> str:
    costlier = 0
    for name, one in classes.items():
        most, least = _ends(one["map"], drops[name])
        costlier += bool(drops[name].ravel()[most] > drops[name].ravel()[least])
    text = (
        f"Hiding the most active place costs more than hiding the least active one for {costlier} of {len(classes)} "
        f"classes. But is the activation map of a class about that very class? {_alike(classes)}"
    )
    return f"{text} {_own(classes, drops)}"


def _own(classes: dict[str, Any], drops: dict[str, Floats]) -> str:
    maps = _apart({name: np.asarray(one["map"], np.float64) for name, one in classes.items()})
    hidden, own, comparable = _apart(drops), 0, 0
    for name, map_ in maps.items():
        like = {other: same for other, drop in hidden.items() if (same := agreement(map_, drop)) is not None}
        comparable += bool(like)
        own += bool(like) and max(like, key=lambda other: like[other]) == name
    return (
        "With what all classes have in common taken off both kinds of maps, the activation map of a class is most like "
        f"the hiding map of its own class for {own} of {comparable}; chance alone would give about one."
    )


def _apart(maps: dict[str, Floats]) -> dict[str, Floats]:
    """Bring maps to the same sum, and take off their mean."""
    scaled = {name: map_ / max(float(np.nansum(np.abs(map_))), 1e-9) for name, map_ in maps.items()}
    mean = np.mean(list(scaled.values()), axis=0)
    return {name: map_ - mean for name, map_ in scaled.items()}


def _alike(classes: dict[str, Any]) -> str:
    pairs = [agreement(one["map"], other["map"]) for one, other in combinations(classes.values(), 2)]
    known = [same for same in pairs if same is not None]
    if not known:
        return ""
    mean = float(np.mean(known))
    meaning = "they say where the net looks at all, and hardly what for" if mean > 0.8 else "they differ by class"
    return f"The activation maps of different classes correlate with each other by {mean:.2f} on average: {meaning}."
