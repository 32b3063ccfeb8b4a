"""Tells what the experiment on generalisation found; used by `generalisation`."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from classifier.training.scores import wilson
from common.labels import LABELS
from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.portrait_kinds import KINDS
from moodline.experiments.score import percent

THESIS = 0.92
COLOURS = ("#707070", "#000000", "#1f5fa8", "#c8553d")


def tell(found: Result) -> Story:
    """Tell the result."""
    return Story(
        _answer(found),
        [
            _introduction(found),
            _sets_table(found),
            _recall_table(found),
            Picture("generalisation-recall", _recall_caption(), lambda figure: _draw(figure, found)),
            _kinds_table(found["portraits"]),
            _about_groups(),
        ],
        [_claim(found)],
    )


def _sets(found: Result) -> dict[str, dict[str, Any]]:
    """Give every set's numbers in one form: `unit`, `images`, `accuracy`, `interval`, `confusion` over `LABELS`."""
    private, ckplus, portraits = found["fer2013"], found["ckplus"]["readings"], found["portraits"]
    read = {
        "images": portraits["images"],
        "accuracy": portraits["accuracy"],
        "interval": portraits["interval_by_person"],
        "confusion": portraits["confusion"],
    }
    return {
        "PrivateTest, FER2013's labels": private["labels"] | {"unit": "faces"},
        "PrivateTest, FER+ majority": private["majority"] | {"unit": "faces"},
        "CK+": ckplus | {"unit": "sequences"},
        "portraits": read | {"unit": "pictures"},
    }


