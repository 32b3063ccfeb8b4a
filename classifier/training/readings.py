"""What the status of a reading promises, against the label of most taggers; used by `evaluate` and by calibration."""

from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.labels import FERPLUS_TO_LABELS
from classifier.looks import Scores
from classifier.training.data import ferplus_majority
from classifier.training.scores import calibration_error
from classifier.training.votes import score_votes, vote_recall, vote_shares


def score_readings(
    readings: Scores, certainty: Scores, limits: npt.NDArray[np.floating[Any]] | float, votes: npt.NDArray[np.float32]
) -> dict[str, Any]:
    """Score readings.

    Args:
        readings: (N, 7) calibrated probabilities in the order of `LABELS`.
        certainty: (N,) chance that the likeliest label is that of most people.
        limits: (N,) or one: certainty below which a reading is ambiguous.
        votes: (N, 10) as in `FaceData`.

    Returns:
        `images` (faces on whose label, one of `LABELS`, most taggers agree); of these `accuracy`; `ece` of the
        certainty; `ok` (share that is not ambiguous); `ok_wrong` (share of the ok ones that are not the label of
        most taggers: the risk); `in_two` (share of the ambiguous ones whose label is one of the two likeliest).
        Of all faces: `ambiguous_of_all`; `macro_recall` of single votes; `votes` (what `score_votes` returns).
    """
    shares = vote_shares(votes, FERPLUS_TO_LABELS)
    truth, clear = clear_labels(votes)
    ranked = np.argsort(-readings, axis=1, kind="stable")
    right, second = ranked[:, 0] == truth, ranked[:, 1] == truth
    unsure = certainty < limits
    kept, doubted = clear & ~unsure, clear & unsure
    return {
        "images": int(clear.sum()),
        "accuracy": float(right[clear].mean()),
        "ece": calibration_error(certainty[clear], right[clear]),
        "ok": float(kept.sum() / clear.sum()),
        "ok_wrong": _share(~right, kept),
        "in_two": _share(right | second, doubted),
        "ambiguous_of_all": float(unsure.mean()),
        "macro_recall": vote_recall(readings, shares),
        "votes": score_votes(readings, shares),
    }


def clear_labels(votes: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Give the label of most taggers in `LABELS` (0 where there is none), and whether there is one; both (N,)."""
    matches = ferplus_majority(votes)[:, None] == np.array(FERPLUS_TO_LABELS)
    return matches.argmax(1), matches.any(1)


def _share(what: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> float | None:
    return float(what[among].mean()) if among.any() else None
