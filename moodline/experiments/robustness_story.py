"""Tells what the experiment on robustness found; used by `robustness`."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from classifier.labels import FERPLUS_LABELS
from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.faults import FAMILIES, covers
from moodline.experiments.light_story import compared, helped, treated
from moodline.experiments.score import percent

BORNE = 0.05
"""How much accuracy may fall before a fault is no longer called borne."""
WORDS = {
    "darker": "{:g} stop{} less light",
    "fewer pixels": "faces {:g} px high",
    "out of focus": "a blur of {:g} px of 48",
    "turned": "a turn of {:g} degrees",
}
"""Faults that the answer names."""
COLUMNS = 5
BLUE, GRAY = "#1f5fa8", "#707070"


def tell(found: Result) -> Story:
    """Tell the result."""
    whole = found["whole"]
    lights = compared(found["light"]["rows"], whole["commonest"])
    return Story(
        _answer(found, helped(lights)),
        [
            _introduction(whole),
            Picture("robustness-curves", _curves_caption(), lambda figure: _draw_curves(figure, found)),
            _family_table(found),
            Picture("robustness-covers", _covers_caption(), lambda figure: _draw_covers(figure, found)),
            _cover_table(found),
            *treated(lights),
        ],
        [_claim(found)],
    )


def _introduction(whole: dict[str, Any]) -> str:
    return (
        f"The same {whole['images']} faces of PrivateTest (FER+, eight classes, the label of most taggers) are made "
        "worse, one fault at a time, and read by the net as it is served. Unharmed, it reads "
        f"{percent(whole['accuracy'], whole['interval'])} of them rightly. Moodline itself does not read the worst of "
        "these: its detector refuses faces that are too small, soft, dark or hidden. Here nothing is refused."
    )


def _families(found: Result) -> dict[str, Any]:
    """Give faults in the order of `FAMILIES`: a result file sorts them by name."""
    return {family.name: found["families"][family.name] for family in FAMILIES if family.name in found["families"]}


def _covers(found: Result) -> dict[str, Any]:
    return {name: found["covers"][name] for name in covers() if name in found["covers"]}


def _borne(whole: dict[str, Any], family: dict[str, Any]) -> float | None:
    """Give the worst amount up to which accuracy has fallen by no more than `BORNE`."""
    borne = None
    for point in family["points"]:
        if point["accuracy"] < whole["accuracy"] - BORNE:
            break
        borne = point["amount"]
    return borne


def _answer(found: Result, help_: str) -> str:
    whole, hidden = found["whole"], found["covers"]
    worst = min(hidden, key=lambda name: hidden[name]["accuracy"])
    borne = [
        words.format(amount, "" if amount == 1 else "s")
        for name, words in WORDS.items()
        if name in found["families"] and (amount := _borne(whole, found["families"][name])) is not None
    ]
    bears = f"within {100 * BORNE:.0f} points of that it bears {', '.join(borne)}; " if borne else ""
    return (
        f"Unharmed faces are read rightly in {percent(whole['accuracy'], whole['interval'])}; {bears}the cover that "
        f"costs most is '{worst}' ({percent(hidden[worst]['accuracy'], hidden[worst]['interval'])}). "
        f"{help_}"
    )


def _curves_caption() -> str:
    return (
        "Accuracy (of 100 faces, those read rightly) against the amount of each fault, from mild at the left to bad at "
        "the right. Bars: 95 % interval. Dashed: unharmed faces. Dotted: always saying the commonest class. The "
        "line below each panel says what the amounts are."
    )


def _draw_curves(figure: Figure, found: Result) -> None:
    families = _families(found)
    rows = -(-len(families) // COLUMNS)
    figure.set_size_inches(12, 2.3 * rows)
    panels = figure.subplots(rows, COLUMNS, sharey=True).ravel()
    for unused in panels[len(families) :]:
        unused.axis("off")
    for axes, (name, family) in zip(panels, families.items(), strict=False):
        _draw_curve(axes, family, found["whole"])
        axes.set_title(name, fontsize=9)


def _draw_curve(axes: Axes, family: dict[str, Any], whole: dict[str, Any]) -> None:
    points = family["points"]
    places = range(len(points))
    _error_bars(axes, list(places), points, BLUE)
    axes.axhline(100 * whole["accuracy"], color=GRAY, linestyle="--", linewidth=1)
    axes.axhline(100 * _always(whole), color=GRAY, linestyle=":", linewidth=1)
    axes.set_xticks(list(places), [f"{point['amount']:g}" for point in points], fontsize=7)
    axes.set(ylim=(0, 100), xlabel=family["unit"])


def _always(whole: dict[str, Any]) -> float:
    return float(whole["commonest"])


def _error_bars(axes: Axes, places: Sequence[float], points: Sequence[dict[str, Any]], colour: str) -> None:
    shares = [100 * point["accuracy"] for point in points]
    below = [max(100 * (point["accuracy"] - point["interval"][0]), 0.0) for point in points]
    above = [max(100 * (point["interval"][1] - point["accuracy"]), 0.0) for point in points]
    axes.errorbar(places, shares, yerr=[below, above], color=colour, marker="o", markersize=3, capsize=2, linewidth=1.2)


def _family_table(found: Result) -> Table:
    rows = []
    for name, family in _families(found).items():
        borne, last = _borne(found["whole"], family), family["points"][-1]
        rows.append(
            (
                name,
                family["unit"],
                "none of those tried" if borne is None else f"{borne:g}",
                f"{last['amount']:g}",
                percent(last["accuracy"], last["interval"]),
            )
        )
    caption = (
        f"Borne: the worst amount that was tried up to which accuracy stays within {100 * BORNE:.0f} points of that of "
        "unharmed faces. Then the worst amount of all, and the accuracy there."
    )
    return Table(caption, ("fault", "unit", "borne up to", "worst tried", "accuracy there"), rows)


def _covers_caption() -> str:
    return (
        "Accuracy when a part of the face is hidden. Bands are gray and always at the same place, over the eyes or the "
        "mouth of an average face; the other covers are drawn at places and in shades that differ from face to face. "
        "Bars: 95 % interval. Dashed: unharmed faces. Dotted: always saying the commonest class."
    )


def _draw_covers(figure: Figure, found: Result) -> None:
    hidden, axes = _covers(found), figure.subplots()
    places = list(range(len(hidden)))
    for place, point in zip(places, hidden.values(), strict=True):
        axes.bar(place, 100 * point["accuracy"], color="#9dbfe3")
        _error_bars(axes, [place], [point], BLUE)
    axes.axhline(100 * found["whole"]["accuracy"], color=GRAY, linestyle="--", linewidth=1)
    axes.axhline(100 * _always(found["whole"]), color=GRAY, linestyle=":", linewidth=1)
    axes.set_xticks(places, list(hidden), rotation=20, ha="right")
    axes.set(ylim=(0, 100), ylabel="read rightly, of 100")


def _cover_table(found: Result) -> Table:
    classes = [name for name in FERPLUS_LABELS if name in found["whole"]["recall"]]
    rows = [
        (name, percent(point["accuracy"], point["interval"]), *(f"{100 * point['recall'][one]:.0f}" for one in classes))
        for name, point in [("nothing", found["whole"]), *_covers(found).items()]
    ]
    caption = (
        "The same as numbers, and the recall of each class (of 100 faces of the class, those read rightly): which part "
        "of the face carries which expression."
    )
    return Table(caption, ("hidden by", "accuracy", *classes), rows)


def _claim(found: Result) -> Claim:
    whole, dark = found["whole"], found["families"]["darker"]["points"][-1]
    worst = min(found["covers"].values(), key=lambda point: float(point["accuracy"]))
    lost = whole["accuracy"] - min(worst["accuracy"], dark["accuracy"]) > BORNE
    return Claim(
        "lighting and occlusion",
        "solved by data augmentation (no figure)",
        f"{percent(whole['accuracy'])} unharmed, {percent(dark['accuracy'])} when {dark['amount']:g} stops darker, "
        f"{percent(worst['accuracy'])} behind the worst cover",
        "the served net learned with augmentation for light, size and covers, and is not immune"
        if lost
        else "the served net learned with such augmentation",
    )
