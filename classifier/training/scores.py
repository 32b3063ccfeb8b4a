"""Scores of class probabilities against true classes: accuracy, balance, calibration; used by `evaluate`.

A score with nothing to measure (the recall of a class without pictures, the precision of a class never predicted)
is None, which is `null` in JSON.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.training.selective import score_selective
from common.errors import DataError

Floats = npt.NDArray[np.floating[Any]]

CALIBRATION_BINS = 15
NORMAL_95 = 1.959964
"""Two-sided 95 % point of the normal distribution."""

SMALLEST = 1e-12
"""What a probability of zero counts as in a logarithm."""


def score_classes(
    probabilities: Floats, truth: npt.NDArray[np.int64], names: Sequence[str], duplicate: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    """Score the most likely class, and the probabilities, of N pictures over C classes.

    Args:
        probabilities: (N, C), rows adding up to 1.
        truth: (N,) true class.
        names: of the C classes.
        duplicate: (N,) whether the picture also stands among those learned from.

    Returns:
        `images`; `accuracy` and its 95 % `accuracy_interval` (Wilson); the same three over the rest as
        `images_without_duplicates`, `accuracy_without_duplicates`, `accuracy_without_duplicates_interval`;
        `balanced_accuracy` (mean recall of the classes that occur in the truth); `macro_f1` (mean F1 of the classes
        that occur in truth or prediction); `ece` (expected calibration error of the top class, 15 bins of equal
        mass); `classwise_ece` (the same of every class's probability, mean over the classes); `nll` (mean negative
        log-likelihood, nats); `brier` (mean squared distance from the truth, 0 to 2); what `score_selective` returns;
        `per_class` (`precision`, `recall`, `images` by name); `confusion` (C rows are true classes, C columns
        predicted ones, in the order of `per_class`).

    Raises:
        DataError: there are no pictures.
    """
    if not len(truth):
        raise DataError("there are no labelled pictures to score")
    guess = probabilities.argmax(1)
    right = guess == truth
    fresh = right[~duplicate]
    table = np.zeros((len(names), len(names)), np.int64)
    np.add.at(table, (truth, guess), 1)
    hits, true, guessed = table.diagonal(), table.sum(1), table.sum(0)
    f1 = 2 * hits / np.maximum(true + guessed, 1)
    return {
        "images": len(truth),
        "accuracy": float(right.mean()),
        "accuracy_interval": wilson(int(right.sum()), len(right)),
        "images_without_duplicates": len(fresh),
        "accuracy_without_duplicates": _share(fresh.sum(), len(fresh)),
        "accuracy_without_duplicates_interval": wilson(int(fresh.sum()), len(fresh)),
        "balanced_accuracy": float((hits[true > 0] / true[true > 0]).mean()),
        "macro_f1": float(f1[true + guessed > 0].mean()),
        "ece": calibration_error(probabilities.max(1), right),
        "classwise_ece": float(np.mean([calibration_error(p, truth == c) for c, p in enumerate(probabilities.T)])),
        "nll": float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], SMALLEST)).mean()),
        "brier": float(((probabilities - np.eye(len(names))[truth]) ** 2).sum(1).mean()),
        **score_selective(probabilities.max(1), right),
        "per_class": {
            name: {"precision": _share(hit, said), "recall": _share(hit, of), "images": int(of)}
            for name, hit, said, of in zip(names, hits, guessed, true, strict=True)
        },
        "confusion": table.tolist(),
    }


def wilson(hits: float, total: int) -> list[float] | None:
    """Give the 95 % Wilson score interval of a share: lower and upper end; None where `total` is zero.

    The hits may be the mean of several measurements; the interval is that of one.
    """
    if total == 0:
        return None
    seen, spread = hits / total, NORMAL_95**2 / total
    middle = seen + spread / 2
    half = math.sqrt(spread * (seen * (1 - seen) + spread / 4))
    return [max((middle - half) / (1 + spread), 0.0), min((middle + half) / (1 + spread), 1.0)]


def calibration_error(confidence: Floats, right: npt.NDArray[Any]) -> float:
    """Measure the expected calibration error over 15 bins of equal mass, not of equal width.

    The pictures are sorted by confidence and cut into bins whose sizes differ by at most one; the error is the mean
    over the bins, weighted by size, of |accuracy - mean confidence|.

    Args:
        confidence: (N,) probability of the predicted class.
        right: (N,) whether it was right, or the share of people who say so.

    Returns:
        0 to 1.
    """
    # float64 throughout: float32 sums of a bin depend on its size.
    off = (right.astype(np.float64) - confidence.astype(np.float64))[np.argsort(confidence, kind="stable")]
    return float(sum(abs(part.sum()) for part in np.array_split(off, CALIBRATION_BINS)) / len(off))


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
