"""The names that data sets give to expressions, as labels of the net; used by the loaders."""

from classifier.labels import FERPLUS_LABELS

_SPELLINGS = {
    "angry": ("angry", "anger"),
    "contempt": ("contempt", "contemptuous"),
    "disgust": ("disgust", "disgusted"),
    "fear": ("fear", "fearful", "afraid"),
    "happy": ("happy", "happiness", "joy"),
    "neutral": ("neutral",),
    "sad": ("sad", "sadness"),
    "surprise": ("surprise", "surprised"),
}

_LABEL_OF = {spelling: label for label, spellings in _SPELLINGS.items() for spelling in spellings}

KNOWN = ", ".join(sorted(FERPLUS_LABELS))
"""The labels, for a sentence."""


def label_of(name: str) -> str | None:
    """Give the label that a name means, in any case of letters; None where it is none that the net knows."""
    return _LABEL_OF.get(name.strip().lower())
