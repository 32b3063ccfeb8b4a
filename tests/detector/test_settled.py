"""Which faces are given to be read: a settled one less often, one that changes soon, whatever else goes on."""

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import Frame
from detector.settings import DetectorSettings
from detector.settled import BETTER, Given, Pace
from detector.stage import DetectorStage
from detector.track import Track
from tests.builders_messages import spine
from tests.builders_pictures import astronaut, grace_hopper, pasted, planes_of
from tests.detector.builders import seen

PACE = Pace(changing_ms=160, settled_ms=400)
STEP_MS = 40
FACE = np.clip(128 + 50 * np.sin(np.arange(48)[:, None] / 5) + 40 * np.cos(np.arange(48)[None] / 7), 20, 230).astype(
    np.uint8
)
OTHER = np.ascontiguousarray(FACE.T)


def given_at(time_ms, crop=FACE, left=0.9):
    return Given.of(crop, left, time_ms)


def due(elapsed_ms, crop=FACE, left=0.9):
    return PACE.is_due(given_at(1000), given_at(1000 + elapsed_ms, crop, left), STEP_MS)


def test_a_face_that_was_never_given_is_read():
    assert PACE.is_due(None, given_at(0), STEP_MS)


def test_a_face_that_looks_the_same_waits_until_it_is_due_anyway():
    assert [due(ms) for ms in (0, 160, 399, 400, 5000)] == [False, False, False, True, True]


def test_a_face_that_has_changed_is_read_soon_and_not_at_every_frame():
    assert [due(ms, OTHER) for ms in (0, 40, 159, 160, 300)] == [False, False, False, True, True]


def test_a_face_that_is_seen_better_is_read_soon_and_one_that_is_seen_worse_is_not():
    assert due(200, left=0.9 + BETTER)
    assert not due(200, left=0.9 + BETTER / 2)
    assert not due(200, left=0.5)


def test_frames_that_are_far_apart_are_all_read():
    assert not PACE.is_due(given_at(1000), given_at(1159), 159)
    assert PACE.is_due(given_at(1000), given_at(1160), 160)


@pytest.mark.parametrize(
    "lit", [lambda x: x * 0.6, lambda x: x * 0.8 + 40, lambda x: x + 15], ids=["dark", "pale", "up"]
)
def test_another_light_is_no_change(lit):
    assert not due(200, np.clip(lit(FACE.astype(float)), 0, 255).astype(np.uint8))


def test_the_noise_of_a_dark_camera_is_no_change():
    noise = np.random.default_rng(3)
    dark = [np.clip(20 + FACE / 16 + noise.normal(0, 2, FACE.shape), 0, 255).astype(np.uint8) for _ in range(2)]
    assert not PACE.is_due(given_at(1000, dark[0]), given_at(1200, dark[1]), STEP_MS)


@given(st.lists(st.integers(1, 700), min_size=5, max_size=40), st.randoms())
def test_no_face_waits_longer_than_is_allowed_but_for_frames_that_are_not_there(gaps, chance):
    last, time_ms = None, 0
    for gap in gaps:
        time_ms += gap
        now = given_at(time_ms, chance.choice((FACE, OTHER)), chance.choice((0.5, 0.9)))
        if PACE.is_due(last, now, gap):
            last = now
        else:
            assert time_ms - last.time_ms < 400


def test_what_was_given_is_saved_with_its_track():
    track = Track(seen(100), 1000, 1, given=given_at(1000))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(track), type=Track) == track


@pytest.fixture
def stand():
    """A face that stands in the room for two seconds; 25 frames a second."""
    picture = pasted(grace_hopper(), 100, 120, side=260)
    return [planes_of(picture) for _ in range(50)]


def told(stage, planes, mode="file", step_ms=40):
    frames = []
    for seq, one in enumerate(planes):
        where = msgspec.structs.replace(spine(seq), time_ms=1_000_000 + seq * step_ms, mode=mode)
        frames.append(Frame(where, 640, 480, one))
    found = [one.faces[0] for one in stage.process(frames)]
    stage.close()
    return found


def stage_with(**options):
    return DetectorStage(DetectorSettings(threads=1, **options))


def test_of_a_face_that_stands_still_few_frames_are_read_and_the_rest_is_carried(stand):
    found = told(stage_with(carry="always"), stand)
    read = [place for place, face in enumerate(found) if face.crop is not None]
    assert read == list(range(0, 50, 5))
    assert {face.refused for place, face in enumerate(found) if place not in read} == {"carried"}
    assert {face.refused for place, face in enumerate(found) if place in read} == {None}


@pytest.mark.parametrize(
    ("carry", "mode", "carries"),
    [
        ("live", "live", True),
        ("live", "file", False),
        ("live", "replay", False),
        ("always", "file", True),
        ("always", "live", True),
        ("never", "live", False),
    ],
)
def test_whose_faces_are_carried_is_a_setting(stand, carry, mode, carries):
    found = told(stage_with(carry=carry), stand[:3], mode)
    assert [face.refused == "carried" for face in found] == [False, carries, carries]
    assert [face.crop is None for face in found] == [False, carries, carries]


def test_a_face_that_was_refused_in_between_is_read_at_once(stand):
    soft = planes_of(cv2.GaussianBlur(pasted(grace_hopper(), 100, 120, side=260), (0, 0), 6))
    found = told(stage_with(carry="always"), [*stand[:2], soft, *stand[:2]])
    assert [face.refused for face in found] == [None, "carried", "blurred", None, "carried"]


def test_a_face_that_changes_is_read_soon(stand):
    changed = planes_of(pasted(astronaut(), 100, 120, side=260))
    found = told(stage_with(carry="always", lost_ms=5000), [*stand[:2], *[changed] * 10])
    read = [place for place, face in enumerate(found) if face.crop is not None]
    assert read[0] == 0
    assert read[1] <= 5
