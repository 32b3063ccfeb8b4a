import json

import pytest

from classifier.training.curve import HEIGHT, WIDTH, append, chart, read_curve, sentence
from common.errors import DataError


def line(epoch, loss=1.0):
    return {"epoch": epoch, "loss": loss, "fer2013": 0.5, "ferplus": 0.7, "seconds": 1.0}


def test_epochs_come_back_as_they_were_added(tmp_path):
    lines = [line(epoch) for epoch in range(3)]
    for each in lines:
        append(tmp_path, each)
    assert read_curve(tmp_path) == lines


def test_an_epoch_that_is_learned_again_replaces_itself_and_what_came_after(tmp_path):
    for epoch in range(4):
        append(tmp_path, line(epoch))
    append(tmp_path, line(2, loss=9.0))
    assert [(each["epoch"], each["loss"]) for each in read_curve(tmp_path)] == [(0, 1.0), (1, 1.0), (2, 9.0)]


@pytest.mark.parametrize("damage", ['{"epoch": 1', "[1, 2]", '{"epoch": 1}', "\xff"])
def test_a_damaged_line_is_named(tmp_path, damage):
    append(tmp_path, line(0))
    with (tmp_path / "curve.jsonl").open("a") as file:
        file.write(damage + "\n")
    with pytest.raises(DataError, match=r"line 2 of .*curve\.jsonl' is damaged"):
        read_curve(tmp_path)


def test_a_folder_without_a_curve_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no curve\.jsonl .*--out"):
        read_curve(tmp_path)


@pytest.mark.parametrize("count", [1, 2, 40, 500])
def test_a_chart_begins_with_the_first_epoch_ends_with_the_last_and_marks_the_highest_and_lowest(count):
    rows = chart([line(epoch, loss=float(epoch)) for epoch in range(count)], "loss")
    assert len(rows) == HEIGHT + 2
    assert all(len(row) <= WIDTH + 10 for row in rows)
    assert rows[-1].split() == ["1", str(count)]
    if count > 1:
        assert rows[0].startswith(f"{count - 1:8.4f}")
        assert rows[0].endswith("•")
        assert rows[HEIGHT - 1].startswith(f"{0:8.4f} │•")


def test_people_are_told_of_epochs_from_1_on():
    told = sentence(line(0), 3)
    assert told == "epoch 1 of 3: loss 1.0000, FER2013 head 0.5000, FER+ head 0.7000, 1.0 s"


def test_a_curve_is_json_line_by_line(tmp_path):
    append(tmp_path, line(0))
    assert [json.loads(text) for text in (tmp_path / "curve.jsonl").read_text().splitlines()] == [line(0)]
