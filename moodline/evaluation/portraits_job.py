"""Reads labelled pictures with a net and scores them; used by `evaluate portraits` and by the model card."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from classifier.settings import ClassifierSettings
from detector.settings import DetectorSettings
from moodline.evaluation.portraits import read_portraits, score_portraits
from moodline.evaluation.stills import StillReader


def measure_portraits(
    folder: Path, weights: Path | None, settings_file: Path | None, tell: Callable[[int, int], None]
) -> dict[str, Any]:
    """Search, crop, read and score every picture; as `score_portraits`.

    Args:
        folder: as `read_portraits` takes it.
        weights: weights file; None for the one that is served.
        settings_file: where settings may stand.
        tell: told how many pictures are done, and how many there are.

    Raises:
        DataError: the folder is not as documented, or a picture cannot be decoded.
        ModelError: a model cannot be used.
    """
    rows = read_portraits(folder)
    classifier = ClassifierSettings.load({"weights": weights}, settings_file)
    reader = StillReader(DetectorSettings.load(None, settings_file), classifier)
    read: list[tuple[str, str | None]] = []
    try:
        for row in rows:
            read.append((row.emotion, reader.read(row.image)))
            tell(len(read), len(rows))
    finally:
        reader.close()
    return score_portraits(read)
