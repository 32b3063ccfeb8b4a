"""Measures the served net on FER2013 and FER+; used by `evaluate fer2013` and `evaluate ferplus`."""

from pathlib import Path
from typing import Any

from classifier.predictor import Predictor, Serving
from classifier.settings import ClassifierSettings
from classifier.training.data import load_fer
from classifier.training.evaluate import evaluate_fer
from classifier.training.settings import TrainSettings
from classifier.views import Views


def measure(
    data: Path, split: str, weights: Path | None, settings_file: Path | None, *, views: Views, **benchmark: Any
) -> dict[str, Any]:
    """Score one official split.

    Args:
        data: folder with FER2013 and FER+.
        split: Training, PublicTest or PrivateTest.
        weights: weights file; None for the one that is served.
        settings_file: where the served one may be named.
        views: looks at each face, see `classifier.views`.
        benchmark: `benchmark`, and for FER+ `protocol` and `classes`, of `evaluate_fer`.

    Raises:
        DataError: the data set is not as documented.
        ModelError: the weights cannot be used.
    """
    settings = ClassifierSettings.load({"weights": weights}, settings_file)
    chosen = settings.model_dump(include={"device", "precision", "threads"})
    predictor = Predictor(settings.weights, Serving(**chosen, shape=128))
    faces = load_fer(data, TrainSettings.load(None, settings_file).cache)[split]

    heads = predictor.heads(faces.pixels, views)
    scores = evaluate_fer(heads, predictor.calibration(views), faces, **benchmark)
    return {**scores, "split": split, "views": views, "weights_sha256": predictor.sha256[:12]}
