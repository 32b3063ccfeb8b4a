"""The stages by name: which may be joined, which topics they lie between, and how each is made.

Used by `moodline.worker.process`. A stage is imported only when it is made, so that a worker needs no other stage's
packages.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from common.bus import topics
from common.errors import UsageError
from common.stage import Stage

StageName = Literal["ingest", "detector", "classifier", "sink"]
ORDER: tuple[StageName, ...] = ("ingest", "detector", "classifier", "sink")

ReaderName = Literal["detector", "classifier", "sink"]
"""A stage that reads a topic."""

INPUT: Mapping[ReaderName, str] = {"detector": topics.FRAMES, "classifier": topics.FACES, "sink": topics.SCORES}
"""The topic that a stage reads."""
OUTPUT: Mapping[StageName, str] = {"ingest": topics.FRAMES, "detector": topics.FACES, "classifier": topics.SCORES}
"""The topic that a stage writes; the sink publishes the public readings by itself."""
NEXT: Mapping[StageName, ReaderName] = {
    stage: reader for stage, topic in OUTPUT.items() for reader, read in INPUT.items() if read == topic
}
"""The stage that reads what a stage writes."""

SINK_BATCH = 64
"""Frames that the sink takes at a time, at most."""


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
    first = ORDER.index(names[0])
    wanted = list(ORDER[first : first + len(names)])
    if list(names) != wanted:
        raise UsageError(
            f"'{' '.join(names)}' do not follow each other; one worker joins consecutive stages: {' '.join(ORDER)}"
        )
    return wanted


class Making(NamedTuple):
    """What stages are made from.

    Attributes:
        file: the settings file.
        client: the opened Redis; None in a worker that needs none.
        prefix: first part of every key.
        publish: takes the public records of the sink; None to publish none.
    """

    file: Path | None
    client: Any
    prefix: str
    publish: Any


def make(name: str, making: Making) -> Made:
    """Make one stage.

    Raises:
        UserError: a setting, a model file or a device is not usable.
    """
    return {"detector": _detector, "classifier": _classifier, "sink": _sink}[name](making)


def _detector(making: Making) -> Made:
    from detector.settings import DetectorSettings
    from detector.stage import DetectorStage

    settings = DetectorSettings.load(None, making.file)
    return Made(DetectorStage(settings), settings.batch)


def _classifier(making: Making) -> Made:
    from classifier.settings import ClassifierSettings
    from classifier.stage import ClassifierStage

    settings = ClassifierSettings.load(None, making.file)
    return Made(ClassifierStage(settings), settings.batch, settings.wait_ms / 1000)


def _sink(making: Making) -> Made:
    from sink.making import make_sink
    from sink.settings import SinkSettings

    settings = SinkSettings.load(None, making.file)
    return Made(make_sink(making.client, making.prefix, settings, publish=making.publish), SINK_BATCH)
