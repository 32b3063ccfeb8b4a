"""Tells what the experiment on confusions found; used by `confusions`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from moodline.experiments.confusion_pairs import Pair, alike, by_class, pairs_of, rank_of
from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.heat import draw_confusion
from moodline.experiments.looking_story import looking
from moodline.experiments.score import percent

NAMED = (("fear", "surprise"), ("sad", "disgust"))
"""Pairs that the thesis says are mixed up."""
SHOWN = 5
CLAIMS = (
    ("precision", "fear", 0.85),
    ("precision", "happy", 0.95),
    ("recall", "happy", 0.96),
    ("recall", "sad", 0.88),
    ("recall", "fear", 0.85),
)
MEAN_F1 = 0.91


def tell(found: Result) -> Story:
    """Tell the result."""
    return Story(
        _answer(found),
        [
            _introduction(found["ferplus"]["images"]),
            _per_class("FER2013", found["fer2013"], FER2013_LABELS),
            _per_class("FER+", found["ferplus"], FERPLUS_LABELS),
            Picture("confusions-tables", _tables_caption(), lambda figure: _draw_tables(figure, found)),
            _pair_table(found),
            _fer2013_pairs(found["fer2013"]),
            *looking(found),
        ],
        _claims(found["fer2013"]),
    )


def _introduction(images: int) -> str:
    return (
        "Every face of PrivateTest was read once, by the net as it is served. FER2013 has one label for each face. "
        "FER+ has ten people's votes for the same faces; a face counts there if most of them say the same (Microsoft's "
        f"rule, {images} faces, eight classes). The net has an output for each of the two."
    )


def _answer(found: Result) -> str:
    pairs = pairs_of(found["ferplus"]["confusion"], FERPLUS_LABELS)
    first = pairs[0]
    ranks = [f"{a}–{b} is number {rank_of(frozenset((a, b)), pairs)} of {len(pairs)}" for a, b in NAMED]
    same = _alike(found)
    text = (
        f"Of all pairs, {first.title} is taken for each other most: {first.errors:.0f} of {first.faces:.0f} faces by "
        f"the FER+ labels; of the pairs that the thesis names, {' and '.join(ranks)}."
    )
    if same is not None:
        text += (
            f" Where the net errs, people disagree {'too' if same > 0.5 else 'only partly'}: "
            f"the order of the pairs correlates by {same:.2f} (1: the same order)."
        )
    return text


def _per_class(benchmark: str, scores: dict[str, Any], names: Sequence[str]) -> Table:
    rows = [
        (
            row["name"],
            str(row["images"]),
            "–" if row["precision"] is None else percent(row["precision"], row["precision_interval"]),
            percent(row["recall"], row["recall_interval"]),
            f"{100 * row['f1']:.1f} %",
        )
        for row in by_class(scores["confusion"], names)
    ]
    fresh = scores["without_duplicates"]
    rows.append(("mean", "", percent(scores["macro_precision"]), percent(scores["macro_recall"]), _f1(scores)))
    caption = (
        f"{benchmark}, by class. Accuracy {percent(scores['accuracy'], scores['interval'])} over {scores['images']} "
        f"faces; {percent(fresh['accuracy'], fresh['interval'])} over the {fresh['images']} that do not also stand "
        "among those learned from. Precision: of the faces read as this, how many are. Recall: of the faces that are "
        "this, how many were read so. F1: the harmonic mean of both. Few faces make a wide interval."
    )
    return Table(caption, ("class", "faces", "precision", "recall", "F1"), rows)


def _f1(scores: dict[str, Any]) -> str:
    return percent(scores["macro_f1"])


def _rows(confusion: Any) -> Any:
    table = np.asarray(confusion, float)
    return table / np.maximum(table.sum(1, keepdims=True), 1)


def _tables_caption() -> str:
    return (
        "Left and middle: of 100 faces of the class at the left, how many the net read as the class below. Right: of "
        "100 votes of single people, how many said the class below where most of the other nine said the class at the "
        "left. A perfect reader would have 100 on the diagonal; the darker a cell off it, the more is mixed up there."
    )


def _draw_tables(figure: Figure, found: Result) -> None:
    figure.set_size_inches(12, 4.4)
    axes = figure.subplots(1, 3)
    draw_confusion(axes[0], _rows(found["fer2013"]["confusion"]), FER2013_LABELS, "the net, FER2013's labels")
    draw_confusion(axes[1], _rows(found["ferplus"]["confusion"]), FERPLUS_LABELS, "the net, FER+ majority")
    draw_confusion(axes[2], _rows(found["people"]["one_against_rest"]), FERPLUS_LABELS, "one person, the other nine")


def _splits(found: Result) -> dict[frozenset[str], float]:
    """Mean share of votes for the other class of each pair, over the faces of both."""
    shares, faces = np.asarray(found["people"]["shares"]), np.asarray(found["people"]["faces"], float)
    return {frozenset(pair.names): pair.rate for pair in pairs_of(shares * faces[:, None], FERPLUS_LABELS)}


def _alike(found: Result) -> float | None:
    splits = _splits(found)
    pairs = pairs_of(found["ferplus"]["confusion"], FERPLUS_LABELS)
    return alike([pair.rate for pair in pairs], [splits[frozenset(pair.names)] for pair in pairs])


def _chosen(pairs: Sequence[Pair]) -> list[Pair]:
    named = {frozenset(pair) for pair in NAMED}
    return [pair for place, pair in enumerate(pairs) if place < SHOWN or frozenset(pair.names) in named]


def _pair_table(found: Result) -> Table:
    pairs = pairs_of(found["ferplus"]["confusion"], FERPLUS_LABELS)
    splits, total = _splits(found), max(sum(pair.errors for pair in pairs), 1)
    single = {
        frozenset(pair.names): pair.rate for pair in pairs_of(found["people"]["one_against_rest"], FERPLUS_LABELS)
    }
    rates = sorted(pairs, key=lambda pair: -pair.rate)
    rows = [
        (
            pair.title,
            f"{rank_of(frozenset(pair.names), pairs)}",
            f"{pair.errors:.0f} of {pair.faces:.0f}",
            percent(pair.errors / total),
            f"{percent(pair.rate)} ({rank_of(frozenset(pair.names), rates)})",
            percent(splits[frozenset(pair.names)]),
            percent(single[frozenset(pair.names)]),
        )
        for pair in _chosen(pairs)
    ]
    caption = (
        f"The {SHOWN} pairs with most errors by the FER+ labels, and those that the thesis names. Errors: faces of one "
        "of both that the net read as the other; then as a share of all errors, and of the faces of both (in brackets "
        "the place by that). Votes: the mean share of the ten votes that went to the other one, on the same faces. One "
        "person: how often a single person says the other one where most of the other nine agree. Single people agree "
        f"with most of the other nine in {percent(found['people']['agreement'])}; the net agrees with the majority in "
        f"{percent(found['ferplus']['accuracy'])} of its faces."
    )
    head = ("pair", "place", "errors", "of all errors", "of both's faces", "votes", "one person")
    return Table(caption, head, rows)


def _fer2013_pairs(scores: dict[str, Any]) -> Table:
    pairs = pairs_of(scores["confusion"], FER2013_LABELS)
    total = max(sum(pair.errors for pair in pairs), 1)
    rows = [
        (
            pair.title,
            f"{rank_of(frozenset(pair.names), pairs)} of {len(pairs)}",
            f"{pair.errors:.0f} of {pair.faces:.0f}",
            percent(pair.errors / total),
        )
        for pair in _chosen(pairs)
    ]
    caption = "The same by FER2013's own labels: errors between both, and their share of all errors."
    return Table(caption, ("pair", "place", "errors", "of all errors"), rows)


def _claims(scores: dict[str, Any]) -> list[Claim]:
    rows = {row["name"]: row for row in by_class(scores["confusion"], FER2013_LABELS)}
    claims = []
    for key, name, thesis in CLAIMS:
        row = rows.get(name)
        if row is None or row[key] is None:
            continue
        low, high = row[f"{key}_interval"]
        claims.append(
            Claim(
                f"{key} of {name}, FER2013",
                f"{100 * thesis:.0f} %",
                percent(row[key], (low, high)),
                _why(thesis, low, high, name, scores["labels_agree"].get(name)),
            )
        )
    f1, lowest = scores["macro_f1"], min(rows.values(), key=lambda row: row["f1"])
    apart = f"the lowest is {lowest['name']} with {percent(lowest['f1'])}, and none is above {percent(_highest(rows))}"
    return [*claims, Claim("F1, mean of the classes, FER2013", f"{100 * MEAN_F1:.0f} %", percent(f1), apart)]


def _highest(rows: dict[str, Any]) -> float:
    return float(max(row["f1"] for row in rows.values()))


def _why(thesis: float, low: float, high: float, name: str, same: float | None) -> str:
    if low <= thesis <= high:
        return "within what chance allows"
    if thesis < low:
        return "higher here"
    if same is None:
        return "lower on the official test"
    return (
        f"lower on the official test, where the ten FER+ taggers also say {name} most often for "
        f"{percent(same)} of the faces that have this label"
    )
