import json
from typing import get_args

import numpy as np
import pytest

from common.errors import EXIT_DATA, EXIT_OK, EXIT_OUTPUT, EXIT_USAGE
from detector.settings import Backend
from moodline.evaluation import detectors
from moodline.evaluation.detectors import scaled
from tests.builders_pictures import grace_hopper, pasted, planes_of
from tests.builders_video import make_video

BOX = [383, 179, 61, 67]
"""Her face in `room`, where frame 2 is empty and all others are alike."""


def room(index, width, height):
    return np.full((height, width, 3), 160, np.uint8) if index == 2 else pasted(grace_hopper(), 300, 120, side=220)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled")
    make_video(folder / "room.mp4", size=(640, 480), frames=6, paint=room)
    face = {"person": 1, "box": BOX, "emotion": "happy", "visible": 1.0}
    lines = [{"frame": i, "time_s": i / 25, "faces": [face] if i != 2 else []} for i in range(6)]
    (folder / "room.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "unlabelled.mp4").write_bytes(b"not read")
    return folder


@pytest.fixture(autouse=True)
def only_two(monkeypatch):
    """Only these two count as installed: the others have tests of their own and take longer."""
    monkeypatch.setattr(detectors, "is_installed", {"mediapipe", "haar"}.__contains__)


def test_backends_are_compared_by_recall_precision_cost_and_face_height(moodline, data, tmp_path):
    code, out, err = moodline(
        "evaluate", "detectors", data, "--every", 2, "--scale", 0.5, "--json", "--out", tmp_path / "new" / "folder"
    )
    assert (code, err) == (EXIT_OK, "")
    result = json.loads(out.splitlines()[-1])
    assert list(result["backends"]) == sorted(get_args(Backend))
    for name in ("mediapipe", "haar"):
        one = result["backends"][name]
        scene = one["scenes"]["room"]
        assert (scene["frames"], scene["faces"], scene["recall"], scene["precision"]) == (3, 2, 1.0, 1.0)
        assert one["seconds_per_frame"] > 0
        assert one["bare_calls_per_frame"] == pytest.approx(one["seconds_per_frame"] / one["bare_call_seconds"])
        assert [(low["from"], low["faces"]) for low in one["by_height"]] == [(32, 2), (56, 2)]
    assert "room" in out
    assert (tmp_path / "new" / "folder" / "detectors.png").read_bytes().startswith(b"\x89PNG")


def test_a_backend_that_is_not_installed_is_listed_with_its_extra(moodline, data):
    _, out, _ = moodline("evaluate", "detectors", data, "--every", 6, "--scale", 1, "--json")
    assert json.loads(out.splitlines()[-1])["backends"]["dlib"] == {"missing": "dlib"}
    assert "dlib is not installed: pip install '.[dlib]'" in out


def test_a_face_where_none_is_lowers_the_precision(moodline, data, tmp_path):
    (tmp_path / "empty.mp4").write_bytes((data / "room.mp4").read_bytes())
    (tmp_path / "empty.jsonl").write_text('{"frame": 0, "time_s": 0, "faces": []}\n')
    _, out, _ = moodline("evaluate", "detectors", tmp_path, "--every", 6, "--scale", 1, "--json")
    found = json.loads(out.splitlines()[-1])["backends"]["haar"]
    assert (found["recall"], found["precision"]) == (None, 0.0)


def test_data_that_cannot_be_compared_is_one_sentence(moodline, data, tmp_path):
    code, _, err = moodline("evaluate", "detectors", tmp_path)
    assert (code, err.count("\n")) == (EXIT_DATA, 1)
    assert "a video NAME.mp4 beside its truth NAME.jsonl" in err
    (tmp_path / "late.mp4").write_bytes((data / "room.mp4").read_bytes())
    (tmp_path / "late.jsonl").write_text('{"frame": 1, "time_s": 0, "faces": []}\n')
    code, _, err = moodline("evaluate", "detectors", tmp_path, "--every", 5)
    assert code == EXIT_DATA
    assert "no frame of 'late.mp4' is read" in err


def test_options_that_make_no_sense_are_refused(moodline, data, tmp_path):
    assert moodline("evaluate", "detectors", data, "--scale", 0)[0] == EXIT_USAGE
    assert moodline("evaluate", "detectors", data, "--every", 0)[0] == EXIT_USAGE
    (tmp_path / "file").touch()
    assert (
        moodline("evaluate", "detectors", data, "--every", 6, "--scale", 1, "--out", tmp_path / "file")[0]
        == EXIT_OUTPUT
    )


def test_a_scaled_picture_is_even_and_shows_the_same():
    planes = planes_of(pasted(grace_hopper(), 300, 120, side=220))
    small = scaled(planes, 0.35)
    assert small.shape == (168 * 3 // 2, 224)
    assert abs(float(small[:168].mean()) - float(planes[:480].mean())) < 1
    assert scaled(planes, 1.0) is planes
