"""The served net over the labelled faces of FER2013; used by the experiments that measure it as it is served."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.labels import FERPLUS_LABELS
from classifier.predictor import Predictor, Serving
from classifier.training.data import FaceData, ferplus_majority


class Judged(NamedTuple):
    """Faces on whose expression most taggers of FER+ agree (Microsoft's rule, Barsoum et al., ICMI 2016), 8 classes.

    Attributes:
        faces: the faces that the rule keeps.
        truth: (N,) class, in the order of `FERPLUS_LABELS`.
    """

    faces: FaceData
    truth: npt.NDArray[np.int64]


def open_net(weights: Path) -> Predictor:
    """Load the served net in the arithmetic that it is served in.

    Raises:
        ModelError: the weights cannot be used.
    """
    return Predictor(weights, Serving(shape=128))


def judged(faces: FaceData) -> Judged:
    """Keep the faces that have a label by the majority of the taggers."""
    truth = ferplus_majority(faces.votes)
    kept = (truth >= 0) & (truth < len(FERPLUS_LABELS))
    return Judged(faces.select(kept), truth[kept])
