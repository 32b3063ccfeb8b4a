"""Tells where in a face the net looks, as far as that was found; used by the story of `confusions`."""

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from classifier.labels import FERPLUS_LABELS
from moodline.experiments.activation import agreement, pooled
from moodline.experiments.experiment import Picture, Result, Table
from moodline.experiments.fault_words import listed
from moodline.experiments.faults import BANDS
from moodline.experiments.heat import SIDE, draw_places, edges_of

Floats = npt.NDArray[np.float64]

FEW = 30
"""Faces below which the hiding map of a class is not spoken of: one face then moves it too much."""
CLEAR = 1.2
"""How many times as much as all others a part must cost to be named as the one that decides."""
HALF = 0.5
"""Loss of probability from which a single place is said to decide."""
SAME = 0.8
"""Correlation of maps above which they are called the same."""

_EYES, _MOUTH = BANDS["band over the eyes"], BANDS["band over the mouth"]
PARTS = {
    "forehead": (0, _EYES[0]),
    "eyes and brows": _EYES,
    "nose": (_EYES[1], _MOUTH[0]),
    "mouth and chin": (_MOUTH[0], SIDE),
}
"""Parts of an average face from the top: first row and the row after the last, pixels of 48."""


def looking(found: Result) -> list[str | Table | Picture]:
    """Give paragraphs, figures and a table of what `mean_maps` and `hiding` found."""
    activation, hidden = found["activation"], found["hiding"]
    if not activation["classes"]:
        return ["No face was read rightly, so there is nothing to show of where the net looks."]
    cells = len(activation["centres"])
    classes = _in_order(activation["classes"])
    return [
        _where(cells, hidden["patch"]),
        Picture("confusions-hiding", _hiding_caption(hidden), lambda figure: _draw_hiding(figure, found)),
        _table(classes, hidden),
        Picture(
            "confusions-activation", _activation_caption(cells, classes), lambda figure: _draw_activation(figure, found)
        ),
        _verdict(classes, hidden, activation["centres"]),
    ]


def decides(found: Result) -> str:
    """Say in a few sentences what in a face decides, by what is lost when it is hidden; empty if nothing is known."""
    hidden = found["hiding"]
    faces = {name: int(one["faces"]) for name, one in _in_order(found["activation"]["classes"]).items()}
    enough = [name for name, count in faces.items() if count >= FEW]
    if not enough:
        return ""
    most = {name: float(np.max(hidden["drop"][name])) for name in enough}
    first = max(most, key=lambda name: most[name])
    alone = "No single place decides" if most[first] < HALF else "A single place can decide"
    told = (
        f"{alone} alone: hiding a square of {hidden['patch']} of the {SIDE} pixels a side costs the right class at "
        f"most {100 * most[first]:.1f} points of its probability ({first}). "
    )
    groups: dict[str, list[str]] = {}
    for name in enough:
        groups.setdefault(deciding(hidden, name), []).append(name)
    by_part = [
        f"{'the ' * (part in PARTS)}{part} for {listed(groups[part])}"
        for part in (*PARTS, "no part alone")
        if part in groups
    ]
    few = [f"{name} ({count})" for name, count in faces.items() if count < FEW]
    left_out = f"; {listed(few)} {'has' if len(few) == 1 else 'have'} too few faces to say" if few else ""
    return f"{told}What decides most is {'; '.join(by_part)}{left_out}."


def parts_of(hidden: dict[str, Any], name: str) -> dict[str, float]:
    """Give what hiding costs a class at the dearest place of each of `PARTS`; parts without a place are left out."""
    drop, middle = np.asarray(hidden["drop"][name], np.float64), np.asarray(hidden["centres"])
    inside = {part: (middle >= first) & (middle < last) for part, (first, last) in PARTS.items()}
    return {part: float(drop[rows].max()) for part, rows in inside.items() if rows.any()}


def deciding(hidden: dict[str, Any], name: str) -> str:
    """Name the part of the face that decides for a class.

    Returns:
        The part with the dearest place, if this costs more than `CLEAR` times as much as every place of another part
        that its square does not touch; otherwise `no part alone`.
    """
    drop, middle = np.asarray(hidden["drop"][name], np.float64), np.asarray(hidden["centres"])
    row, column = np.unravel_index(int(drop.argmax()), drop.shape)
    part, (first, last) = next((part, rows) for part, rows in PARTS.items() if rows[0] <= middle[row] < rows[1])
    away = np.maximum.outer(np.abs(middle - middle[row]), np.abs(middle - middle[column])) >= hidden["patch"]
    other = away & ((middle < first) | (middle >= last))[:, None]
    clear = other.any() and drop.max() > CLEAR * max(float(drop[other].max()), 0.0)
    return part if clear else "no part alone"


def _where(cells: int, patch: int) -> str:
    return (
        "Where in a face does the net look? Two ways of asking are shown. The first asks from outside: a gray square "
        f"of {patch} × {patch} pixels hides each place in turn, and what counts is how far the probability of the "
        "right class falls. The second looks inside. The net's last step takes the mean over places, so each class's "
        f"score can be split up, without any approximation, over the {cells} × {cells} places that are left of the "
        f"{SIDE} × {SIDE} pixels there (class activation mapping). Such a place sees far around itself, so that map is "
        "coarse."
    )


