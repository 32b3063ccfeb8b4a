"""Tells what the experiment `leak` measured."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

from matplotlib.figure import Figure

from classifier.training.scores import wilson
from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.naming import model
from moodline.experiments.recipes import MODELS
from moodline.experiments.score import percent

NAMES = {name: model(vars(recipe)) for name, recipe in MODELS.items()}
"""Of both models, in words."""
SHORT = {"neighbours": "nearest neighbour", "machine": "SVM"}
WAYS = ("official", "random", "after", "before")
SAID = {
    "official": "official split",
    "random": "random split",
    "after": "copies made after the split",
    "before": "copies made before the split",
}
TICKS = {
    "official": "official\nsplit",
    "random": "random\nsplit",
    "after": "copies after\nthe split",
    "before": "copies before\nthe split",
}
COLORS = {"fresh": "#1f5f8b", "all": "#7aa6c2", "remembered": "#b03030"}
LEGEND = {"fresh": "faces never seen", "all": "all test faces", "remembered": "faces learned from"}
THESIS = 92


def tell(found: Result) -> Story:
    """Tell of twins, of random splits, of copies and of what was learned by heart."""
    rows = {name: _rows(found["models"][name]) for name in MODELS}
    blocks: list[str | Table | Picture] = [
        _twins(found["twins"], found["faces"]),
        Table(FOUR, ("model", "split", "all test faces", "never seen", "twins alone", "twins among them"), _four(rows)),
        _splits(rows),
        Table(SEEDS, ("model", "split", "all test faces", "never seen"), _seeds(found["models"])),
        _copies(found),
        Table(COPIES, ("model", "copies made", "learned from", "all test pictures", "never seen"), _copied(rows)),
        Picture("leak-ways", WAYS_CAPTION, lambda figure: _draw(figure, rows)),
        _remembered(rows),
        Table(REMEMBERED, ("model", "split", "faces learned from", "never seen"), _heart(rows)),
    ]
    return Story(_answer(rows), blocks, _claims(rows))


def _answer(rows: dict[str, dict[str, Result]]) -> str:
    near, machine = (rows[name] for name in MODELS)
    gaps = [_difference(one[way]) for way in ("official", "random") for one in (near, machine)]
    rise = min(gaps) > 0
    by = [f"{100 * gap:.1f}" if rise else f"{100 * gap:+.1f}" for gap in gaps]
    return (
        f"With copies of faces made before the split, a nearest neighbour seems to read {_short(near['before'])} and "
        f"an SVM {_short(machine['before'])}; on pictures of faces that they never saw it is "
        f"{_short(near['before'], 'fresh')} and {_short(machine['before'], 'fresh')}. Pictures that occur twice in "
        f"FER2013 {'raise' if rise else 'change'} the score by {by[0]} points (nearest neighbour) and {by[1]} points "
        f"(SVM) on the official split, by {by[2]} and {by[3]} points on random ones."
    )


FOUR = (
    "The same models on both splits: learned from 70 % of all faces at random and measured on 10 %, or learned from "
    "Training and measured on PrivateTest. Never seen: without the twins, whose very bytes stand among the faces "
    "learned from. Random splits are means over the seeds; their intervals are those of a single split."
)
SEEDS = "Every random split by itself."
COPIES = (
    "Copies made before and after the split. Before: of most faces, some copies are learned from and others measured. "
    "After: only faces learned from are copied, and those measured are as they are. Never seen: pictures of faces of "
    "which nothing was learned from, neither a copy nor a twin. The intervals take every picture for a test of its "
    "own; copies of one face are not, so that the intervals of copies made before the split are too narrow."
)
WAYS_CAPTION = (
    "Accuracy of both models by how faces were dealt out. Dark: test faces never seen; light: all test faces; red: the "
    "faces that were learned from. The thin lines are 95 % intervals, the dashed line is the thesis's 92 %."
)
REMEMBERED = "What was learned by heart: accuracy on faces learned from, beside that on faces never seen."


def _rows(ways: Result) -> dict[str, Result]:
    """Give one row for each way; the random splits as their mean."""
    return {way: _mean(ways[way]) if way == "random" else ways[way] for way in WAYS}


def _mean(splits: Sequence[Result]) -> Result:
    joined: Result = {"learned_from": splits[0]["learned_from"]}
    for key in ("all", "fresh", "twins", "remembered"):
        some = [one[key] for one in splits if one[key] is not None]
        joined[key] = _joined(some) if some else None
    return joined


def _joined(some: Sequence[Result]) -> Result:
    share, images = mean(one["accuracy"] for one in some), round(mean(one["images"] for one in some))
    return {"images": images, "accuracy": share, "interval": wilson(round(share * images), images)}


def _twins(twins: dict[str, int], faces: int) -> str:
    apart = (
        f"in {twins['contradicting']:,} groups ({twins['contradicting_pictures']:,} pictures) twins carry different "
        "labels, so that no model can read all of them rightly"
        if twins["contradicting"]
        else "no twins carry different labels"
    )
    return (
        f"**Twins.** Of the {faces:,} pictures of FER2013, {twins['pictures']:,} stand in it more than once, byte by "
        f"byte, in {twins['groups']:,} groups; {apart}. Where twins stand on both sides of a split, a model need not "
        "read them: it can remember them. The table says on which sides they do. Pictures that are only nearly the "
        "same are not looked for."
    )


def _splits(rows: dict[str, dict[str, Result]]) -> str:
    told: list[str] = []
    for name, ways in rows.items():
        low, high = ways["official"]["all"]["interval"]
        random = ways["random"]["all"]["accuracy"]
        where = "above" if random > high else "below" if random < low else "inside"
        told.append(f"{where} {'it' if told else 'the interval of the official one'} with the {SHORT[name]}")
    return (
        f"**At random or official?** On average, the random splits score {', and '.join(told)} (all test faces). A "
        "random split learns here from fewer faces than the official one, which works against it. That a split is "
        "official does not make it clean: twins stand on both sides of it, too, wherever the last column is not zero."
    )


def _copies(found: Result) -> str:
    return (
        "**Copies before the split.** A usual mistake: every face is first copied, mirrored, turned (here by up to "
        f"{found['turn']:g}°) and made lighter or darker, and the copies are then dealt out at random. A test picture "
        "then has near twins among those learned from. The thesis reports that such copies lift its net from 85 to "
        "92 % and does not say when they were made. Pictures of faces of which no copy was learned from show what a "
        "model can do in truth. Compare the SVM's two results with copies only with each other: both learned from "
        "copies of a part of the faces, since its time grows with the square of their number."
    )


def _remembered(rows: dict[str, dict[str, Result]]) -> str:
    near, machine = (percent(rows[name]["official"]["remembered"]["accuracy"]) for name in MODELS)
    return (
        "**Faces learned from.** Asked for a face that it learned from, a nearest neighbour finds the face itself, and "
        f"can only be wrong where twins carry two labels: {near}. The SVM reaches {machine}. Accuracy on faces learned "
        "from says how well a model remembers, and nothing about new faces."
    )


def _four(rows: dict[str, dict[str, Result]]) -> list[tuple[str, ...]]:
    return [
        (
            NAMES[name],
            SAID[way],
            _long(ways[way]["all"]),
            _long(ways[way]["fresh"]),
            _long(ways[way]["twins"]),
            f"{0 if ways[way]['twins'] is None else ways[way]['twins']['images']:,} of {ways[way]['all']['images']:,}",
        )
        for name, ways in rows.items()
        for way in ("random", "official")
    ]


def _seeds(models: Result) -> list[tuple[str, ...]]:
    return [
        (NAMES[name], f"no. {number}", _long(one["all"]), _long(one["fresh"]))
        for name in MODELS
        for number, one in enumerate(models[name]["random"], 1)
    ]


def _copied(rows: dict[str, dict[str, Result]]) -> list[tuple[str, ...]]:
    return [
        (
            NAMES[name],
            SAID[way].removeprefix("copies made "),
            f"{ways[way]['learned_from']:,} pictures",
            f"{_long(ways[way]['all'])} of {ways[way]['all']['images']:,}",
            "no such face" if (one := ways[way]["fresh"]) is None else f"{_long(one)} of {one['images']:,}",
        )
        for name, ways in rows.items()
        for way in ("after", "before")
    ]


def _heart(rows: dict[str, dict[str, Result]]) -> list[tuple[str, ...]]:
    return [
        (NAMES[name], SAID[way], _long(ways[way]["remembered"]), _long(ways[way]["fresh"]))
        for name, ways in rows.items()
        for way in WAYS
    ]


def _claims(rows: dict[str, dict[str, Result]]) -> list[Claim]:
    near, machine = (rows[name] for name in MODELS)
    copied = "; ".join(
        f"copies made {when} the split: 1-NN {_short(near[when])}, SVM {_short(machine[when])}"
        for when in ("after", "before")
    )
    heart = [percent(one["official"]["remembered"]["accuracy"]) for one in (near, machine)]
    return [
        Claim(
            "a random 70/20/10 split",
            "kNN 76 %, SVM 81 %",
            f"1-NN {_long(near['random']['all'])}, SVM {_long(machine['random']['all'])}",
            f"twins on both sides change this by {_gap(near['random'])} and {_gap(machine['random'])} points",
        ),
        Claim(
            "augmentation",
            "85 % without it, 92 % with it",
            copied,
            "not the same comparison: both of ours learned from copies; the difference is only when they were made",
        ),
        Claim(
            "accuracy on faces learned from",
            "not given; its figures are called those of training and validation sets",
            f"1-NN {heart[0]}, SVM {heart[1]}",
            "memory, not skill",
        ),
    ]


def _difference(row: Result) -> float:
    """Give by how much more of all test faces is read rightly than of those never seen."""
    return 0.0 if row["fresh"] is None else float(row["all"]["accuracy"] - row["fresh"]["accuracy"])


def _gap(row: Result) -> str:
    return f"{100 * _difference(row):+.1f}"


def _short(row: Result, key: str = "all") -> str:
    return "nothing known" if row[key] is None else percent(row[key]["accuracy"])


def _long(one: Result | None) -> str:
    return "no such face" if one is None else percent(one["accuracy"], one["interval"])


def _draw(figure: Figure, rows: dict[str, dict[str, Any]]) -> None:
    figure.set_size_inches(7.5, 3.4)
    both = figure.subplots(1, len(rows), sharey=True)
    for axes, (name, ways) in zip(both, rows.items(), strict=True):
        for step, key in enumerate(COLORS):
            shown = [(place + 0.27 * (step - 1), ways[way][key]) for place, way in enumerate(WAYS) if ways[way][key]]
            heights = [100 * one["accuracy"] for _, one in shown]
            axes.bar([place for place, _ in shown], heights, 0.25, color=COLORS[key], label=LEGEND[key])
            for place, one in shown:
                axes.plot([place] * 2, [100 * end for end in one["interval"]], color="black", linewidth=0.8)
        axes.axhline(THESIS, color="#b03030", linestyle="--", linewidth=1)
        axes.set_xticks(range(len(WAYS)), [TICKS[way] for way in WAYS], fontsize=7)
        axes.grid(visible=False, axis="x")
        axes.set_title(NAMES[name], fontsize=9)
        axes.set_ylim(0, 105)
    both[0].set_ylabel("accuracy, %")
    figure.legend(*both[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
