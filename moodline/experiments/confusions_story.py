"""Tells what the experiment on confusions found; used by `confusions`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from moodline.experiments.confusion_pairs import Pair, alike, by_class, pairs_of, rank_of
from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.heat import draw_confusion
from moodline.experiments.looking_story import decides, looking
from moodline.experiments.score import percent

NAMED = (("fear", "surprise"), ("sad", "disgust"))
"""Pairs that the thesis says are mixed up."""
SHOWN = 5
DOUBTFUL = 0.5
"""Share of a label's faces below which the taggers back it too seldom for it to be trusted."""
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
            _not_comparable(found),
            _fer2013_pairs(found["fer2013"]),
            *looking(found),
        ],
        _claims(found["fer2013"]),
    )


def _introduction(images: int) -> str:
    return (
        "Every face of PrivateTest was read once, by the served net. FER2013 has one label for each face. FER+ has ten "
        "people's votes for the same faces; a face counts there if most of them say the same (Microsoft's rule, "
        f"{images} faces, eight classes). The net has an output for each of the two, and what each of them says is "
        "scored here. Other pages score something else, so their figures differ: [worse pictures](robustness.md) "
        "reads the same faces after they were brought to the gray levels of video, and [other faces]"
        "(generalisation.md) scores what Moodline gives out, the calibrated readings of seven expressions, from two "
        "looks at each face."
    )


def _answer(found: Result) -> str:
    pairs = pairs_of(found["ferplus"]["confusion"], FERPLUS_LABELS)
    first = pairs[0]
    ranks = [f"{a} with {b} is number {rank_of(frozenset((a, b)), pairs)} of {len(pairs)}" for a, b in NAMED]
    same = _alike(found)
    text = (
        f"It mixes up {first.names[0]} and {first.names[1]} most often: {first.errors:.0f} of {first.faces:.0f} faces "
        f"by the FER+ labels. Of the pairs that the thesis names, {', '.join(ranks)}."
    )
    if same is not None:
        text += (
            f" Where the net errs, people disagree {'too' if same > 0.5 else 'only partly'}: the two orders of the "
            f"pairs have a rank correlation (Spearman) of {same:.2f}, where 1 is the same order."
        )
    return f"{text} {decides(found)}".strip()


def _in_order(names: Sequence[str]) -> list[str]:
    """Give classes in the order of the FER+ output, which all tables here have."""
    return [name for name in FERPLUS_LABELS if name in names]


def _per_class(benchmark: str, scores: dict[str, Any], names: Sequence[str]) -> Table:
    known = {row["name"]: row for row in by_class(scores["confusion"], names)}
    fresh = scores["without_duplicates"]
    unseen = {row["name"]: row for row in by_class(fresh["confusion"], names)}
    rows = [
        (
            name,
            str(known[name]["images"]),
            _precision(known[name]),
            percent(known[name]["recall"], known[name]["recall_interval"]),
            percent(known[name]["f1"]),
            *_unseen(unseen.get(name)),
        )
        for name in _in_order(list(known))
    ]
    means = (percent(scores[f"macro_{key}"]) for key in ("precision", "recall", "f1"))
    last = ("mean", "", *means, "", percent(fresh["macro_recall"]), percent(fresh["macro_f1"]))
    caption = (
        f"{benchmark}, by class. Accuracy {percent(scores['accuracy'], scores['interval'])} over {scores['images']} "
        f"faces; {percent(fresh['accuracy'], fresh['interval'])} over the {fresh['images']} without a twin, the same "
        "picture once more, in Training. Precision: of the faces read as this, how many are. Recall: of the faces that "
        "are this, how many were read so. F1: the harmonic mean of both. The last three columns are of the faces "
        "without a twin. Few faces make a wide interval."
    )
    head = ("class", "faces", "precision", "recall", "F1", "without a twin", "their recall", "their F1")
    return Table(caption, head, [*rows, last])


def _precision(row: dict[str, Any]) -> str:
    return "–" if row["precision"] is None else percent(row["precision"], row["precision_interval"])


