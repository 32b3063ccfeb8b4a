"""What the net says of faces, look by look; used by the predictor, by calibration and by readings.

Pure: numbers in, numbers out. Every function treats each face alone, so that what one gets does not depend on others.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


class Looks(NamedTuple):
    """What the net says of N faces at each of V looks, see `classifier.views`; float32.

    Attributes:
        ferplus: (V, N, 8) logits in the order of `FERPLUS_LABELS`.
        fer2013: (V, N, 7) logits in the order of `FER2013_LABELS`.
        features: (V, N, F) what the FER+ head sees: the means of the last channels of the body.
    """

    ferplus: Scores
    fer2013: Scores
    features: Scores


def softmax(logits: npt.NDArray[np.floating[Any]]) -> Scores:
    """Turn logits (…, C) into probabilities (…, C), float32."""
    raised = np.exp(logits - logits.max(-1, keepdims=True), dtype=np.float32)
    probabilities: Scores = raised / raised.sum(-1, keepdims=True)
    return probabilities


def heads(looks: Looks) -> tuple[Scores, Scores]:
    """Probabilities of both heads, not calibrated, each the mean over the looks: (N, 8) and (N, 7)."""
    return softmax(looks.ferplus).mean(0, dtype=np.float32), softmax(looks.fer2013).mean(0, dtype=np.float32)
