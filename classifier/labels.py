"""The class names of the net's heads and their order; used by the net, its training and its evaluation.

The net has two heads over the same features. A reading is over `LABELS`; FER+ adds `contempt`, for which the
public data holds too few examples to be read on a face (16 of 3,153 test images), so readings leave it out.
"""

from common.labels import LABELS

__all__ = ["FER2013_LABELS", "FER2013_TO_LABELS", "FERPLUS_LABELS", "FERPLUS_TO_LABELS", "LABELS"]

FER2013_LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Head B, in the order of the numbers 0 to 6 in the FER2013 table."""

FERPLUS_LABELS = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt")
"""Head A, in the order of the vote columns of the FER+ table."""

FER2013_TO_LABELS = tuple(FER2013_LABELS.index(name) for name in LABELS)
"""For each reading label, its column in head B."""

FERPLUS_TO_LABELS = tuple(FERPLUS_LABELS.index(name) for name in LABELS)
"""For each reading label, its column in head A."""
