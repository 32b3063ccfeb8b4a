"""Small real jobs that prove a part works here: a known face is found, the net runs; used by `doctor`."""

import time
from typing import NamedTuple

import cv2
import numpy as np
from matplotlib import cbook

from classifier.predictor import Predictor, Serving
from classifier.settings import ClassifierSettings
from detector.faces import FaceFinder
from detector.picture import Picture
from detector.settings import DetectorSettings
from detector.tiles import Region
from detector.verifier import Verifier

FACES = 64
"""Faces for timing the net."""


class KnownFace(NamedTuple):
    """How sure the two nets are of a face that is there: the finder's score, the verifier's probability."""

    score: float
    probability: float


def find_known_face(settings: DetectorSettings) -> KnownFace | None:
    """Look for the face in matplotlib's public-domain portrait of Grace Hopper; None if it is not found.

    Raises:
        ModelError: the file of one of the nets is missing or damaged.
    """
    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    colour = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert colour is not None  # noqa: S101  # the file ships with the package
    even = colour[: colour.shape[0] // 2 * 2, : colour.shape[1] // 2 * 2]
    planes = np.asarray(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420), np.uint8)
    finder, picture = FaceFinder(settings.model), Picture.of(planes)
    try:
        found = finder.look(picture, Region(0, 0, even.shape[1], even.shape[0]))
    finally:
        finder.close()
    best = max(found, key=lambda one: one.score, default=None)
    return None if best is None else KnownFace(best.score, Verifier().probability(picture, best.box))


def time_net(settings: ClassifierSettings) -> tuple[Predictor, float]:
    """Load the net and run it; gives it with its seconds for one face in full batches."""
    predictor = Predictor(
        settings.weights, Serving(**settings.model_dump(include={"device", "precision", "shape", "threads"}))
    )
    noise = np.random.default_rng(0).integers(0, 256, (FACES, predictor.size, predictor.size), np.uint8)
    predictor.predict(noise)
    began = time.perf_counter()
    predictor.predict(noise)
    return predictor, (time.perf_counter() - began) / FACES
