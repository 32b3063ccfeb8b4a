"""Tells what the experiment on generalisation found; used by `generalisation`."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from classifier.training.scores import wilson
from common.labels import LABELS
from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.fault_words import listed
from moodline.experiments.portrait_kinds import COLOUR, GRAY, SIZES
from moodline.experiments.score import percent

THESIS = 0.92
NEAR = 0.02
"""Share of pictures by which the tables of two kinds may differ for the kinds to be called the same pictures."""
OWN, MAJORITY = "PrivateTest, FER2013's labels", "PrivateTest, FER+ majority"
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
            *_by_kind(found["portraits"]),
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
        OWN: private["labels"] | {"unit": "faces"},
        MAJORITY: private["majority"] | {"unit": "faces"},
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
    majority, own = sets[MAJORITY], sets[OWN]
    ckplus, portraits = (
        f"{_share(sets[name])} ({_against(sets[name], majority, own)})" for name in ("CK+", "portraits")
    )
    return (
        f"Of the test faces of its own collection it reads rightly {_share(majority)} by the FER+ majority, which "
        f"leaves out the faces that people dispute, and {_share(own)} by FER2013's own labels, which leave out none. "
        f"Of the sequences of CK+ it reads {ckplus}, and of the portraits, by the whole path, {portraits}. These "
        "figures are not of one kind: of CK+ and the portraits no face is left out as disputed, and a portrait in "
        "which no face is found counts as wrong. Whether it reads every group of people as well cannot be said: no "
        "collection here says who belongs to which."
    )


def _share(scores: dict[str, Any]) -> str:
    return percent(scores["accuracy"], scores["interval"])


def _against(one: dict[str, Any], majority: dict[str, Any], own: dict[str, Any]) -> str:
    """Compare with both figures of the net's own collection."""
    first, second = _apart(one, majority), _apart(one, own)
    if first == second:
        return f"{first} both"
    return f"{first} the first, {second} the second"


def _apart(one: dict[str, Any], other: dict[str, Any]) -> str:
    if one["interval"][0] > other["interval"][1]:
        return "clearly more than"
    return "clearly less than" if one["interval"][1] < other["interval"][0] else "not clearly apart from"


def _learned_from(form: str | None) -> str:
    if form is None:
        return "The served net learned from FER2013 with the votes of FER+; its weights file does not say so."
    if form == "fer2013":
        return "The served net learned from FER2013 with the votes of FER+, as its weights file says."
    return f"The served net learned from another set of faces, of the form '{form}', as its weights file says."


def _introduction(found: Result) -> str:
    return (
        f"{_learned_from(found['learned_from']['form'])} Here it reads faces of other collections without learning "
        "anything from them. CK+ was posed in a laboratory, by people who were told which expression to make; each "
        "sequence counts once, by the mean of its frames. The portraits are press photographs and stills of films, "
        "labelled by others; they take the whole path, so that a face that is not found counts as wrong. Right or "
        "wrong is what Moodline would say of a face: the likeliest of seven expressions, after its probabilities were "
        "brought to those of people's votes ([calibration](../calibration.md)). So it aims at what most people would "
        "say, and not at FER2013's own label. CK+ has no neutral, and its "
        "contempt is left out. That is also why these figures differ from those of [confusions](confusions.md), where "
        "each output of the net is scored by itself, from one look at a face."
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
    return (
        "The same as a figure. Bars: 95 % interval. A class that a collection lacks has no point. CK+ counts "
        "sequences, the portraits count pictures, the other two count faces."
    )


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
    axes.set(ylim=(0, 103), ylabel="recall, of 100")
    axes.legend(fontsize=8, loc="lower right")


def _by_kind(portraits: dict[str, Any]) -> list[str | Table]:
    """Give a table of portraits by colour, by size too where that says anything new, and what to think of it."""
    kinds = portraits["kinds"]
    same = same_pictures(kinds)
    names = [name for name in (GRAY, COLOUR, *(() if same else SIZES)) if name in kinds]
    return [_kinds_table(portraits, names), " ".join(text for text in (_stills(kinds), same) if text)]


def same_pictures(kinds: dict[str, Any]) -> str:
    """Say so where the pictures of one size are as good as the gray ones; otherwise nothing.

    The tables of both, label by reading, then differ by few pictures (`NEAR`).
    """
    sizes = [name for name in SIZES if name in kinds]
    if GRAY not in kinds or not sizes:
        return ""
    apart = {name: int(np.abs(_table_of(kinds[name]) - _table_of(kinds[GRAY])).sum()) for name in sizes}
    size = min(apart, key=lambda name: apart[name])
    if apart[size] > NEAR * kinds[GRAY]["images"]:
        return ""
    return (
        f"The size of the pictures says nothing new: those with a shorter side of {size} are nearly the gray ones "
        f"({kinds[size]['images']} and {kinds[GRAY]['images']}, whose tables of labels and readings differ by "
        f"{apart[size]}). So what colour does and what size does cannot be told apart here."
    )


def _table_of(scores: dict[str, Any]) -> Any:
    return np.asarray(scores["confusion"], np.int64)


def _stills(kinds: dict[str, Any]) -> str:
    """Say what the colour pictures are, which classes they hold most of, and what their labels are worth."""
    if COLOUR not in kinds or GRAY not in kinds:
        return ""
    colour, gray = (_table_of(kinds[name]).sum(1) for name in (COLOUR, GRAY))
    mostly = [
        f"{some} of the {some + others} faces of {name}"
        for name, some, others in zip(LABELS, colour.tolist(), gray.tolist(), strict=True)
        if some > others
    ]
    holds = f" They hold {listed(mostly)}." if mostly else ""
    so = ""
    if kinds[COLOUR]["accuracy"] < kinds[GRAY]["accuracy"]:
        so = " So the lower accuracy on them may be the fault of the labels as much as of the net."
    return (
        f"The colour pictures are the stills of films.{holds} How well the labels of the portraits can be seen in the "
        "pictures was measured apart, by a rater who saw no labels: see the end of the figures in the [model card]"
        f"(../../classifier/weights/MODEL_CARD.md#figures), and [calibration](../calibration.md).{so}"
    )


def _kinds_table(portraits: dict[str, Any], names: list[str]) -> Table:
    rows = []
    for name, kind in [("all", portraits), *((name, portraits["kinds"][name]) for name in names)]:
        table = _table_of(kind)
        right = round(kind["accuracy"] * kind["images"])
        rows.append(
            (
                name,
                str(kind["images"]),
                percent(kind["coverage"]),
                percent(kind["accuracy"], wilson(right, kind["images"])),
                "–" if kind["macro_recall"] is None else percent(kind["macro_recall"]),
                *(f"{table[place, place]} of {table[place].sum()}" for place in range(len(LABELS))),
            )
        )
    caption = (
        "Portraits by what their files offer. Read: the share in which a face was found and read. Mean recall is over "
        "the classes that occur. Then for each class how many are read rightly, of how many. The kinds differ also in "
        "who and what is shown, so a difference is not yet an effect of colour. Intervals here count every picture by "
        "itself, as if no person were shown twice."
    )
    return Table(caption, ("portraits", "pictures", "read", "accuracy", "mean recall", *LABELS), rows)


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
