"""Runs the real pipeline for an evaluation, into a store of its own that is thrown away; used by `evaluate`."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av

from common.errors import SourceError
from common.messages import READ
from common.redis_client import open_client
from common.store_settings import StoreSettings
from moodline.evaluation.disturb import NO_DISTURBANCE, Disturbance, DisturbedFaces
from moodline.evaluation.predicted import PredictedFace, PredictedFrame
from moodline.job import Job, JobSettings
from sink.reader import SeriesReader
from sink.records import FrameEntry


class Predicted(NamedTuple):
    """What the whole path said.

    Attributes:
        frames: what was read of each frame, in order.
        rate: nominal frames a second.
        readings: faces that the net read.
        classifier_s: seconds that the classifier worked.
    """

    frames: list[PredictedFrame]
    rate: float
    readings: int
    classifier_s: float


def predict_footage(
    video: Path, settings: JobSettings, show_progress: bool, disturbance: Disturbance = NO_DISTURBANCE
) -> Predicted:
    """Read every frame of a recording through all four stages.

    Args:
        video: the recording.
        settings: of the stages; the rate must be 0, so that every frame is read.
        show_progress: whether to show a progress bar.
        disturbance: what happens to faces before they are read.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = StoreSettings.load({"home": Path(folder)})
        private = replace(settings, store=store.model_copy(update={"redis_url": None}))
        behind = (DisturbedFaces(disturbance, settings.detector),) if disturbance != NO_DISTURBANCE else ()
        result = Job([str(video)], "evaluated", private, behind_detector=behind).run(show_progress=show_progress)
        frames: list[PredictedFrame] = []
        with open_client(private.store) as client:
            reader = SeriesReader(client, private.store.key_prefix)
            for epoch in result.epochs:
                frames += predicted_of(reader.frames(epoch.camera, epoch.epoch), len(frames))
    read = sum(result.counts["readings"].get(status, 0) for status in READ - {"carried"})
    return Predicted(frames, float(nominal_rate(video)), read, result.busy["classifier"])


def predicted_of(entries: Iterable[FrameEntry], first: int = 0) -> Iterator[PredictedFrame]:
    """Give frames of one epoch in the form that is scored, numbered from `first`."""
    last: dict[str, str | None] = {}
    for number, entry in enumerate(entries, first):
        faces = []
        for face in entry.faces:
            raw = last.get(face.track) if face.status == "carried" else face.raw_label
            last[face.track] = raw
            faces.append(PredictedFace(face.track, face.box, face.status, face.label, raw))
        yield PredictedFrame(number, tuple(faces))


def nominal_rate(video: Path) -> Fraction:
    """Nominal frames a second of a recording.

    Raises:
        SourceError: the file does not say.
    """
    with av.open(str(video)) as container:
        rate = container.streams.video[0].average_rate
    if not rate:
        raise SourceError(f"'{video}' does not say how many frames a second it has")
    return rate
