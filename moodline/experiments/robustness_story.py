"""Tells what the experiment on robustness found; used by `robustness`."""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from classifier.labels import FERPLUS_LABELS
from moodline.evaluation.degrade import BLACK, WHITE
from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.fault_words import WORDS, listed, with_amount
from moodline.experiments.faults import FAMILIES, covers
from moodline.experiments.light_story import compared, helped, treated
from moodline.experiments.score import percent

BORNE = 0.05
"""How much accuracy may fall before a fault is no longer called borne."""
WELL = 0.5
"""Share of the amounts tried that must be borne before a fault is called borne well."""
NO_BETTER = " †"
"""Marks an accuracy that always saying the commonest class would reach too."""
COLUMNS = 4
BLUE, GRAY = "#1f5fa8", "#707070"


def tell(found: Result) -> Story:
    """Tell the result."""
    whole = found["whole"]
    lights = compared(found["light"]["rows"], whole["commonest"])
    return Story(
        _answer(found, helped(lights)),
        [
            _introduction(whole),
            Picture("robustness-curves", _curves_caption(whole), lambda figure: _draw_curves(figure, found)),
            _family_table(found),
            Picture("robustness-covers", _covers_caption(), lambda figure: _draw_covers(figure, found)),
            _cover_table(found),
            *treated(lights, whole["commonest"]),
        ],
        [_claim(found)],
    )


def _introduction(whole: dict[str, Any]) -> str:
    return (
        f"The same {whole['images']} faces of PrivateTest (FER+, eight classes, the label of most taggers) are made "
        f"worse, one fault at a time, and read by the served net. First of all their gray levels are brought to those "
        f"of video, where black is {BLACK} and white is {WHITE}. Unharmed, the net then reads "
        f"{percent(whole['accuracy'], whole['interval'])} of them rightly; on the page on [confusions](confusions.md) "
        "they keep all 256 levels, so the figure there may differ a little. Moodline itself does not read the worst "
        "of these: its detector refuses faces that are too small, soft, dark or hidden. Here nothing is refused."
    )


def _families(found: Result) -> dict[str, Any]:
    """Give faults in the order of `FAMILIES`: a result file sorts them by name."""
    return {family.name: found["families"][family.name] for family in FAMILIES if family.name in found["families"]}


def _covers(found: Result) -> dict[str, Any]:
    return {name: found["covers"][name] for name in covers() if name in found["covers"]}


def _borne(whole: dict[str, Any], family: dict[str, Any]) -> list[float]:
    """Give the amounts, from the mildest, up to which accuracy has fallen by no more than `BORNE`."""
    borne = []
    for point in family["points"]:
        if point["accuracy"] < whole["accuracy"] - BORNE:
            break
        borne.append(point["amount"])
    return borne


def _always(whole: dict[str, Any]) -> float:
    return float(whole["commonest"])


def _shown(point: dict[str, Any], whole: dict[str, Any]) -> str:
    """Write an accuracy with its interval, marked where the commonest class is as often right."""
    mark = NO_BETTER if point["accuracy"] <= _always(whole) else ""
    return percent(point["accuracy"], point["interval"]) + mark


def _marked(whole: dict[str, Any]) -> str:
    return f"†: no better than always saying the commonest class ({percent(_always(whole))})."


def _answer(found: Result, help_: str) -> str:
    whole = found["whole"]
    start = f"Unharmed faces are read rightly in {percent(whole['accuracy'], whole['interval'])}."
    rule = f"A fault is borne as far as that falls by no more than {100 * BORNE:.0f} points."
    return " ".join([start, rule, *_bearing(found), *_lost(found), _hidden(found), help_])


def _bearing(found: Result) -> list[str]:
    """Say in a few sentences how much of each fault is borne, from the least borne to the best."""
    none: list[str] = []
    mildest: list[str] = []
    more: list[str] = []
    well: list[str] = []
    for name, family in _families(found).items():
        borne, tried = _borne(found["whole"], family), len(family["points"])
        if not borne:
            none.append(with_amount(name, family["points"][0]["amount"]))
            continue
        group = well if len(borne) >= WELL * tried else mildest if len(borne) == 1 else more
        group.append(with_amount(name, borne[-1]))
    groups = {
        "Not borne even where mildest:": none,
        "Hardly borne, at most where mildest:": mildest,
        "Borne further:": more,
        "Borne well, for at least half of the amounts tried:": well,
    }
    return [f"{start} {listed(names)}." for start, names in groups.items() if names]


def _lost(found: Result) -> list[str]:
    """Name the faults whose worst amount leaves no more than always saying the commonest class."""
    always = _always(found["whole"])
    names = [f"'{name}'" for name, one in _families(found).items() if one["points"][-1]["accuracy"] <= always]
    start = f"At its worst, {listed(names)} leaves" if len(names) == 1 else f"At their worst, {listed(names)} leave"
    always_ = f"no more than always saying the commonest class would reach ({percent(always)})"
    return [f"{start} {always_}."] if names else []


def _worst_of(points: dict[str, Any]) -> str:
    return min(points, key=lambda name: float(points[name]["accuracy"]))


def _in_front(found: Result) -> dict[str, Any]:
    """Give everything that hides a part of the face, by what it is: covers, and patches of each size."""
    name = "patch in front"
    patches = found["families"].get(name, {"points": []})["points"]
    return {
        **{f"'{cover}'": point for cover, point in found["covers"].items()},
        **{with_amount(name, point["amount"]): point for point in patches},
    }


