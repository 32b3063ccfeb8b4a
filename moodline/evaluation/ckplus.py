"""The classifier alone on CK+, picture by picture and sequence by sequence; used by `evaluate ckplus`.

CK+ has `contempt` and no `neutral`: the FER+ head, which knows both, is asked to choose among the seven labels of the
set. What a reading would say is scored beside it, without the pictures of contempt, which no reading names.

Weights that learned from this very set are scored on the sequences that were held out, never on the others. No subject
is known: the same person may stand on both sides of a fold, and only sequences are kept apart.
"""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from classifier.labels import FERPLUS_LABELS, LABELS
from classifier.predictor import Predictor, Serving, read_weights
from classifier.settings import ClassifierSettings
from classifier.training.data import FaceData, ferplus_argmax
from classifier.training.forms import Reading, load_faces
from classifier.training.scores import score_classes
from classifier.training.settings import TrainSettings
from classifier.views import Views

Classes = Literal[8, 7]
Floats = npt.NDArray[np.floating[Any]]

NEUTRAL = FERPLUS_LABELS.index("neutral")


def measure_ckplus(
    folder: Path, weights: Path | None, settings_file: Path | None, *, views: Views, classes: Classes
) -> dict[str, Any]:
    """Score all of CK+, or what was held out of it.

    Args:
        folder: CK+ as `<expression>/<expression>_seqNNN_frameK.png`.
        weights: weights file; None for the one that is served.
        settings_file: where the served one may be named.
        views: looks at each face, see `classifier.views`.
        classes: see `score_ckplus`.

    Returns:
        `protocol`, `subjects`, `learned_from` (what the weights file says of its own data), `left_out`, and what
        `score_ckplus` returns.

    Raises:
        DataError: the data set is not as documented.
        ModelError: the weights cannot be used.
    """
    settings = ClassifierSettings.load({"weights": weights}, settings_file)
    predictor = Predictor(
        settings.weights, Serving(**settings.model_dump(include={"device", "precision", "threads"}), shape=128)
    )
    state = read_weights(settings.weights)
    recipe, learned = state.get("training", {}), state.get("data", {})
    unusable = TrainSettings.load(None, settings_file).unusable
    parts = Reading("ckplus", None, unusable, recipe.get("folds", 10), recipe.get("fold", 0))
    found = load_faces(folder, parts)
    own = learned.get("sha256") == found.sha256
    faces = found.judge if own else found.whole()
    heads = predictor.heads(faces.pixels, views)
    scores = score_ckplus(heads[0], predictor.calibration(views).reading(*heads), faces, classes)
    return {
        "protocol": found.held_out if own else "whole set",
        "subjects": "not known; sequences are kept apart, people are not",
        "learned_from": {key: learned[key] for key in ("form", "sha256") if key in learned} or None,
        "left_out": {why: len(names) for why, names in found.faults.items()},
        **scores,
        "views": views,
        "weights_sha256": predictor.sha256[:12],
    }


def score_ckplus(ferplus: Floats, readings: Floats, faces: FaceData, classes: Classes) -> dict[str, Any]:
    """Score what was said of the pictures of CK+.

    Args:
        ferplus: (N, 8) probabilities of the FER+ head.
        readings: (N, 7) probabilities in the order of `LABELS`.
        faces: the pictures, with their sequences.
        classes: 7: the head chooses among the labels of the set; 8: it may also say neutral, which is wrong.

    Returns:
        `classes` and what `score_classes` returns, over pictures; the same over sequences (the mean of their
        pictures) as `sequences`; of the readings as `readings`.
    """
    truth = ferplus_argmax(faces.votes)
    names = [name for column, name in enumerate(FERPLUS_LABELS) if classes == 8 or column != NEUTRAL]
    columns = [FERPLUS_LABELS.index(name) for name in names]
    chosen = ferplus[:, columns].astype(np.float64)
    chosen /= np.maximum(chosen.sum(1, keepdims=True), np.finfo(np.float64).tiny)
    numbers = np.array([names.index(FERPLUS_LABELS[label]) for label in truth])
    named = np.array([FERPLUS_LABELS[label] in LABELS for label in truth])
    read = np.array([LABELS.index(FERPLUS_LABELS[label]) for label in truth[named]], np.int64)
    return {
        "classes": classes,
        **score_classes(chosen, numbers, names, faces.duplicate),
        "sequences": _by_sequence(chosen, numbers, names, faces),
        "readings": score_classes(readings[named], read, LABELS, faces.duplicate[named]),
    }


def _by_sequence(chosen: Floats, truth: npt.NDArray[np.int64], names: list[str], faces: FaceData) -> dict[str, Any]:
    """Score each sequence once: its frames are so alike that counting them singly makes an interval too narrow."""
    assert faces.group is not None  # noqa: S101  # every picture of CK+ is of a sequence
    _, first, place = np.unique(faces.group, return_index=True, return_inverse=True)
    mean = np.zeros((len(first), len(names)))
    np.add.at(mean, place, chosen)
    mean /= np.bincount(place)[:, None]
    return score_classes(mean, truth[first], names, np.zeros(len(first), bool))
