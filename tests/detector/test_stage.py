import logging

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from common.errors import ModelError
from common.messages import CROP_SIDE, Faces, Frame
from detector.settings import DetectorSettings
from detector.stage import DetectorStage
from tests.builders_messages import closed, empty_frame, gray_frame, opened, spine
from tests.builders_pictures import astronaut, frame_of, grace_hopper, pasted, planes_of


def stage_with(**options):
    return DetectorStage(DetectorSettings(**options))


@pytest.fixture
def stage():
    made = stage_with()
    yield made
    made.close()


@pytest.fixture(scope="module")
def walk():
    """A face that walks through the room, and one that stands in it; ten frames a second."""
    frames = []
    for seq in range(12):
        picture = pasted(grace_hopper(), 8 * seq, 120, side=260)
        right = pasted(astronaut(), 360, 100, side=280)
        picture[:, 360:] = right[:, 360:]
        frames.append(Frame(spine(seq), 640, 480, planes_of(picture)))
    return frames


def told(stage, messages):
    return list(stage.process(messages))


def as_bytes(messages):
    return msgspec.msgpack.encode(messages, enc_hook=lambda array: array.tobytes())


def test_faces_in_moving_frames_get_one_track_each(stage, walk):
    results = told(stage, [opened(), *walk, closed(11)])
    assert results[0] == opened()
    assert results[-1] == closed(11)
    found = results[1:-1]
    assert [one.spine for one in found] == [frame.spine for frame in walk]
    assert all(one.recipe == stage.recipe and one.dropped is None for one in found)
    assert [sorted(face.track for face in one.faces) for one in found] == [[1, 2]] * len(walk)


def test_a_face_that_may_be_read_has_a_crop_and_its_box_follows_it(stage, walk):
    found = told(stage, walk)
    walker = [min(one.faces, key=lambda face: face.box.x) for one in found]
    for face in walker:
        assert face.refused is None
        assert face.crop.shape == (CROP_SIDE, CROP_SIDE)
        assert face.crop.dtype == np.uint8
    moved = walker[-1].box.x - walker[0].box.x
    assert moved == pytest.approx(8 * (len(walk) - 1), abs=12)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_does_not_change_what_is_found(stage, walk, threads):
    other = stage_with(threads=threads)
    try:
        assert as_bytes(told(other, walk[:6])) == as_bytes(told(stage, walk[:6]))
        assert other.recipe == stage.recipe
    finally:
        other.close()


def test_how_frames_are_batched_does_not_change_what_is_found(walk):
    together, alone = stage_with(), stage_with()
    try:
        one_by_one = [result for frame in walk[:4] for result in told(alone, [frame])]
        assert as_bytes(one_by_one) == as_bytes(told(together, walk[:4]))
    finally:
        together.close()
        alone.close()


def test_a_face_that_must_not_be_read_keeps_its_reason_and_has_no_crop():
    strict = stage_with(min_height=400.0)
    try:
        (found,) = told(strict, [frame_of(pasted(grace_hopper(), 100, 20, side=360))])
    finally:
        strict.close()
    assert [(face.refused, face.crop) for face in found.faces] == [("too_small", None)]
    assert found.faces[0].quality.height < 400


def test_a_frame_without_faces_is_told_too(stage):
    (found,) = told(stage, [gray_frame(5)])
    assert found == Faces(spine(5), (), stage.recipe)


@pytest.mark.parametrize("reason", ["damaged", "dead_letter"])
def test_a_dropped_frame_travels_with_its_reason(stage, reason):
    (found,) = told(stage, [empty_frame(3, dropped=reason)])
    assert found == Faces(spine(3), (), stage.recipe, reason)


def numbers(found):
    return [face.track for face in found.faces]


def test_a_new_epoch_begins_with_new_tracks(stage):
    picture = pasted(grace_hopper(), 100, 20, side=360)
    first, again, other = told(stage, [frame_of(picture, 0), frame_of(picture, 1), frame_of(picture, 0, epoch="e2")])
    assert numbers(first) == numbers(again) == numbers(other) == [1]


@pytest.mark.parametrize("between", [opened(), closed()])
def test_opening_and_closing_forget_the_tracks_of_that_camera_only(stage, between):
    hopper, both = pasted(grace_hopper(), 300, 60, side=300), pasted(grace_hopper(), 0, 60, side=200)
    before = [frame_of(hopper, 0, camera=camera) for camera in ("shop", "door")]
    after = [frame_of(both, 1, camera=camera) for camera in ("shop", "door")]
    found = told(stage, [*before, between, *after])
    assert [numbers(one) for one in found[:2]] == [[1], [1]]
    assert [numbers(one) for one in found[3:]] == [[1], [2]]


def test_cameras_do_not_share_tracks(stage):
    picture = pasted(grace_hopper(), 100, 20, side=360)
    found = told(stage, [frame_of(picture, 0, camera=name) for name in ("a", "b", "c")])
    assert [numbers(one) for one in found] == [[1]] * 3


def test_a_change_of_size_within_an_epoch_is_searched_anew(stage):
    small = pasted(grace_hopper(), 60, 20, size=(480, 360), side=280)
    large = pasted(grace_hopper(), 300, 100, size=(960, 720), side=560)
    found = told(stage, [frame_of(small, 0), frame_of(large, 1)])
    assert [len(one.faces) for one in found] == [1, 1]


def test_a_frame_that_fails_is_dropped_with_its_coordinates_logged_and_the_next_is_searched(stage, caplog):
    broken = Frame(spine(0), 640, 480, np.zeros((7, 3), np.uint8))
    with caplog.at_level(logging.ERROR):
        dropped, found = told(stage, [broken, frame_of(pasted(grace_hopper(), 100, 20, side=360), 1)])
    assert replace(dropped, failure=None) == Faces(spine(0), (), stage.recipe, "dead_letter")
    assert "Error" in dropped.failure
    assert "shop/e1/0" in caplog.text
    assert numbers(found) == [1]


def test_finding_depends_on_its_settings_by_the_recipe(stage):
    other = stage_with(scan_ms=400, threads=1)
    other.close()
    assert other.recipe != stage.recipe


def test_a_missing_model_is_told_when_the_stage_is_made(tmp_path):
    with pytest.raises(ModelError, match="is not installed"):
        stage_with(model=tmp_path / "none.tflite")
