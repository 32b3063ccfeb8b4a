import shutil

import numpy as np
import pytest

from common.errors import ModelError
from detector.faces import FaceFinder
from detector.picture import Picture
from detector.settings import DetectorSettings
from detector.tiles import Region
from tests.builders_pictures import astronaut, grace_hopper, pasted, planes_of

MODEL = DetectorSettings().model


@pytest.fixture(scope="module")
def finder():
    made = FaceFinder(MODEL)
    yield made
    made.close()


def best(finder, picture, region):
    return max(finder.look(Picture.of(planes_of(picture)), region), key=lambda one: one.score)


def inside(box, point):
    return box.x < point.x < box.x + box.width and box.y < point.y < box.y + box.height


REGIONS = {
    grace_hopper: [Region(0, 0, 512, 600), Region(60, 0, 452, 452), Region(0, 148, 452, 452), Region(40, 20, 440, 440)],
    astronaut: [Region(0, 0, 512, 512), Region(144, 0, 226, 226), Region(100, 0, 300, 260)],
}


@pytest.mark.parametrize(
    ("portrait", "region"), [(one, region) for one, regions in REGIONS.items() for region in regions]
)
def test_a_known_face_is_found_in_pixels_of_the_frame_whatever_the_region(finder, portrait, region):
    picture, left_eye, right_eye, mouth = portrait()
    found = best(finder, picture, region)
    assert found.score > 0.8
    assert inside(found.box, left_eye)
    assert inside(found.box, right_eye)
    assert inside(found.box, mouth)
    near = 0.12 * found.box.height
    for point, true in (
        (found.landmarks.left_eye, left_eye),
        (found.landmarks.right_eye, right_eye),
        (found.landmarks.mouth, mouth),
    ):
        assert np.hypot(point.x - true.x, point.y - true.y) < near


def test_left_and_right_are_those_of_the_viewer(finder):
    marks = best(finder, grace_hopper().picture, Region(0, 0, 512, 600)).landmarks
    assert marks.left_ear.x < marks.left_eye.x < marks.nose.x < marks.right_eye.x < marks.right_ear.x


@pytest.mark.parametrize("side", [120, 240, 400])
def test_the_box_grows_with_the_face(finder, side):
    found = best(finder, pasted(grace_hopper(), 0, 0, side=side), Region(0, 0, side, side))
    assert found.box.width == pytest.approx(0.275 * side, rel=0.15)
    assert found.box.height == pytest.approx(1.1 * found.box.width)


def test_nothing_is_found_in_an_empty_room(finder):
    room = np.full((480, 640, 3), 160, np.uint8)
    assert finder.look(Picture.of(planes_of(room)), Region(0, 0, 640, 480)) == []


def test_a_small_region_is_looked_at_too(finder):
    room = np.full((480, 640, 3), 160, np.uint8)
    assert finder.look(Picture.of(planes_of(room)), Region(636, 476, 4, 4)) == []


def test_the_planes_of_a_frame_are_viewed_and_not_copied():
    planes = planes_of(grace_hopper().picture)
    picture = Picture.of(planes)
    assert picture.luma.shape == (600, 512)
    assert picture.blue.shape == picture.red.shape == (300, 256)
    assert all(np.shares_memory(plane, planes) for plane in picture)


def test_a_missing_model_is_one_sentence_that_says_how_to_get_it(tmp_path):
    with pytest.raises(ModelError, match=r"'no\.tflite' is not installed; run `moodline models fetch`"):
        FaceFinder(tmp_path / "no.tflite")
    with pytest.raises(ModelError, match="is not installed"):
        FaceFinder(tmp_path)


@pytest.mark.parametrize("kind", ["empty", "text", "half", "noise"])
def test_a_file_that_is_no_face_model_is_refused(tmp_path, kind, capfd):
    content = {
        "empty": b"",
        "text": b"not a model\n" * 100,
        "half": MODEL.read_bytes()[:100_000],
        "noise": np.random.default_rng(0).bytes(5000),
    }
    path = tmp_path / "faces.tflite"
    path.write_bytes(content[kind])
    with pytest.raises(ModelError, match=r"'faces\.tflite' is not a face model") as caught:
        FaceFinder(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_making_and_closing_a_finder_writes_nothing_to_the_terminal(tmp_path, capfd):
    path = shutil.copy(MODEL, tmp_path / "copy.tflite")
    made = FaceFinder(path)
    made.close()
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_a_closed_finder_fails_instead_of_finding_nothing():
    made = FaceFinder(MODEL)
    made.close()
    made.close()
    with pytest.raises(ModelError, match="was closed"):
        made.look(Picture.of(planes_of(grace_hopper().picture)), Region(0, 0, 512, 600))
