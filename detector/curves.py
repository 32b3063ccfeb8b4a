"""How much of the net's accuracy is left at each value of each measure; used by `detector.quality`.

Learned by `moodline evaluate quality` from degraded faces of FER2013 PublicTest; what was done to them, the intervals
and the pictures are in `docs/quality.md`. A curve says which of two reasons weighs more, and where a limit belongs.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np

Measure = Literal["height", "detail", "contrast", "clipped", "turn", "inside", "occlusion"]

LOW_IS_BAD: Mapping[Measure, bool] = {
    "height": True,
    "detail": True,
    "contrast": True,
    "clipped": False,
    "turn": False,
    "inside": True,
    "occlusion": False,
}
"""At which end of its range a measure is bad: for its limit is a least or a most."""

Curve = tuple[tuple[float, float], ...]
"""Points (value, share of the undegraded accuracy), values rising; straight between them, level beyond them."""

CURVES: Mapping[Measure, Curve] = {
    "height": ((6.0, 0.41), (8.0, 0.59), (10.0, 0.73), (12.0, 0.84), (14.0, 0.92), (20.0, 0.98), (32.0, 1.0)),
    "detail": ((0.025, 0.35), (0.043, 0.45), (0.058, 0.56), (0.074, 0.7), (0.096, 0.8), (0.14, 0.92), (0.243, 1.0)),
    "contrast": ((1.1, 0.24), (1.8, 0.27), (2.9, 0.38), (5.2, 0.58), (7.5, 0.8), (11.3, 0.88), (38.0, 1.0)),
    "clipped": ((0.0, 1.0), (0.22, 0.97), (0.43, 0.91), (0.6, 0.8), (0.73, 0.67), (0.9, 0.5), (0.99, 0.29)),
    "turn": ((0.2, 1.0), (0.31, 0.93), (0.5, 0.81), (1.0, 0.81)),
    "inside": ((0.4, 0.66), (0.5, 0.74), (0.6, 0.78), (0.7, 0.83), (0.8, 0.89), (0.9, 0.95), (1.0, 1.0)),
    "occlusion": ((0.0, 1.0), (0.19, 0.87), (0.36, 0.84), (0.5, 0.8), (0.65, 0.74), (0.82, 0.73)),
}


_POINTS = {name: ([value for value, _ in curve], [share for _, share in curve]) for name, curve in CURVES.items()}


def share_left(measure: Measure, value: float) -> float:
    """Give the share of the undegraded accuracy that is left at a value of a measure, 0 to 1."""
    return float(np.interp(value, *_POINTS[measure]))
