"""Puts the served net, the limits in use and labelled faces together; used by `moodline evaluate quality`."""

from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.predictor import Predictor, Serving
from classifier.settings import ClassifierSettings
from detector.curves import Measure
from detector.quality import QualityGate
from detector.settings import DetectorSettings
from moodline.evaluation.degrade import degradations
from moodline.evaluation.quality import score, sweep
from moodline.evaluation.quality_faces import LabelledFaces
from moodline.terminal import progress

SHAPE = 128
"""Faces in one pass of the net."""


def measure_quality(faces: LabelledFaces, detector: DetectorSettings, classifier: ClassifierSettings) -> dict[str, Any]:
    """Degrade, read and score; as `quality.score`.

    Raises:
        ModelError: the weights cannot be used.
    """
    chosen = classifier.model_dump(include={"device", "precision", "threads"})
    predictor = Predictor(classifier.weights, Serving(**chosen, shape=SHAPE))

    def read(crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        return np.asarray(predictor.predict(crops).argmax(1), np.int64)

    with progress(shown=True) as bar:
        task = bar.add_task("faults", total=len(list(degradations())), note="")
        swept = sweep(faces, read, lambda: bar.advance(task))
    return score(swept, limits_of(detector))


def limits_of(settings: DetectorSettings) -> dict[Measure, float]:
    """Give the limits in use by the measure that they are of."""
    gate = QualityGate(**settings.model_dump(include=set(QualityGate.__dataclass_fields__)))
    return gate.limits()
