"""The class names and their order, the only place; used by the net, its training, its evaluation and its readers.

The net has two heads over the same features. A reading is over `LABELS`; FER+ adds `contempt`, for which the
public data holds too few examples to be read on a face (16 of 3,153 test images), so readings leave it out.
"""

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
"""The labels of a reading, in alphabetical order."""

FER2013_LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Head B, in the order of the numbers 0 to 6 in the FER2013 table."""

FERPLUS_LABELS = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt")
"""Head A, in the order of the vote columns of the FER+ table."""

FER2013_TO_LABELS = tuple(FER2013_LABELS.index(name) for name in LABELS)
"""For each reading label, its column in head B."""

FERPLUS_TO_LABELS = tuple(FERPLUS_LABELS.index(name) for name in LABELS)
"""For each reading label, its column in head A."""
