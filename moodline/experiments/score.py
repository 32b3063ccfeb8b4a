"""Scores that experiments share: accuracy with its interval, recall by class, and whether one model is better."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.training.scores import wilson

Classes = npt.NDArray[np.int64]


def score(said: Classes, truth: Classes, names: Sequence[str]) -> dict[str, Any]:
    """Score one label a face.

    Args:
        said: (N,) class numbers.
        truth: (N,) class numbers.
        names: of the classes.

    Returns:
        `images`, `accuracy`, `interval` (Wilson, 95 %), `macro_precision`, `macro_recall`, `macro_f1` (means over the
        classes that occur in the truth), `per_class` by name (`precision`, `recall`, `recall_interval`, `f1`,
        `images`), `confusion` (rows are true classes, in the order of `names`).
    """
    table = np.zeros((len(names), len(names)), np.int64)
    np.add.at(table, (truth, said), 1)
    rows = {}
    for number, name in enumerate(names):
        hits, true, guessed = int(table[number, number]), int(table[number].sum()), int(table[:, number].sum())
        if true:
            precision, recall = hits / max(guessed, 1), hits / true
            rows[name] = {
                "precision": precision,
                "recall": recall,
                "recall_interval": wilson(hits, true),
                "f1": 2 * hits / (true + guessed),
                "images": true,
            }
    means = {
        f"macro_{key}": float(np.mean([row[key] for row in rows.values()])) for key in ("precision", "recall", "f1")
    }
    right = int((said == truth).sum())
    return {
        "images": len(truth),
        "accuracy": right / len(truth),
        "interval": wilson(right, len(truth)),
        **means,
        "per_class": rows,
        "confusion": table.tolist(),
    }


def mcnemar(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    """Give how likely two models are to differ so much by chance alone, over the same faces (McNemar, exact).

    Args:
        first: (N,) whether the first model was right.
        second: (N,) the same of the second.

    Returns:
        The two-sided probability; 1 where neither is right alone anywhere.
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    apart = only_first + only_second
    tail = sum(math.comb(apart, k) for k in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * tail / 2**apart))


def percent(share: float, interval: Sequence[float] | None = None) -> str:
    """Write a share as people read it: `71.8 % [70.3, 73.2]`."""
    text = f"{100 * share:.1f} %"
    return text if interval is None else f"{text} [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"
