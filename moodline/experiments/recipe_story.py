"""Tells what `recipe` measured."""

from statistics import mean
from textwrap import fill
from typing import Any

from matplotlib.figure import Figure

from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.measured import COLUMNS, EXPLAINED, compare, graphics_of, over_seeds, row
from moodline.experiments.score import percent

FIRST = "the plain net with random views"
MIRRORED = "a second look in a mirror, at the same nets"
Runs = list[dict[str, Any]]


def tell(found: Result) -> Story:
    """Tell what augmentation did, and how the accuracy rose from the plain net to the shipped one."""
    ways = {way["name"]: way for way in [*found["singles"], *found["ladder"]]}
    runs = {name: way["runs"] for name, way in ways.items()}
    change, longer = (compare(runs["plain"], runs[name]) for name in ("augmented", "augmented-longer"))
    steps = _steps(found)
    body, epochs = compare(runs["augmented"], runs["body"]), compare(runs["deep"], runs["long"])
    answer = (
        f"Random views change the plain net's accuracy by {100 * change['gain']:+.1f} points ({change['verdict']}), "
        f"and by {100 * longer['gain']:+.1f} with twice the epochs ({longer['verdict']}); the thesis says +7. From the "
        f"plain net to the net that is served it goes from {_mean(runs['plain'])} to "
        f"{percent(found['served']['mirrored']['accuracy'])} of PrivateTest. Of that, {ways['body']['told']} brings "
        f"{100 * body['gain']:+.1f} points ({body['verdict']}) against the plain net with random views, and "
        f"{ways['long']['told']} bring {100 * epochs['gain']:+.1f} ({epochs['verdict']})."
    )
    singles = [
        row(way["told"], way["runs"], None if way["name"] == "plain" else runs["plain"]) for way in found["singles"]
    ]
    last = (
        f"The last row is one net, `{found['served']['sha256'][:12]}`, whose training is told in the [model "
        "card](../../classifier/weights/MODEL_CARD.md); it and the row above it look twice at every face. Accuracy is "
        "that of the head that learned FER2013's labels. What Moodline says of a face comes from the other head, which "
        "learned what most people say; [other faces](generalisation.md) scores that."
    )
    blocks: list[str | Table | Picture] = [
        Table(f"{_changes(runs['plain'])} {EXPLAINED}", ("", *COLUMNS), singles),
        _learned_by_heart(found),
        _cost(found),
        _between(runs),
        Table("The way to the shipped net. Columns as above.", ("", *COLUMNS), _ladder(steps, runs["augmented"])),
        _ferplus(found),
        _picture(steps, runs["augmented"]),
        last,
        *filter(None, [graphics_of([one for group in runs.values() for one in group])]),
    ]
    return Story(answer, blocks, _claims(found, runs))


def _changes(plain: Runs) -> str:
    return (
        "One change at a time, each against the first row; twice the epochs only with random views (of faces moved, "
        f"turned, mirrored, covered, lighter or darker). All learn for {len(plain[0]['curve'])} epochs where nothing "
        "else is told; on the [page of the plain net](plain.md) it learns for more."
    )


def _between(runs: dict[str, Runs]) -> str:
    body = compare(runs["augmented"], runs["body"])
    return (
        "From here on every row but the last has what the row above it has, and is compared with it. It begins with "
        "random views, since all that follows has them. SGD comes next because the body needs its high rate; the plain "
        "net loses by it, which makes the step after it look large: from the first row to the body it is "
        f"{100 * body['gain']:+.1f} points ({body['verdict']}). Nets with a second head (another last layer on the "
        "same body) learn from the ten people of FER+, too: what most of them say, or all their votes."
    )


def _steps(found: Result) -> list[tuple[str, Runs, Runs]]:
    """Give every step of the ladder: what is told of it, its runs, and those that it is compared with."""
    runs = {way["name"]: way["runs"] for way in [*found["singles"], *found["ladder"]]}
    steps = [(way["told"], way["runs"], runs[way["against"]]) for way in found["ladder"]]
    last = found["ladder"][-1]["runs"]
    twice = [{**one, **one["mirrored"]} for one in last]
    served = {**found["served"], **found["served"]["mirrored"]}
    return [*steps, (MIRRORED, twice, last), (_served(found), [served], twice)]


def _served(found: Result) -> str:
    """Say how the served net learned, as far as its file says and it differs from the step before."""
    training = found["served"]["training"]
    parts = [f"{training['epochs']} epochs"] if training.get("epochs") else []
    parts += ["begun with the weights of an earlier run"] if training.get("init_from") else []
    parts += ["targets softened by the readings of earlier runs"] if training.get("teachers") else []
    parts += [f"the weights of {len(training['blended'])} such nets averaged"] if training.get("blended") else []
    return "the net that is served" + (f": {', '.join(parts)}" if parts else "")


def _ladder(steps: list[tuple[str, Runs, Runs]], first: Runs) -> list[tuple[str, ...]]:
    return [row(FIRST, first, None), *(row(told, after, before) for told, after, before in steps)]


def _learned_by_heart(found: Result) -> Table:
    rows = []
    for way in found["singles"]:
        known, judged = (percent(_last(way["runs"], key)) for key in ("training", "judged"))
        epochs = ", ".join(str(one["epoch"]) for one in way["runs"])
        rows.append((way["told"], known, judged, f"{_gap(way['runs'])} points", epochs))
    caption = (
        "Learned by heart or not: accuracy after the last epoch on faces that were learned from, in their plain "
        "view, and on PublicTest, means of the seeds, and the gap between the two. Best epoch: the one "
        "that was kept, for each seed."
    )
    return Table(caption, ("", "learned from", "PublicTest", "gap", "best epoch"), rows)


