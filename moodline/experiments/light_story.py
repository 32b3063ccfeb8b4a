"""Tells whether preprocessing helps in bad light; used by the story of `robustness`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from moodline.experiments.experiment import Picture, Table
from moodline.experiments.light import RAW, READ, UNTREATED
from moodline.experiments.score import percent

SURE = 0.05
"""Chance below which a difference is called one, shared out over all comparisons (Bonferroni)."""
COLOURS = ("#000000", "#1f5fa8", "#2a9d8f", "#e9a03b", "#c8553d")


class Light(NamedTuple):
    """One kind of light.

    Attributes:
        name: of it.
        bad: whether it is bad at all.
        read: `accuracy`, `interval` by how faces were read.
        signs: by the same; 1: surely better than as served, -1: surely worse, 0: neither.
    """

    name: str
    bad: bool
    read: dict[str, dict[str, Any]]
    signs: dict[str, int]


def compared(rows: Sequence[dict[str, Any]], commonest: float) -> list[Light]:
    """Say where a treatment is surely better or worse than none.

    Args:
        rows: `light`, `amount` and `read`, with the `mcnemar` of each against as served.
        commonest: share of the commonest class; what does no better than always saying it, helps nobody.
    """
    limit = SURE / max(len(rows) * (len(READ) - 1), 1)
    found = []
    for row in rows:
        read, bad = row["read"], row["light"] != "none"
        signs = {name: _sign(read[name], read[UNTREATED], limit, commonest) for name in READ}
        found.append(Light(f"{row['light']}: {row['amount']:g}" if bad else "unharmed", bad, read, signs))
    return found


def _sign(one: dict[str, Any], served: dict[str, Any], limit: float, commonest: float) -> int:
    if one["mcnemar"] >= limit or one["accuracy"] == served["accuracy"]:
        return 0
    if one["accuracy"] < served["accuracy"]:
        return -1
    return int(one["interval"][0] > commonest)


def helped(lights: Sequence[Light]) -> str:
    """Say in one sentence which treatment helps how often."""
    counts, bad = _counts(lights), sum(light.bad for light in lights)
    _, needed = counts.pop(RAW)
    told = ", ".join(f"{name} helps in {better} and harms in {worse}" for name, (better, worse) in counts.items())
    return (
        f"Of {bad} kinds of bad light, {told}; without the net's own standardisation of each face it reads worse in "
        f"{needed}."
    )


def _counts(lights: Sequence[Light]) -> dict[str, tuple[int, int]]:
    """Give for each treatment in how many kinds of bad light it is surely better, and worse."""
    signs = {name: [light.signs[name] for light in lights if light.bad] for name in READ[1:]}
    return {name: (some.count(1), some.count(-1)) for name, some in signs.items()}


def treated(lights: Sequence[Light]) -> list[str | Table | Picture]:
    """Give paragraphs, a table and a figure."""
    return [
        _about(),
        _table(lights),
        Picture("robustness-light", _caption(), lambda figure: _draw(figure, lights)),
        _verdict(lights),
    ]


def _about() -> str:
    return (
        "Does preprocessing help in bad light? Each face in bad light is read as served; after histogram equalisation "
        "(its levels are spread evenly), CLAHE (the same tile by tile, within limits) or gamma correction (its mean is "
        "brought to the middle); and, to see what the net's own standardisation of each face by its mean and spread is "
        "worth, without that (all faces by the same mean and spread). The net learned from faces that were "
        "standardised and otherwise untreated; a net that had learned from treated faces might gain more from a "
        "treatment, which is not measured here."
    )


def _table(lights: Sequence[Light]) -> Table:
    comparisons = len(lights) * (len(READ) - 1)
    rows = [
        (
            light.name,
            *(
                f"{percent(light.read[name]['accuracy'], light.read[name]['interval'])}"
                f"{('', ' ▲', ' ▼')[light.signs[name]]}"
                for name in READ
            ),
        )
        for light in lights
    ]
    caption = (
        "Accuracy in bad light. ▲ better (and better than always saying the commonest class) and ▼ worse than as "
        f"served, where chance alone would make such a difference in fewer than {100 * SURE:.0f} of 100 tables like "
        f"this (McNemar's test over the same faces, Bonferroni over {comparisons} comparisons)."
    )
    return Table(caption, ("light", *READ), rows)


def _caption() -> str:
    return "The same as a figure: accuracy in each kind of light, as served and otherwise. Bars: 95 % interval."


def _draw(figure: Figure, lights: Sequence[Light]) -> None:
    figure.set_size_inches(9, 4.4)
    axes = figure.subplots()
    for number, (name, colour) in enumerate(zip(READ, COLOURS, strict=True)):
        off = (number - (len(READ) - 1) / 2) * 0.15
        points = [light.read[name] for light in lights]
        shares = [100 * point["accuracy"] for point in points]
        below = [max(share - 100 * point["interval"][0], 0) for share, point in zip(shares, points, strict=True)]
        above = [max(100 * point["interval"][1] - share, 0) for share, point in zip(shares, points, strict=True)]
        places = [place + off for place in range(len(lights))]
        axes.errorbar(places, shares, [below, above], linestyle="", color=colour, marker="o", markersize=4, label=name)
    axes.set_xticks(range(len(lights)), [light.name for light in lights], rotation=30, ha="right")
    axes.set(ylim=(0, 100), ylabel="read rightly, of 100")
    figure.legend(fontsize=8, loc="outside upper center", ncols=len(READ))


def _verdict(lights: Sequence[Light]) -> str:
    counts = _counts(lights)
    harmless = [name for name in READ[1:] if all(light.signs[name] >= 0 for light in lights if not light.bad)]
    useful = [name for name, (better, worse) in counts.items() if better > worse and name in harmless]
    return (
        "Worth having would be a treatment that helps in more kinds of bad light than it harms in, and does not harm "
        f"unharmed faces: {', '.join(useful) if useful else 'none of these is'}."
    )
