"""Tells whether preprocessing helps in bad light; used by the story of `robustness`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from moodline.experiments.experiment import Picture, Table
from moodline.experiments.fault_words import listed, with_amount
from moodline.experiments.light import RAW, READ, TREATMENTS, UNTREATED
from moodline.experiments.score import percent

SURE = 0.05
"""Chance below which a difference is called one, shared out over all comparisons (Bonferroni)."""
LOSS = 0.05
"""What a treatment may cost in any light, in accuracy, to be called worth having."""
COLOURS = ("#000000", "#1f5fa8", "#2a9d8f", "#e9a03b", "#c8553d")


class Light(NamedTuple):
    """One light.

    Attributes:
        name: of it.
        kind: of fault, of one or more amounts.
        bad: whether it is bad at all.
        read: `accuracy`, `interval` by how faces were read.
        signs: by the same; 1: surely better than as served, -1: surely worse, 0: neither.
    """

    name: str
    kind: str
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
        name = with_amount(row["light"], row["amount"]) if bad else "unharmed"
        found.append(Light(name, row["light"], bad, read, signs))
    return found


def _sign(one: dict[str, Any], served: dict[str, Any], limit: float, commonest: float) -> int:
    if one["mcnemar"] >= limit or one["accuracy"] == served["accuracy"]:
        return 0
    if one["accuracy"] < served["accuracy"]:
        return -1
    return int(one["interval"][0] > commonest)


def helped(lights: Sequence[Light]) -> str:
    """Say in two sentences which treatment is worth having, and how often the net's own is needed."""
    bad = [light for light in lights if light.bad]
    worth = _worth(lights)
    return (
        f"As preprocessing against bad light, {worth} (by the rule at the end of the page on worse pictures). Without "
        f"the standardisation of each face that this net learned with, it reads worse in {count(lights, RAW, -1)} of "
        f"{len(bad)} bad lights ({_kinds(bad)})."
    )


def _kinds(bad: Sequence[Light]) -> str:
    kinds = [light.kind for light in bad]
    numbers = sorted({kinds.count(kind) for kind in kinds})
    each = " to ".join(str(number) for number in dict.fromkeys((numbers[0], numbers[-1]))) if numbers else "no"
    return f"{_many(len(set(kinds)), 'kind')}, each at {each} {'strength' if each == '1' else 'strengths'}"


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def count(lights: Sequence[Light], name: str, sign: int) -> int:
    """Count the bad lights in which a treatment is surely better (1), or surely worse (-1)."""
    return sum(light.bad and light.signs[name] == sign for light in lights)


def mean(lights: Sequence[Light], name: str) -> float:
    """Give the mean accuracy over all lights, unharmed faces among them."""
    return sum(float(light.read[name]["accuracy"]) for light in lights) / len(lights)


def verdict(lights: Sequence[Light], name: str) -> str:
    """Say what a treatment is worth.

    Returns:
        `worth having`: it is surely better in some bad light, the mean over all lights rises, and it costs no more
        than `LOSS` in any. `of no use`: it is surely better in none. `mixed`: all else.
    """
    if not count(lights, name, 1):
        return "of no use"
    rises = mean(lights, name) > mean(lights, UNTREATED)
    return "worth having" if rises and _dearest(lights, name)[1] <= LOSS else "mixed"


def _dearest(lights: Sequence[Light], name: str) -> tuple[str, float]:
    """Give the light in which a treatment costs most, and what it costs in accuracy."""
    losses = {light.name: light.read[UNTREATED]["accuracy"] - light.read[name]["accuracy"] for light in lights}
    worst = max(losses, key=lambda light: float(losses[light]))
    return worst, float(losses[worst])


def _worth(lights: Sequence[Light]) -> str:
    verdicts = {name: verdict(lights, name) for name in TREATMENTS}
    groups = {
        said: [name for name, its in verdicts.items() if its == said] for said in ("worth having", "mixed", "of no use")
    }
    return "; ".join(
        f"{listed(names)} {'is' if len(names) == 1 else 'are'} {said}" for said, names in groups.items() if names
    )


def treated(lights: Sequence[Light], commonest: float) -> list[str | Table | Picture]:
    """Give paragraphs, a table and a figure.

    Args:
        lights: as `compared` gives them.
        commonest: share of the commonest class.
    """
    return [
        _about(),
        _table(lights, commonest),
        Picture("robustness-light", _caption(), lambda figure: _draw(figure, lights)),
        _verdict(lights),
    ]


def _about() -> str:
    return (
        "Does preprocessing help in bad light? Each face in bad light is read as served, and after each of three "
        "treatments. Histogram equalisation spreads its gray levels evenly. CLAHE (contrast limited adaptive histogram "
        "equalisation) does the same tile by tile, within limits. Gamma correction brings its mean to the middle. The "
        "last column takes away what the net does itself: it standardises each face by the face's own mean and spread, "
        "and there all faces are brought to one mean and spread. The net learned from faces that were standardised "
        "and otherwise untreated. So the last column shows that this net needs what it learned with; it says nothing "
        "of a net that learns without it. Likewise a net that learned from treated faces might gain more from a "
        "treatment. Neither is measured here."
    )


def _table(lights: Sequence[Light], commonest: float) -> Table:
    comparisons = len(lights) * (len(READ) - 1)
    rows = [(light.name, *(_cell(light, name, commonest) for name in READ)) for light in lights]
    rows.append(("mean of all lights", *(percent(mean(lights, name)) for name in READ)))
    caption = (
        "Accuracy in bad light. ▲ and ▼ mark differences from 'as served' that are significant (McNemar's test over "
        f"the same faces, corrected for {comparisons} comparisons, {100 * SURE:.0f} % level): ▲ better, and better "
        f"than always saying the commonest class, ▼ worse. †: no better than always saying the commonest class "
        f"({percent(commonest)})."
    )
    return Table(caption, ("light", *READ), rows)


def _cell(light: Light, name: str, commonest: float) -> str:
    point = light.read[name]
    no_better = " †" if point["accuracy"] <= commonest else ""
    return f"{percent(point['accuracy'], point['interval'])}{no_better}{('', ' ▲', ' ▼')[light.signs[name]]}"


def _caption() -> str:
    return "The same as a figure: accuracy in each light, as served and otherwise. Bars: 95 % interval."


def _draw(figure: Figure, lights: Sequence[Light]) -> None:
    figure.set_size_inches(10, 5)
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
    told = [_told(lights, name) for name in TREATMENTS]
    return (
        "A treatment is worth having here if it is significantly better in some bad light, if the mean over all lights "
        f"rises (every light counts the same, unharmed faces as one), and if it costs no more than {100 * LOSS:.0f} "
        f"points in any. It is mixed if it is better somewhere but fails another of these, and of no use "
        f"if it is better nowhere. {' '.join(told)}"
    )


def _told(lights: Sequence[Light], name: str) -> str:
    """Say the verdict on one treatment with the figures that it rests on."""
    where, loss = _dearest(lights, name)
    costs = f"at most it costs {100 * loss:.2f} points ({where})" if loss > 0 else "it costs nothing in any light"
    start = name[0].upper() + name[1:]
    return (
        f"{start} is {verdict(lights, name)}: it is better in {count(lights, name, 1)} bad lights and worse in "
        f"{count(lights, name, -1)}, the mean goes from {percent(mean(lights, UNTREATED))} to "
        f"{percent(mean(lights, name))}, and {costs}."
    )