def _recalls(scores: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Recall by class; a picture without a reading (the last column, where there is one) is not read rightly."""
    table = np.asarray(scores["confusion"])
    found = {}
    for number, name in enumerate(LABELS):
        hits, true = int(table[number, number]), int(table[number].sum())
        if true:
            found[name] = {"recall": hits / true, "interval": wilson(hits, true), "images": true}
    return found


def _macro(scores: dict[str, Any]) -> float:
    return float(np.mean([row["recall"] for row in _recalls(scores).values()]))


def _answer(found: Result) -> str:
    sets = _sets(found)
    private, ckplus, portraits = (sets[name] for name in ("PrivateTest, FER+ majority", "CK+", "portraits"))
    told = f"{percent(private['accuracy'], private['interval'])} of the test faces of its own collection"
    return (
        f"It reads rightly {told}, {percent(ckplus['accuracy'], ckplus['interval'])} of the sequences of CK+ "
        f"({_against(ckplus, private)}), and {percent(portraits['accuracy'], portraits['interval'])} of the portraits "
        f"by the whole path ({_against(portraits, private)}). Whether it reads every group of people as well cannot be "
        "said: no collection here says who belongs to which."
    )


def _against(one: dict[str, Any], other: dict[str, Any]) -> str:
    if one["interval"][0] > other["interval"][1]:
        return "more"
    return "fewer" if one["interval"][1] < other["interval"][0] else "no sure difference"


def _introduction(found: Result) -> str:
    form = found["learned_from"]["form"]
    learned = "The net that is shipped learned from FER2013 with the votes of FER+; its weights file does not say so."
    if form:
        learned = f"Its weights file says that it learned from a set of the form '{form}'."
    return (
        f"{learned} Here it reads faces of other collections without learning anything from them: CK+ (posed, in a "
        "laboratory, people who were told which expression to make; each sequence counts once, by the mean of its "
        "frames) and press portraits (found in the world, labelled by others; the whole path, so that a face that is "
        "not found counts as wrong). What is scored are the readings, over seven expressions, which are made to say "
        "what most people would, not what FER2013's own label is; CK+ has no neutral, and its contempt is left out."
    )


def _sets_table(found: Result) -> Table:
    rows = [
        (
            name,
            f"{scores['images']} {scores['unit']}",
            percent(scores["accuracy"], scores["interval"]),
            percent(_macro(scores)),
        )
        for name, scores in _sets(found).items()
    ]
    contempt, portraits = found["ckplus"]["with_contempt"], found["portraits"]
    rows.append(
        (
            "CK+ with contempt",
            f"{contempt['images']} sequences",
            percent(contempt["accuracy"], contempt["accuracy_interval"]),
            percent(contempt["balanced_accuracy"]),
        )
    )
    caption = (
        "Accuracy: of all, the share read rightly. Mean recall: the mean over the classes of the share read rightly, "
        "which does not depend on how common each class is. In the last row the FER+ output chooses among the seven "
        f"labels of CK+. Of the portraits, {percent(portraits['coverage'])} had a face that was read; their interval "
        f"treats the pictures of one person ({portraits['persons']} persons) as belonging together."
    )
    return Table(caption, ("collection", "of", "accuracy", "mean recall"), rows)


def _recall_table(found: Result) -> Table:
    sets = {name: _recalls(scores) for name, scores in _sets(found).items()}
    rows = [(label, *(_recall_cell(one.get(label)) for one in sets.values())) for label in LABELS]
    caption = (
        "Recall by class: of the faces of this class, the share that was read so, with how many there are. Few faces "
        "make a wide interval."
    )
    return Table(caption, ("class", *sets), rows)


def _recall_cell(row: dict[str, Any] | None) -> str:
    return "–" if row is None else f"{percent(row['recall'], row['interval'])} of {row['images']}"


def _recall_caption() -> str:
    return "The same as a figure. Bars: 95 % interval. A class that a collection lacks has no point."


def _draw(figure: Figure, found: Result) -> None:
    axes, sets = figure.subplots(), _sets(found)
    for number, ((name, scores), colour) in enumerate(zip(sets.items(), COLOURS, strict=True)):
        recalls = _recalls(scores)
        places = [LABELS.index(label) + (number - 1.5) * 0.17 for label in recalls]
        shares = [100 * row["recall"] for row in recalls.values()]
        below = [max(100 * (row["recall"] - row["interval"][0]), 0) for row in recalls.values()]
        above = [max(100 * (row["interval"][1] - row["recall"]), 0) for row in recalls.values()]
        axes.errorbar(places, shares, [below, above], linestyle="", marker="o", markersize=4, color=colour, label=name)
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set(ylim=(0, 100), ylabel="recall, of 100")
    axes.legend(fontsize=8, loc="lower right")


def _kinds_table(portraits: dict[str, Any]) -> Table:
    rows = []
    kinds = [(name, portraits["kinds"][name]) for name in KINDS if name in portraits["kinds"]]
    for name, kind in [("all", portraits), *kinds]:
        right = round(kind["accuracy"] * kind["images"])
        rows.append(
            (
                name,
                str(kind["images"]),
                percent(kind["coverage"]),
                percent(kind["accuracy"], wilson(right, kind["images"])),
                "–" if kind["macro_recall"] is None else percent(kind["macro_recall"]),
            )
        )
    caption = (
        "Portraits by what their files offer. Read: the share in which a face was found and read. Mean recall is over "
        "the classes that occur. The kinds differ also in who and what is shown, so a difference is not yet an effect "
        "of colour or size. Intervals here count every picture by itself."
    )
    return Table(caption, ("portraits", "pictures", "read", "accuracy", "mean recall"), rows)


def _about_groups() -> str:
    return (
        "What cannot be said. The thesis asks how such nets generalise over demographic and cultural groups. None of "
        "these collections says of anybody which gender, age or origin they have, and Moodline does not guess it: "
        "guesses would add errors of their own to every figure, and guessing groups from faces is what this project "
        "refuses to do. So there is no figure here by group, and equal accuracy "
        "for all groups must not be assumed from these tables. Who needs to know must measure with people who agreed "
        "to it and who say themselves which group they belong to. What the tables do show is how far accuracy moves "
        "between collections that differ in how faces came to be there."
    )


def _claim(found: Result) -> Claim:
    scores = found["ckplus"]["readings"]
    low, high = scores["interval"]
    if low <= THESIS <= high:
        why = "within what chance allows, though nothing was learned from CK+ here"
    elif high < THESIS:
        why = "nothing was learned from CK+ here, and no frame of a tested sequence was seen before"
    else:
        why = "higher here, though nothing was learned from CK+"
    return Claim("accuracy on CK+", "92 % (on “FER-2013 or CK+”)", percent(scores["accuracy"], scores["interval"]), why)
