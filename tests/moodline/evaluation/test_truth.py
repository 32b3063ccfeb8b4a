import json

import pytest

from common.errors import DataError
from common.messages import Box
from moodline.evaluation.truth import read_truth

FACE = {"person": 2, "box": [10.0, 20.5, 30, 40], "emotion": "sad", "visible": 0.69}


def write(folder, *lines):
    path = folder / "scene.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def line(frame=0, time_s=0.0, faces=()):
    return {"frame": frame, "time_s": time_s, "faces": list(faces)}


def test_a_truth_file_is_read_frame_by_frame(tmp_path):
    first, second = read_truth(write(tmp_path, line(), line(1, 0.04, [FACE, {**FACE, "person": "x", "visible": 0.7}])))
    assert (first.frame, first.time_s, first.faces) == (0, 0.0, ())
    assert (second.frame, second.time_s) == (1, 0.04)
    assert [(f.person, f.emotion, f.counted) for f in second.faces] == [("2", "sad", False), ("x", "sad", True)]
    assert second.faces[0].box == Box(10.0, 20.5, 30.0, 40.0)


def test_keys_that_are_not_documented_and_blank_lines_are_left_unread(tmp_path):
    frames = read_truth(write(tmp_path, {**line(faces=[{**FACE, "pose": "front"}]), "note": 1}, "", line(1, 0.04)))
    assert [frame.frame for frame in frames] == [0, 1]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("{", "truncated"),
        ("[1]", "Expected `object`"),
        ({"frame": 1, "faces": []}, "time_s"),
        (line(1, 0.04, [{**FACE, "emotion": "contempt"}]), "'contempt' is not one of angry, disgust"),
        (line(1, 0.04, [{**FACE, "box": [1, 2, 3]}]), "faces[0].box"),
        (line(1, 0.04, [{**FACE, "box": [1, 2, 0, 4]}]), "faces[0].box"),
        (line(1, 0.04, [{**FACE, "visible": 1.2}]), "visible"),
        (line(1, 0.04, [FACE, FACE]), "a person stands in it twice"),
        (line(0, 0.04), "must be above"),
        (line(1, -0.5), "time_s"),
    ],
)
def test_a_malformed_line_is_refused_with_one_sentence_naming_file_and_line(tmp_path, bad, says):
    path = write(tmp_path, line(), bad)
    with pytest.raises(DataError) as caught:
        read_truth(path)
    message = str(caught.value)
    assert message.startswith(f"line 2 of the truth file '{path}' is not as documented: ")
    assert says in message
    assert "\n" not in message


def test_a_time_that_runs_back_is_refused(tmp_path):
    with pytest.raises(DataError, match="line 3"):
        read_truth(write(tmp_path, line(), line(1, 0.04), line(2, 0.02)))


@pytest.mark.parametrize(("content", "says"), [(b"", "no frames"), (b"\n \n", "no frames"), (b"\xff\xfe", "UTF-8")])
def test_a_file_without_frames_or_of_another_kind_is_refused(tmp_path, content, says):
    path = tmp_path / "scene.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says):
        read_truth(path)


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_path_that_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(DataError, match="cannot read the truth file"):
        read_truth(tmp_path / name)
