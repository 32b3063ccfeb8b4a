"""Whether a crop shows a face at all, from the features that the net has of it; used by the predictor and by readings.

One linear sum over the features, a logistic regression: `moodline calibrate` learns it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.looks import Scores
from common.errors import ModelError


@dataclass(frozen=True)
class FaceHead:
    """A learned test for faces.

    Attributes:
        weight: (F,) one number for each feature.
        bias: added to the sum.
        below: chance of a face under which a crop is refused, chosen for a stated risk; 0 to 1.
    """

    weight: npt.NDArray[np.float32]
    bias: float
    below: float

    def chances(self, features: Scores) -> Scores:
        """Chance that each crop shows a face, (N,), from its features at every look, (V, N, F)."""
        # A sum for each row: a matrix product may round a row by how many others there are.
        sums = (features * self.weight).sum(-1, dtype=np.float32).mean(0, dtype=np.float32) + np.float32(self.bias)
        chances: Scores = (1 / (1 + np.exp(-np.clip(sums, -60, 60)))).astype(np.float32)
        return chances


def face_head_of(state: Mapping[str, Any], features: int, path: Path) -> FaceHead | None:
    """Read the test for faces that a weights file holds; None where it holds none.

    Args:
        state: what the file holds.
        features: how many features its net has.
        path: of the file.

    Raises:
        ModelError: it is not as `moodline calibrate` writes it, or is of another net.
    """
    stored = state.get("face_head")
    if stored is None:
        return None
    try:
        weight = np.asarray(stored["weight"], np.float32)
        bias, below = float(stored["bias"]), float(stored["below"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    if weight.shape != (features,) or not np.isfinite([*weight, bias]).all() or not 0 <= below <= 1:
        raise _damaged(path)
    return FaceHead(weight, bias, below)


def _damaged(path: Path) -> ModelError:
    return ModelError(f"the test for faces in the weights file '{path}' is damaged or of another net; restore the file")