def _hidden(found: Result) -> str:
    """Say what costs most of all that hides a part of the face."""
    everything, shapes = _in_front(found), found["covers"]
    worst, shape = _worst_of(everything), _worst_of(shapes)
    text = f"Of all that hides a part of the face, {worst} costs most ({_shown(everything[worst], found['whole'])})"
    if worst == f"'{shape}'":
        return f"{text}."
    return f"{text}; of bands and things that people wear or hold, '{shape}' ({_shown(shapes[shape], found['whole'])})."


def _curves_caption(whole: dict[str, Any]) -> str:
    return (
        "Accuracy (of 100 faces, those read rightly) by the amount of each fault, from none at the left to bad at the "
        "right. The amounts stand at even distances, so the steps are not to scale. Bars: 95 % interval. Dashed: "
        f"unharmed faces. Dotted: always saying the commonest class ({percent(_always(whole))})."
    )


def _draw_curves(figure: Figure, found: Result) -> None:
    families = _families(found)
    rows = -(-len(families) // COLUMNS)
    figure.set_size_inches(10.5, 2.5 * rows)
    panels = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False)
    for unused in panels.ravel()[len(families) :]:
        unused.axis("off")
    for axes, (name, family) in zip(panels.ravel(), families.items(), strict=False):
        _draw_curve(axes, name, family, found["whole"])
    for axes in panels[:, 0]:
        axes.set_ylabel("read rightly, of 100")


def _draw_curve(axes: Axes, name: str, family: dict[str, Any], whole: dict[str, Any]) -> None:
    points = [whole, *family["points"]]
    places = range(len(points))
    _error_bars(axes, list(places), points, BLUE)
    _draw_limits(axes, whole)
    axes.set_xticks(list(places), ["none", *(f"{point['amount']:g}" for point in family["points"])], fontsize=7.5)
    axes.set(ylim=(0, 100), xlabel=WORDS[name].axis)
    axes.set_title(name, fontsize=10)


def _draw_limits(axes: Axes, whole: dict[str, Any]) -> None:
    axes.axhline(100 * whole["accuracy"], color=GRAY, linestyle="--", linewidth=1)
    axes.axhline(100 * _always(whole), color=GRAY, linestyle=":", linewidth=1)


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
                WORDS[name].meaning,
                f"{borne[-1]:g}" if borne else "none of those tried",
                f"{last['amount']:g}",
                _shown(last, found["whole"]),
            )
        )
    caption = (
        f"Borne: the worst amount that was tried up to which accuracy stays within {100 * BORNE:.0f} points of that of "
        f"unharmed faces. Then the worst amount of all, and the accuracy there. {_marked(found['whole'])}"
    )
    return Table(caption, ("fault", "what the amounts say", "borne up to", "worst tried", "accuracy there"), rows)


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
    _draw_limits(axes, found["whole"])
    axes.set_xticks(places, list(hidden), rotation=20, ha="right")
    axes.set(ylim=(0, 100), ylabel="read rightly, of 100")


def class_counts(found: Result) -> dict[str, int]:
    """Work out how many faces each class has: the smallest number of which all its recalls are whole numbers.

    Such a number divides the true one. So if they add up to all faces, every one of them is the true one.

    Returns:
        By class; nothing where they do not add up.
    """
    whole, families = found["whole"], found["families"].values()
    points = [whole, *found["covers"].values(), *(point for family in families for point in family["points"])]
    counts = {
        name: lcm(*(Fraction(point["recall"][name]).limit_denominator(whole["images"]).denominator for point in points))
        for name in whole["recall"]
    }
    return counts if sum(counts.values()) == whole["images"] else {}


def _cover_table(found: Result) -> Table:
    classes, counts = [name for name in FERPLUS_LABELS if name in found["whole"]["recall"]], class_counts(found)
    rows = [
        (name, _shown(point, found["whole"]), *(f"{100 * point['recall'][one]:.0f}" for one in classes))
        for name, point in [("nothing", found["whole"]), *_covers(found).items()]
    ]
    caption = (
        "The same as numbers, and the recall of each class (of 100 faces of the class, those read rightly): which part "
        "of the face carries which expression."
    )
    if counts:
        caption += " In brackets: the faces of the class. Where they are few, a recall says little."
    return Table(
        caption, ("hidden by", "accuracy", *(f"{one} ({counts[one]})" if counts else one for one in classes)), rows
    )


def _claim(found: Result) -> Claim:
    whole, dark, in_front = found["whole"], found["families"]["darker"]["points"][-1], _in_front(found)
    worst = _worst_of(in_front)
    lost = whole["accuracy"] - min(in_front[worst]["accuracy"], dark["accuracy"]) > BORNE
    return Claim(
        "lighting and occlusion",
        "solved by data augmentation (no figure)",
        f"{percent(whole['accuracy'])} unharmed, {percent(dark['accuracy'])} when "
        f"{with_amount('darker', dark['amount'])}, {percent(in_front[worst]['accuracy'])} behind {worst}; always "
        f"saying the commonest class: {percent(_always(whole))}",
        "the served net learned with augmentation for light, size and covers, and is not immune"
        if lost
        else "the served net learned with such augmentation",
    )