def _activation_caption(cells: int, classes: dict[str, Any]) -> str:
    what = "mean of all classes" if _alike(classes) > SAME else "mean over the rightly read faces of each class"
    return (
        f"Class activation, {cells} × {cells} places, {what}, in units of the score. Red speaks for the right class, "
        "blue against it. Because of how the net shrinks a picture, the first row and column of the map belong to its "
        "very edge. The face is drawn, not photographed."
    )


def _hiding_caption(hidden: dict[str, Any]) -> str:
    return (
        "Hiding: by how many points (hundredths) the probability of the right class falls when a square of "
        f"{hidden['patch']} pixels around a place is made gray, mean over the rightly read faces of each class, whose "
        "number is in brackets. Red: it falls; blue: it rises. Each class has a scale of its own, at its right. The "
        "face is drawn, not photographed: its eyes, nose and mouth stand where those of FER2013 are on average."
    )


def _draw_activation(figure: Figure, found: Result) -> None:
    activation = found["activation"]
    classes = _in_order(activation["classes"])
    edges = edges_of(activation["centres"], whole=True)
    if _alike(classes) > SAME:
        figure.set_size_inches(4.6, 3.6)
        mean = np.mean([one["map"] for one in classes.values()], axis=0)
        draw_places(figure.subplots(), mean, edges, "mean of all classes", "score")
        return
    for axes, (name, one) in _grid(figure, classes):
        draw_places(axes, one["map"], edges, f"{name} ({one['faces']} faces)", "score")


def _draw_hiding(figure: Figure, found: Result) -> None:
    hidden, classes = found["hiding"], found["activation"]["classes"]
    edges = edges_of(hidden["centres"], whole=False)
    for axes, (name, drop) in _grid(figure, hidden["drop"]):
        title = f"{name} ({classes[name]['faces']} faces)"
        draw_places(axes, 100 * np.asarray(drop), edges, title, "points lost")


def _grid(figure: Figure, classes: dict[str, Any]) -> list[tuple[Any, tuple[str, Any]]]:
    figure.set_size_inches(11, 5)
    axes = figure.subplots(2, 4).ravel()
    for unused in axes[len(classes) :]:
        unused.axis("off")
    return list(zip(axes, _in_order(classes).items(), strict=False))


def _in_order(classes: dict[str, Any]) -> dict[str, Any]:
    """Give classes in the order of the net: a result file sorts them by name."""
    return {name: classes[name] for name in FERPLUS_LABELS if name in classes}


def _table(classes: dict[str, Any], hidden: dict[str, Any]) -> Table:
    rows = []
    for name, one in classes.items():
        parts = parts_of(hidden, name)
        cells = [f"{100 * parts[part]:.1f}" if part in parts else "–" for part in PARTS]
        rows.append(
            (name, str(one["faces"]), *cells, "too few faces" if one["faces"] < FEW else deciding(hidden, name))
        )
    caption = (
        "The same as numbers: points of probability that are lost at the dearest place of each part, a part being the "
        "rows of an average face in which the middle of the square lies. Decides: the part with the dearest place of "
        f"all, if that costs more than {CLEAR:g} times as much as every place of another part that its square does not "
        f"touch. With fewer than {FEW} faces nothing is said."
    )
    return Table(caption, ("class", "faces", *PARTS, "decides"), rows)


def _verdict(classes: dict[str, Any], hidden: dict[str, Any], centres: list[float]) -> str:
    inside = _alike(classes)
    outside = _mean_agreement([np.asarray(hidden["drop"][name], np.float64) for name in classes])
    if not np.isfinite(inside):
        return "There are too few classes or places to say whether the activation maps of classes differ."
    start = f"The activation maps of different classes correlate with each other by {inside:.2f} on average"
    apart = f"the hiding maps by {outside:.2f}" if np.isfinite(outside) else "the hiding maps cannot be compared"
    if inside > SAME:
        follows = "So the activation map shows where the net looks at all, and not what speaks for one expression"
        follows += "; hiding shows that." if outside < inside else ", and hiding shows no more."
    else:
        follows = "So the activation maps do differ by expression."
    return f"{start}, {apart}. {follows} {_own(classes, hidden, centres)}"


def _own(classes: dict[str, Any], hidden: dict[str, Any], centres: list[float]) -> str:
    drops = {name: pooled(hidden["drop"][name], hidden["centres"], centres) for name in classes}
    maps = _apart({name: np.asarray(one["map"], np.float64) for name, one in classes.items()})
    apart, own, comparable = _apart(drops), 0, 0
    for name, map_ in maps.items():
        like = {other: same for other, drop in apart.items() if (same := agreement(map_, drop)) is not None}
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


def _alike(classes: dict[str, Any]) -> float:
    """Give the mean correlation of the activation maps of every two classes; not a number where there is none."""
    return _mean_agreement([np.asarray(one["map"], np.float64) for one in classes.values()])


def _mean_agreement(maps: list[Floats]) -> float:
    known = [same for one, other in combinations(maps, 2) if (same := agreement(one, other)) is not None]
    return float(np.mean(known)) if known else float("nan")