def _cost(found: Result) -> Table:
    rows = [
        (
            f"{one['side']}×{one['side']}",
            f"{one['parameters']:,}",
            f"{one['epoch']:.0f} s",
            f"{one['hours']:.1f}",
            f"{one['times']:.1f}",
        )
        for one in found["cost"]
    ]
    caption = (
        "The same net on larger views of the same 48×48 faces, which hold nothing new: seconds of one core for an "
        "epoch (from a few batches, both sizes timed in turns), hours of one run, and how many times the first row's."
    )
    return Table(caption, ("view", "parameters", "an epoch", "hours a run", "times"), rows)


def _ferplus(found: Result) -> Table:
    rows = [
        (way["told"], over_seeds([one["ferplus"]["accuracy"] for one in way["runs"]]))
        for way in found["ladder"]
        if "ferplus" in way["runs"][0]
    ]
    served = found["served"]["ferplus"]
    rows.append((_served(found), percent(served["accuracy"], served["interval"])))
    caption = (
        f"The second head, with a mirrored look: accuracy on the {served['images']:,} faces of PrivateTest on whose "
        "expression most FER+ taggers agree, 8 classes."
    )
    return Table(caption, ("", "accuracy on FER+"), rows)


def _picture(steps: list[tuple[str, Runs, Runs]], first: Runs) -> Picture:
    def draw(figure: Figure) -> None:
        figure.set_size_inches(7.0, 4.2)
        axes = figure.subplots()
        shown = [(FIRST, first), *((told, after) for told, after, _ in steps)]
        for place, (_, group) in enumerate(shown):
            reads = [100 * one["accuracy"] for one in group]
            axes.plot(reads, [place] * len(reads), "o", color="#2f6fc0", markersize=4, alpha=0.6)
            axes.plot([mean(reads)], [place], "|", color="#c04a2f", markersize=14, markeredgewidth=2)
        axes.set_yticks(range(len(shown)), [fill(told, 44) for told, _ in shown], fontsize=7)
        axes.invert_yaxis()
        axes.set_xlabel("accuracy on PrivateTest, %")

    caption = (
        "The way from the plain net to the shipped one, from top to bottom, each with what is above it. A dot is one "
        "seed, a red stroke the mean. Dots that overlap with those of the row above show no clear step; of others the "
        "table says whether the step is clear."
    )
    return Picture("recipe-ladder", caption, draw)


def _claims(found: Result, runs: dict[str, Runs]) -> list[Claim]:
    dropped = compare(runs["no-dropout"], runs["plain"])
    optimiser, larger = compare(runs["plain"], runs["sgd"]), compare(runs["plain"], runs["enlarged"])
    small, large = found["cost"]
    return [
        Claim(
            "plain net: augmentation off and on",
            "85 % to 92 %",
            f"{_mean(runs['plain'])} to {_mean(runs['augmented'])}; {_mean(runs['augmented-longer'])} after twice the "
            "epochs",
            "views are drawn of faces learned from only, after the split; made before a random split, copies of a face "
            "stand on both sides, see `leak`. What random views prevent is learning by heart: the gap between faces "
            f"learned from and others goes from {_gap(runs['plain'])} to {_gap(runs['augmented'])} points; dropout had "
            f"taken most of it before (without, it is {_gap(runs['no-dropout'])})",
        ),
        Claim(
            "plain net: dropout",
            "limits overfitting",
            f"{_mean(runs['no-dropout'])} without, {_mean(runs['plain'])} with: {dropped['verdict']}",
            f"it limits learning by heart, not errors: the gap is {_gap(runs['no-dropout'])} points without and "
            f"{_gap(runs['plain'])} with, and the best epoch comes sooner without",
        ),
        Claim(
            "plain net: Adam at 0.001",
            "chosen, not compared",
            f"{_mean(runs['plain'])}; SGD {_mean(runs['sgd'])}: {optimiser['verdict']}",
            f"the same epochs and batch; SGD at 0.01 ends with {percent(_last(runs['sgd'], 'training'))} of the faces "
            f"that it learned from, Adam with {percent(_last(runs['plain'], 'training'))}",
        ),
        Claim(
            "plain net: 48×48 or 224×224",
            "either",
            f"{small['side']}: {_mean(runs['plain'])}; {large['side']}: {_mean(runs['enlarged'])}: {larger['verdict']}",
            f"the larger view holds nothing new, gives the net {large['parameters'] / small['parameters']:.0f} times "
            f"the numbers to learn by heart with (the gap is {_gap(runs['enlarged'])} points), and takes "
            f"{large['times']:.0f} times as long on a processor",
        ),
    ]


def _last(group: Runs, key: str) -> float:
    """Give an accuracy after the last epoch: of the faces learned from (`training`) or of PublicTest (`judged`)."""
    return float(mean(one["curve"][-1][key] for one in group))


def _gap(group: Runs) -> str:
    return f"{100 * (_last(group, 'training') - _last(group, 'judged')):+.1f}"


def _mean(group: Runs) -> str:
    return percent(mean(one["accuracy"] for one in group))
