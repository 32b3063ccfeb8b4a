import json

import pytest

from common.errors import DataError
from moodline.evaluation.portraits import read_portraits, score_portraits


def folder(tmp_path, table="image,emotion,person\na.jpg,happy,p1\nb.jpg,sad,p2\n", pictures=("a.jpg", "b.jpg")):
    (tmp_path / "images").mkdir()
    for name in pictures:
        (tmp_path / "images" / name).write_bytes(b"picture")
    (tmp_path / "labels.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    return tmp_path


def test_a_folder_of_portraits_is_read_in_the_order_of_its_table(tmp_path):
    first, second = read_portraits(folder(tmp_path))
    assert (first.image, first.emotion, first.person) == (tmp_path / "images" / "a.jpg", "happy", "p1")
    assert second.emotion == "sad"


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path):
    table = "\ufeffperson,image,emotion,note\r\np1,a.jpg,happy,x\r\n".encode()
    assert read_portraits(folder(tmp_path, table))[0].person == "p1"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("image,emotion\na.jpg,happy\n", "has no column person; it needs image, emotion, person"),
        ("", "has no column image"),
        ("image,emotion,person\n", "lists no pictures"),
        ("image,emotion,person\na.jpg,happy\n", "line 2 of '"),
        ("image,emotion,person\na.jpg,joyful,p1\n", "'joyful', which is not one of angry, disgust"),
        ("image,emotion,person\na.jpg,happy,p1\nc.jpg,sad,p2\n", "names the picture 'c.jpg', which is not in images"),
        (b"image,emotion,person\n\xff,happy,p1\n", "cannot read"),
    ],
)
def test_a_table_that_is_not_as_documented_is_refused_with_one_sentence(tmp_path, table, says):
    with pytest.raises(DataError) as caught:
        read_portraits(folder(tmp_path, table))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["labels.csv", "images"])
def test_a_folder_without_its_parts_is_refused(tmp_path, missing):
    path = folder(tmp_path)
    (path / missing).rename(path / "elsewhere")
    with pytest.raises(DataError, match=r"must hold labels\.csv and a folder images"):
        read_portraits(path)


def test_a_picture_without_a_reading_is_wrong_in_accuracy_and_macro_recall():
    rows = [("happy", "happy")] * 3 + [("happy", None)] + [("sad", "sad"), ("sad", "neutral")]
    scores = score_portraits(rows)
    assert scores["images"] == 6
    assert scores["accuracy"] == pytest.approx(4 / 6)
    assert scores["macro_recall"] == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert scores["coverage"] == pytest.approx(5 / 6)
    assert scores["accuracy_when_read"] == pytest.approx(4 / 5)


def test_the_confusion_has_a_column_for_no_reading_and_every_picture_once():
    scores = score_portraits([("happy", "sad"), ("happy", None), ("surprise", "surprise")])
    columns = scores["confusion_columns"]
    happy = dict(zip(columns, scores["confusion"][columns.index("happy")], strict=True))
    assert (happy["sad"], happy["no reading"], happy["happy"]) == (1, 1, 0)
    assert sum(map(sum, scores["confusion"])) == 3
    assert scores["per_class"]["happy"] == {"images": 2, "recall": 0.0}
    assert scores["per_class"]["fear"] == {"images": 0, "recall": None}
    json.dumps(scores, allow_nan=False)


def test_nothing_read_has_no_accuracy_when_read():
    scores = score_portraits([("happy", None)])
    assert (scores["accuracy"], scores["coverage"], scores["accuracy_when_read"]) == (0.0, 0.0, None)


def test_no_pictures_are_refused():
    with pytest.raises(DataError, match="no pictures"):
        score_portraits([])
