"""The classifier alone against FER2013 and FER+, with the protocol beside every number; used by `moodline evaluate`.

FER2013 is scored by its one label for each picture, with head B. FER+ has a vote distribution, and two rules that
turn it into one label: `majority` (Microsoft's own, Barsoum et al., ICMI 2016) and `argmax` (of many later papers,
harder by 3 to 5 points); each over 8 classes or over the 7 without contempt. Numbers of different rules are not
comparable.

Probabilities are scored as what they are calibrated for: those of FER+ as the chance of the majority's label, those of
FER2013 as the chance of its label; against shares of votes FER+ has a second calibration.
"""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from classifier.calibration import Calibration, temper
from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.looks import Scores
from classifier.training.data import FaceData, ferplus_argmax, ferplus_majority
from classifier.training.readings import score_readings
from classifier.training.scores import score_classes
from classifier.training.votes import score_votes, vote_shares
from common.errors import MoodlineError

Floats = npt.NDArray[np.floating[Any]]
Benchmark = Literal["fer2013", "ferplus"]
Protocol = Literal["majority", "argmax"]
Classes = Literal[8, 7]

SUM_ERROR = 1e-3
"""How far from 1 a row of probabilities may add up, for rounding."""


def evaluate_fer(
    heads: tuple[Scores, Scores],
    calibration: Calibration,
    split: FaceData,
    benchmark: Benchmark,
    protocol: Protocol = "majority",
    classes: Classes = 8,
) -> dict[str, Any]:
    """Score what a net says of a split.

    Args:
        heads: scores of both heads, not calibrated, (N, 8) and (N, 7).
        calibration: makes chances of them.
        split: one split, as `load_fer` gives it.
        benchmark: which labels, and so which head.
        protocol: for FER+, how votes become a label.
        classes: for FER+, with contempt (8) or without (7).

    Returns:
        As `score_fer2013` or `score_ferplus`; `uncalibrated` (`ece`, `classwise_ece`, `nll`, `brier` without
        calibration). For FER+ also `votes` and `votes_uncalibrated` (the same head against the shares of votes, see
        `score_votes`), and `readings` (see `score_readings`).

    Raises:
        DataError: no picture of the split has a label.
        MoodlineError: these are not probabilities.
    """
    ferplus, fer2013 = heads
    if benchmark == "fer2013":
        scores = score_fer2013(temper(fer2013, calibration.fer2013_labels), split)
        return {**scores, "uncalibrated": _probability_scores(score_fer2013(fer2013, split))}
    scores = score_ferplus(temper(ferplus, calibration.ferplus_majority), split, protocol, classes)
    shares = vote_shares(split.votes)
    readings = calibration.reading(ferplus, fer2013)
    return {
        **scores,
        "uncalibrated": _probability_scores(score_ferplus(ferplus, split, protocol, classes)),
        "votes": score_votes(temper(ferplus, calibration.ferplus_votes), shares),
        "votes_uncalibrated": score_votes(ferplus, shares),
        "readings": score_readings(readings, calibration.certainty(readings), calibration.ambiguous, split.votes),
    }


def _probability_scores(scores: dict[str, Any]) -> dict[str, Any]:
    return {name: scores[name] for name in ("ece", "classwise_ece", "nll", "brier")}


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
