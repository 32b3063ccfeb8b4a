"""The scores of all backends on one scale, so that the settings mean the same for each; used by the backends.

MediaPipe's score is the scale: `propose` and `follow` were chosen for it. What another detector gives is straightened
with a logistic curve that was laid through two points on the labelled scenes.
"""

import math
from typing import NamedTuple


class Scale(NamedTuple):
    """A logistic curve.

    Attributes:
        middle: what the detector gives where the score is 0.5.
        spread: what it must give more for the odds to grow e-fold; above 0.
    """

    middle: float
    spread: float

    def of(self, raw: float) -> float:
        """Give the score, 0 to 1."""
        # Beyond this the score is 0 or 1 to the last digit, and exp would overflow.
        odds = min(max((raw - self.middle) / self.spread, -40.0), 40.0)
        return 1.0 / (1.0 + math.exp(-odds))
