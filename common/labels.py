"""The labels of a reading and their order, the only place; every stage that names an expression uses them."""

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
"""The labels of a reading, in alphabetical order."""
