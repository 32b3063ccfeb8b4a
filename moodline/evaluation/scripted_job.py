"""Runs scripted tracks through everything behind the search for faces, and scores them; used by `evaluate scripted`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from classifier.settings import ClassifierSettings
from classifier.stage import ClassifierStage
from common.messages import Box, Face, Faces, Quality, Readings, Spine
from detector.backends.upright import landmarks_in
from detector.crop_measures import measure_crop
from detector.quality import QualityGate, left
from detector.settings import DetectorSettings
from detector.settled import Given, Pace
from moodline.evaluation.disturb import Disturbance, DisturbedFaces
from moodline.evaluation.footage import Scores, score_footage
from moodline.evaluation.predicted import PredictedFrame
from moodline.evaluation.scripted import RATE, Pool, Scripted, tracks
from moodline.evaluation.truth import TrueFace, TrueFrame
from moodline.evaluation.whole_path import predicted_of
from sink.epoch import EpochState
from sink.records import FrameEntry
from sink.settings import SinkSettings
from sink.stage import rules_of


@dataclass(frozen=True)
class Script:
    """What is composed, and what happens to it.

    Attributes:
        count: tracks.
        every: every how manieth frame of 25 a second is read.
        seed: which tracks.
        disturbance: what happens to faces before they are read.
    """

    count: int
    every: int
    seed: int
    disturbance: Disturbance


@dataclass(frozen=True)
class Reading:
    """The settings of what reads the tracks."""

    detector: DetectorSettings
    classifier: ClassifierSettings
    sink: SinkSettings


def measure_scripted(pool: Pool, script: Script, reading: Reading) -> Scores:
    """Score tracks as `score_footage` does, and count what the net read.

    Raises:
        ModelError: the weights cannot be used.
    """
    classifier = ClassifierStage(reading.classifier)
    disturbed = DisturbedFaces(script.disturbance, reading.detector)
    truth: list[TrueFrame] = []
    said: list[PredictedFrame] = []
    faces = 0
    for number, track in enumerate(tracks(pool, script.count, script.seed)):
        messages = list(_found(track, number, script.every, reading.detector))
        truth += _truth(track, number, script.every, len(truth))
        read = classifier.process(list(disturbed.process(messages)))
        readings = [one for one in read if isinstance(one, Readings)]
        faces += sum(face.probabilities is not None for one in readings for face in one.readings)
        said += predicted_of(_series(readings, reading.sink), len(said))
    classifier.close()
    return {**score_footage(truth, said, RATE / script.every), "readings": faces}


def _found(track: Scripted, number: int, every: int, settings: DetectorSettings) -> Iterator[Faces]:
    """Give the faces as the detector would."""
    gate = QualityGate(**settings.model_dump(include=set(QualityGate.__dataclass_fields__)))
    pace = Pace(settings.changing_ms, settings.settled_ms)
    given: Given | None = None
    box = _box(track)
    for seq, crop in enumerate(track.crops[::every]):
        time_ms = seq * every * 1000 // RATE
        quality = Quality(height=track.height, turn=0.0, inside=1.0, **measure_crop(crop)._asdict())
        quality = replace(quality, left=left(quality))
        refused = gate.refuse(quality)
        now = Given.of(crop, quality.left, time_ms)
        if refused is None and settings.carry == "always" and not pace.is_due(given, now, every * 1000 // RATE):
            refused = "carried"
        elif refused is None:
            given = now
        else:
            given = None
        spine = Spine("scripted", f"t{number}", seq, time_ms, "file", 0.0, time_ms, "file")
        face = Face(1, box, 1.0, landmarks_in(box), quality, refused, crop if refused is None else None)
        yield Faces(spine, (face,), "scripted")


def _series(readings: Sequence[Readings], settings: SinkSettings) -> Iterator[FrameEntry]:
    state, rules = EpochState("scripted", readings[0].spine.epoch), rules_of(settings)
    for one in readings:
        step = state.advance(one, rules)
        yield FrameEntry(
            one.spine.epoch, one.spine.time_ms, one.spine.seq, one.dropped, tuple(f for _, f in step.faces)
        )


def _truth(track: Scripted, number: int, every: int, first: int) -> Iterator[TrueFrame]:
    box = _box(track)
    for place, label in enumerate(track.labels[::every], first):
        yield TrueFrame(place, place * every / RATE, (TrueFace(str(number), box, label, 1.0),))


def _box(track: Scripted) -> Box:
    return Box(100.0, 100.0, track.height / 1.1, track.height)
