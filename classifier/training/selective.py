"""How right a classifier is on the part of which it is surest; used by `evaluate` and by calibration.

Pictures are sorted from the surest to the least sure. Coverage is the share that is kept, risk the share of wrong
ones among them (El-Yaniv and Wiener, JMLR 2010).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

POINTS = 20
"""Points of the curve that is reported."""


def score_selective(confidence: Floats, right: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Measure what leaving out the unsure gains.

    Args:
        confidence: (N,) how sure, N at least 1.
        right: (N,) whether it was right.

    Returns:
        `aurc` (area under the curve of risk over coverage, lower is better); `accuracy_at_80` and `accuracy_at_90`
        (accuracy of the surest 80 and 90 %); `risk_coverage` (20 pairs of coverage and risk).
    """
    risks = risks_of(confidence, right)
    shares = [(place + 1) / POINTS for place in range(POINTS)]
    return {
        "aurc": float(risks.mean()),
        "accuracy_at_80": 1 - _at(risks, 0.8),
        "accuracy_at_90": 1 - _at(risks, 0.9),
        "risk_coverage": [[share, _at(risks, share)] for share in shares],
    }


def risks_of(confidence: Floats, right: npt.NDArray[np.bool_]) -> Floats:
    """Share of wrong ones among the surest 1, 2, … N."""
    wrong = ~right[np.argsort(-confidence, kind="stable")]
    risks: Floats = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    return risks


def limit_for(confidence: Floats, right: npt.NDArray[np.bool_], risk: float) -> float:
    """Least confidence that keeps the risk of those at or above it within a stated one.

    Args:
        confidence: (N,) how sure, N at least 1.
        right: (N,) whether it was right.
        risk: highest share of wrong ones among the kept.

    Returns:
        The limit; above the highest confidence if even the surest are wrong too often.
    """
    order = np.sort(confidence)[::-1]
    # Of equal ones all are kept or none, so that only the last of equals can be the limit.
    last = np.append(order[:-1] > order[1:], True)
    within = np.flatnonzero(last & (risks_of(confidence, right) <= risk))
    return float(order[within[-1]]) if len(within) else math.nextafter(float(order[0]), math.inf)


def _at(risks: Floats, coverage: float) -> float:
    return float(risks[max(round(coverage * len(risks)), 1) - 1])
