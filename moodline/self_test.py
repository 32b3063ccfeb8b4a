"""Small real jobs that prove a part works here: a known face is found, the net runs; used by `doctor`."""

import time

import cv2
import numpy as np
from matplotlib import cbook

from classifier.predictor import Predictor, Serving
from classifier.settings import ClassifierSettings
from detector.faces import FaceFinder
from detector.picture import Picture
from detector.settings import DetectorSettings
from detector.tiles import Region

FACES = 64
"""Faces for timing the net."""


def find_known_face(settings: DetectorSettings) -> float | None:
    """Look for the face in matplotlib's public-domain portrait of Grace Hopper; its score, or None."""
    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    colour = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert colour is not None  # noqa: S101  # the file ships with the package
    even = colour[: colour.shape[0] // 2 * 2, : colour.shape[1] // 2 * 2]
    planes = np.asarray(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420), np.uint8)
    finder = FaceFinder(settings.model)
    try:
        found = finder.look(Picture.of(planes), Region(0, 0, even.shape[1], even.shape[0]))
    finally:
        finder.close()
    return max((detection.score for detection in found), default=None)


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
