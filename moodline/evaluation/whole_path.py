"""Runs the real pipeline for an evaluation, into a store of its own that is thrown away; used by `evaluate`."""

import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av

from common.errors import SourceError
from common.redis_client import open_client
from common.store_settings import StoreSettings
from moodline.evaluation.predicted import PredictedFace, PredictedFrame
from moodline.job import Job, JobSettings
from sink.reader import SeriesReader


def predict_footage(video: Path, settings: JobSettings, show_progress: bool) -> tuple[list[PredictedFrame], float]:
    """Read every frame of a recording through all four stages.

    Args:
        video: the recording.
        settings: of the stages; the rate must be 0, so that every frame is read.
        show_progress: whether to show a progress bar.

    Returns:
        What was read of each frame, in order, and the nominal frames a second.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = StoreSettings.load({"home": Path(folder)})
        private = replace(settings, store=store.model_copy(update={"redis_url": None}))
        result = Job([str(video)], "evaluated", private).run(show_progress=show_progress)
        frames: list[PredictedFrame] = []
        with open_client(private.store) as client:
            reader = SeriesReader(client, private.store.key_prefix)
            for epoch in result.epochs:
                for entry in reader.frames(epoch.camera, epoch.epoch):
                    faces = [PredictedFace(f.track, f.box, f.status, f.label, f.raw_label) for f in entry.faces]
                    frames.append(PredictedFrame(len(frames), tuple(faces)))
    return frames, float(nominal_rate(video))


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
