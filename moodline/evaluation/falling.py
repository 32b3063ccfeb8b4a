"""A curve of shares that may only fall towards low values, fitted to single outcomes; used by `evaluate quality`."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

BINS = 24
"""Groups of equal size that values are put in; values that are fewer are groups of their own."""

Floats = npt.NDArray[np.floating[Any]]


class Falling(NamedTuple):
    """Points of the curve: values rising, shares never falling; straight between them, level beyond them."""

    values: list[float]
    shares: list[float]

    def at(self, value: float) -> float:
        """Give the share at a value."""
        return float(np.interp(value, self.values, self.shares))


def falling(values: Floats, reached: Floats, expected: Floats) -> Falling:
    """Fit the curve of `reached` over `expected`, at most 1, that rises with the value (isotonic regression).

    Args:
        values: (M,) of the measure, low is bad.
        reached: (M,) 1 where the outcome was good.
        expected: (M,) what it would have been at best.
    """
    edges = (
        np.unique(values)
        if len(np.unique(values)) <= BINS
        else np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[:-1]))
    )
    group = np.searchsorted(edges, values, side="right") - 1
    blocks: list[list[float]] = []
    for number in range(len(edges)):
        inside = group == number
        if expected[inside].sum() > 0:
            blocks.append(
                [float(np.median(values[inside])), float(reached[inside].sum()), float(expected[inside].sum()), 1.0]
            )
    merged: list[list[list[float]]] = []
    for block in blocks:
        merged.append([block])
        while len(merged) > 1 and _share(merged[-2]) > _share(merged[-1]):
            merged[-2:] = [merged[-2] + merged[-1]]
    points = [(one[0], min(_share(pool), 1.0)) for pool in merged for one in pool]
    return Falling([value for value, _ in points], [share for _, share in points])


def _share(pool: list[list[float]]) -> float:
    return sum(block[1] for block in pool) / sum(block[2] for block in pool)


def crossing(curve: Falling, keep: float) -> float | None:
    """Give the lowest value from which the share is at least `keep`; None if it is everywhere, or nowhere."""
    for place, share in enumerate(curve.shares):
        if share < keep:
            continue
        if place == 0:
            return None
        below, above = curve.shares[place - 1], share
        part = (keep - below) / (above - below)
        return curve.values[place - 1] + part * (curve.values[place] - curve.values[place - 1])
    return None
