"""What a stage that is fused to ingest fails on is a dead letter too, though it never stood on a topic."""

import contextlib

import pytest
from msgspec.structs import replace

from common import wire
from common.bus import topics
from common.bus.dead_letters import DeadLetters
from common.bus.routes import Routes
from common.messages import Faces
from detector.settings import DetectorSettings
from detector.stage import DetectorStage
from moodline.dead import Choice, DeadBox
from moodline.worker.lettered import LetteredStage, Unwritten
from tests.builders_messages import closed, faces, gray_frame, opened

BAD_LEVEL = 13


class BrokenFinder:
    """Finds nothing, and fails on pictures of one level."""

    tile_faces = 4.0

    def look(self, picture, _):
        if (picture.luma == BAD_LEVEL).all():
            raise ValueError("no such picture")
        return []

    def close(self):
        pass


class Failing:
    """Reads faces; fails on every second frame."""

    def process(self, messages):
        for message in messages:
            failed = isinstance(message, Faces) and message.spine.seq % 2
            yield replace(message, failure="ValueError('odd')", dropped="dead_letter") if failed else message

    def forget(self, camera):
        pass

    def close(self):
        pass


class Letters(list):
    def put(self, letter, reason, stage=None):
        self.append((letter, reason, stage))


@contextlib.contextmanager
def fused_detector(dead):
    settings = DetectorSettings(threads=1)
    stage = DetectorStage(settings, lambda _: BrokenFinder())
    place = Unwritten("detector", "moodline.frames", "raw", Routes(lambda _: 3))
    yield LetteredStage(stage, place, dead)
    stage.close()


def test_a_frame_that_the_detector_fails_on_is_a_letter_and_counts_as_dropped_once():
    dead = Letters()
    frames = [gray_frame(seq, level=BAD_LEVEL if seq == 2 else 90) for seq in range(4)]
    with fused_detector(dead) as stage:
        out = list(stage.process([opened(), *frames, closed(3)]))
    ((letter, reason, name),) = dead
    assert (letter.topic, letter.partition, letter.offset, letter.key) == ("moodline.frames", 3, -1, b"shop")
    assert (reason, name) == ("ValueError('no such picture')", "detector")
    kept = wire.decode(letter.value, letter.headers)
    assert kept.spine == frames[2].spine
    assert (kept.planes == BAD_LEVEL).all()
    assert [one.dropped for one in out if isinstance(one, Faces)] == [None, None, "dead_letter", None]
    assert [one.failure for one in out if isinstance(one, Faces)] == [None] * 4
    assert (out[0], out[-1]) == (opened(), closed(3))


@pytest.mark.kafka
def test_what_a_fused_classifier_failed_on_is_listed_and_can_be_given_back(kafka):
    with contextlib.closing(
        DeadLetters(kafka.name(topics.DEAD), "classifier", kafka.settings, lambda: 1_777_626_000_000)
    ) as dead:
        stage = LetteredStage(
            Failing(), Unwritten("classifier", kafka.name("faces"), "jpeg", Routes(lambda _: 1)), dead
        )
        list(stage.process([faces(seq) for seq in range(4)]))
        dead.flush()
    box = DeadBox(kafka.settings, kafka.prefix)
    first, second = box.letters(Choice(stage="classifier"))
    assert [one.partition for one in (first, second)] == [1, 1]
    assert box.refusal(first) is None
    box.replay([first, second])
