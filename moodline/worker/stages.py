"""The stages by name: which may be joined, which topics they lie between, and how each is made.

Used by `moodline.worker.process`. A stage is imported only when it is made, so that a worker needs no other stage's
packages.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from common.errors import UsageError
from common.stage import Stage

StageName = Literal["ingest", "detector", "classifier", "sink"]
ORDER: tuple[StageName, ...] = ("ingest", "detector", "classifier", "sink")

INPUT: dict[str, str] = {"detector": "frames", "classifier": "faces", "sink": "scores"}
"""The topic that a stage reads."""
OUTPUT: dict[str, str] = {"ingest": "frames", "detector": "faces", "classifier": "scores"}
"""The topic that a stage writes; the sink publishes the public readings by itself."""


class Made(NamedTuple):
    """A stage and how it wants its messages: how many at a time, and the longest wait for so many, seconds."""

    stage: Stage
    batch: int
    fill_s: float = 0.0


def consecutive(names: Sequence[str]) -> list[StageName]:
    """Check the stages of a worker.

    Raises:
        UsageError: a stage is unknown, or the next one does not follow it in the flow.
    """
    for name in names:
        if name not in ORDER:
            raise UsageError(f"'{name}' is no stage; the stages are {', '.join(ORDER)}")
    first = ORDER.index(names[0])  # type: ignore[arg-type]  # all are stages, as was checked
    wanted = list(ORDER[first : first + len(names)])
    if list(names) != wanted:
        raise UsageError(
            f"'{' '.join(names)}' do not follow each other; one worker joins consecutive stages: {' '.join(ORDER)}"
        )
    return wanted


def make_detector(file: Path | None) -> Made:
    """Make the detector.

    Raises:
        UserError: a setting or the model file is not usable.
    """
    from detector.settings import DetectorSettings
    from detector.stage import DetectorStage

    settings = DetectorSettings.load(None, file)
    return Made(DetectorStage(settings), settings.batch)


def make_classifier(file: Path | None) -> Made:
    """Make the classifier.

    Raises:
        UserError: a setting, the weights or the device are not usable.
    """
    from classifier.settings import ClassifierSettings
    from classifier.stage import ClassifierStage

    settings = ClassifierSettings.load(None, file)
    return Made(ClassifierStage(settings), settings.batch, settings.wait_ms / 1000)
