"""Builders of detections and of people who walk, for the tests of the detector."""

from common.messages import Box
from detector.finder import Detection
from tests.builders_messages import landmarks_of


def seen(x: float, y: float = 100.0, *, width: float = 50.0, score: float = 0.9) -> Detection:
    """A detected face with its upper left corner at `x`, `y`."""
    box = Box(float(x), float(y), width, width * 1.1)
    return Detection(box, score, landmarks_of(box))
