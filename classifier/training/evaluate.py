"""The classifier alone against FER2013 and FER+, with the protocol beside every number; used by `moodline evaluate`.

FER2013 is scored by its one label for each picture, with head B. FER+ has a vote distribution, and two rules that
turn it into one label: `majority` (Microsoft's own, Barsoum et al., ICMI 2016) and `argmax` (of many later papers,
harder by 3 to 5 points); each over 8 classes or over the 7 without contempt. Numbers of different rules are not
comparable.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.training.data import FaceData, ferplus_argmax, ferplus_majority
from classifier.training.scores import score_classes
from common.errors import MoodlineError

Floats = npt.NDArray[np.floating[Any]]
Predict = Callable[[npt.NDArray[np.uint8]], tuple[Floats, Floats]]
"""(N, 48, 48) gray pictures to (N, 8) probabilities of `FERPLUS_LABELS` and (N, 7) of `FER2013_LABELS`."""

Benchmark = Literal["fer2013", "ferplus"]
Protocol = Literal["majority", "argmax"]
Classes = Literal[8, 7]

SUM_ERROR = 1e-3
"""How far from 1 a row of probabilities may add up, for rounding."""


def evaluate_fer(
    predict: Predict,
    split: FaceData,
    benchmark: Benchmark,
    protocol: Protocol = "majority",
    classes: Classes = 8,
) -> dict[str, Any]:
    """Classify a split and score it.

    Args:
        predict: the classifier; called once, with all pictures.
        split: one split, as `load_fer` gives it.
        benchmark: which labels, and so which head.
        protocol: for FER+, how votes become a label.
        classes: for FER+, with contempt (8) or without (7).

    Returns:
        As `score_fer2013` or `score_ferplus`.

    Raises:
        DataError: no picture of the split has a label.
        MoodlineError: `predict` did not return probabilities.
    """
    ferplus, fer2013 = predict(split.pixels)
    if benchmark == "fer2013":
        return score_fer2013(fer2013, split)
    return score_ferplus(ferplus, split, protocol, classes)


def score_fer2013(probabilities: Floats, data: FaceData) -> dict[str, Any]:
    """Score FER2013: every picture counts.

    Args:
        probabilities: (N, 7) in the order of `FER2013_LABELS`.
        data: the split.

    Returns:
        `protocol` ("official"), `classes` (7), and what `score_classes` returns.

    Raises:
        DataError: the split is empty.
        MoodlineError: these are not probabilities.
    """
    _check(probabilities, len(data), len(FER2013_LABELS))
    scores = score_classes(probabilities, data.fer2013, FER2013_LABELS, data.duplicate)
    return {"protocol": "official", "classes": len(FER2013_LABELS), **scores}


def score_ferplus(
    probabilities: Floats, data: FaceData, protocol: Protocol = "majority", classes: Classes = 8
) -> dict[str, Any]:
    """Score FER+: the pictures to which the protocol gives a label count.

    Args:
        probabilities: (N, 8) in the order of `FERPLUS_LABELS`.
        data: the split.
        protocol: how votes become a label.
        classes: 8, or 7: pictures of contempt are left out, its probability is taken away and the rest scaled to 1.

    Returns:
        `protocol`, `classes`, and what `score_classes` returns.

    Raises:
        DataError: no picture has a label.
        MoodlineError: these are not probabilities.
    """
    _check(probabilities, len(data), len(FERPLUS_LABELS))
    truth = (ferplus_majority if protocol == "majority" else ferplus_argmax)(data.votes)
    kept = (truth >= 0) & (truth < classes)
    rest = probabilities[kept, :classes].astype(np.float64)
    if classes < len(FERPLUS_LABELS):
        rest /= np.maximum(rest.sum(1, keepdims=True), np.finfo(np.float64).tiny)
    scores = score_classes(rest, truth[kept], FERPLUS_LABELS[:classes], data.duplicate[kept])
    return {"protocol": protocol, "classes": classes, **scores}


def _check(probabilities: Floats, rows: int, columns: int) -> None:
    """Refuse anything but one distribution for each picture: swapped heads and logits would pass unseen."""
    if probabilities.shape != (rows, columns):
        raise MoodlineError(f"the classifier gave {probabilities.shape}, not {(rows, columns)} probabilities")
    if not (np.all(probabilities >= 0) and np.all(np.abs(probabilities.sum(1) - 1) <= SUM_ERROR)):
        raise MoodlineError("the classifier gave numbers that are not probabilities")