def _unseen(row: dict[str, Any] | None) -> tuple[str, str, str]:
    if row is None:
        return "0", "–", "–"
    return str(row["images"]), percent(row["recall"], row["recall_interval"]), percent(row["f1"])


def _rows(confusion: Any) -> Any:
    table = np.asarray(confusion, float)
    return table / np.maximum(table.sum(1, keepdims=True), 1)


def _ordered(confusion: Any, names: Sequence[str]) -> tuple[Any, list[str]]:
    """Give the rows of a table of confusions as shares, and its classes, in the order of all tables here."""
    order = _in_order(names)
    places = [names.index(name) for name in order]
    return _rows(confusion)[np.ix_(places, places)], order


def _tables_caption() -> str:
    return (
        "Left and middle: of 100 faces with the label at the left, how many the net read as the class below. Right: of "
        "100 votes of single people, how many said the class below where most of the other nine said the class at the "
        "left. A perfect reader would have 100 on the diagonal; the darker a cell off it, the more is mixed up there."
    )


def _draw_tables(figure: Figure, found: Result) -> None:
    figure.set_size_inches(13, 4.6)
    axes = figure.subplots(1, 3)
    own, plus, people = found["fer2013"], found["ferplus"], found["people"]
    read = ("label", "read as")
    draw_confusion(axes[0], *_ordered(own["confusion"], FER2013_LABELS), "the net, FER2013's labels", read)
    draw_confusion(axes[1], *_ordered(plus["confusion"], FERPLUS_LABELS), "the net, FER+ majority", read)
    voted = _ordered(people["one_against_rest"], FERPLUS_LABELS)
    draw_confusion(axes[2], *voted, "one person against nine", ("most of the nine", "one person"))


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
        f"The {SHOWN} pairs with most errors by the FER+ labels, and those that the thesis names. Errors: faces of "
        "either class that the net read as the other, of all faces of both. Of all errors: these as a share of all "
        "faces that the net read wrongly. Of both's faces: these as a share of the faces of both; in brackets the "
        "place by that. Votes: of the ten votes for such a face, the mean share that went to the other class. One "
        "person: how often a single person said the other class where most of the other nine agreed."
    )
    head = ("pair", "place", "errors", "of all errors", "of both's faces", "votes", "one person")
    return Table(caption, head, rows)


def _not_comparable(found: Result) -> str:
    return (
        f"Single people agree with most of the other nine in {percent(found['people']['agreement'])} of their votes, "
        f"the net with the majority in {percent(found['ferplus']['accuracy'])} of its faces. The two figures cannot be "
        "compared, and do not say that the net reads better than a person. The net learned to say what most people "
        "say, while each person says what this one person sees. And people are counted by single votes, also on "
        "faces where nine agree and all ten together do not."
    )


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
        why = _why(thesis, low, high, name, scores["labels_agree"].get(name))
        claims.append(Claim(f"{key} of {name}, FER2013", f"{100 * thesis:.0f} %", percent(row[key], (low, high)), why))
    fresh = scores["without_duplicates"]["macro_f1"]
    f1 = f"{percent(scores['macro_f1'])}; {percent(fresh)} on faces without a twin in Training"
    lowest = min(rows.values(), key=lambda row: row["f1"])
    apart = f"the lowest is {lowest['name']} with {percent(lowest['f1'])}, and none is above {percent(_highest(rows))}"
    return [*claims, Claim("F1, mean of the classes, FER2013", f"{100 * MEAN_F1:.0f} %", f1, apart)]


def _highest(rows: dict[str, Any]) -> float:
    return float(max(row["f1"] for row in rows.values()))


def _why(thesis: float, low: float, high: float, name: str, same: float | None) -> str:
    if low <= thesis <= high:
        return "within what chance allows"
    if thesis < low:
        return "higher here"
    if same is None:
        return "lower here, on the official test"
    if same < DOUBTFUL:
        return (
            f"lower here, on the official test. The label itself is doubtful: of the faces labelled {name}, the FER+ "
            f"taggers say {name} most often for {percent(same)} only"
        )
    return (
        f"lower here, on the official test; of the faces labelled {name}, the FER+ taggers say {name} most often too "
        f"for {percent(same)}"
    )
