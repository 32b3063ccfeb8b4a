import logging
import shutil

import cv2
import numpy as np
import pytest

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.training.affectnet import EXPRESSIONS
from classifier.training.forms import Reading, find_form, load_faces
from common.errors import DataError
from tests.classifier.builders import write_fer
from tests.classifier.training.builders import (
    face,
    write_affectnet,
    write_affectnet_tables,
    write_ckplus,
    write_folders,
    write_picture,
)

WRITERS = {
    "fer2013": write_fer,
    "ckplus": write_ckplus,
    "affectnet": write_affectnet,
    "affectnet tables": write_affectnet_tables,
    "folders": write_folders,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_the_form_of_a_set_is_found_out_and_both_parts_have_faces_of_every_class(tmp_path, kind):
    folder = WRITERS[kind](tmp_path / "set")
    found = load_faces(folder, Reading())
    assert found.form == find_form(folder) == kind.split()[0]
    assert found.learn.pixels.shape[1:] == (48, 48)
    for part in (found.learn, found.judge):
        assert len(part)
        assert len(part.pixels) == len(part.fer2013) == len(part.votes) == len(part.duplicate)
    assert len(set(found.learn.fer2013.tolist()) - {-1}) >= 6


def labels_of(faces):
    return [FERPLUS_LABELS[column] for column in faces.votes.argmax(1)]


def test_a_single_label_teaches_both_heads_and_contempt_the_ferplus_head_alone(tmp_path):
    learn = load_faces(write_folders(tmp_path), Reading()).learn
    assert learn.votes.sum(1).tolist() == [10] * len(learn)
    for label, number in zip(labels_of(learn), learn.fer2013, strict=True):
        assert number == (-1 if label == "contempt" else FER2013_LABELS.index(label))


def test_both_published_forms_of_affectnet_hold_the_same_labels(tmp_path):
    folders = load_faces(write_affectnet(tmp_path / "text"), Reading())
    numbers = load_faces(write_affectnet(tmp_path / "numbers", text=False), Reading())
    tables = load_faces(write_affectnet_tables(tmp_path / "tables"), Reading())
    expected = sorted(EXPRESSIONS[index % 8] for index in range(24))
    assert sorted(labels_of(folders.learn)) == sorted(labels_of(numbers.learn)) == expected
    assert sorted(labels_of(tables.learn)) == expected
    assert folders.held_out == tables.held_out == "the set's own"
    assert (len(folders.judge), len(tables.judge)) == (8, 8)
    assert (folders.skipped, tables.skipped) == (0, 2)


def test_the_face_of_a_table_is_cut_out_of_its_picture(tmp_path):
    learn = load_faces(write_affectnet_tables(tmp_path), Reading()).learn
    expected = cv2.resize(face(0, side=96, seed=0), (48, 48), interpolation=cv2.INTER_AREA)
    assert np.abs(learn.pixels[0].astype(int) - expected).mean() < 6


def test_a_large_picture_is_made_small_and_the_middle_of_an_oblong_one_is_taken(tmp_path):
    write_folders(tmp_path, each=12)
    wide = np.full((96, 128), 7, np.uint8)
    wide[:, 16:112] = 200
    write_picture(tmp_path / "happy" / "wide.png", wide)
    found = load_faces(tmp_path, Reading())
    assert any((picture == 200).all() for part in (found.learn, found.judge) for picture in part.pixels)


def test_no_sequence_of_ckplus_is_learned_from_and_held_out_and_every_one_is_held_out_once(tmp_path):
    folder = write_ckplus(tmp_path)
    held_out = []
    for fold in range(5):
        found = load_faces(folder, Reading(folds=5, fold=fold))
        assert found.held_out == f"sequence-disjoint, fold {fold} of 5"
        assert not set(found.learn.group.tolist()) & set(found.judge.group.tolist())
        assert np.bincount(found.judge.votes.argmax(1), minlength=8).tolist() == [0, *[6] * 7]
        held_out += found.judge.group.tolist()
    assert sorted(held_out) == sorted(list(range(70)) * 3)


def test_a_picture_that_stands_there_twice_is_never_on_both_sides(tmp_path):
    write_folders(tmp_path, each=8)
    for path in sorted(tmp_path.rglob("*.png")):
        shutil.copy(path, path.with_name(f"again{path.name}"))
    found = load_faces(tmp_path, Reading(folds=4))
    sides = [{picture.tobytes() for picture in part.pixels} for part in (found.learn, found.judge)]
    assert not sides[0] & sides[1]
    assert not found.judge.duplicate.any()
    assert found.describe()["repeated"] == len(found.learn) // 2


def test_what_is_held_out_by_the_set_itself_and_also_learned_from_is_marked_and_counted(tmp_path):
    write_folders(tmp_path / "train", each=4)
    write_folders(tmp_path / "test", each=2, seed=1)
    shutil.copy(tmp_path / "train" / "sad" / "1.png", tmp_path / "test" / "sad" / "copy.png")
    found = load_faces(tmp_path, Reading())
    assert (found.held_out, len(found.learn), len(found.judge)) == ("the set's own", 32, 17)
    assert found.describe()["judged_by_and_learned_from"] == found.judge.duplicate.sum() == 1


def test_repeated_pictures_are_counted_and_those_under_another_label_too(tmp_path):
    write_folders(tmp_path / "train", each=4)
    write_folders(tmp_path / "val", each=2, seed=1)
    shutil.copy(tmp_path / "train" / "sad" / "1.png", tmp_path / "train" / "sad" / "copy.png")
    shutil.copy(tmp_path / "train" / "sad" / "2.png", tmp_path / "train" / "angry" / "copy.png")
    described = load_faces(tmp_path, Reading()).describe()
    assert (described["repeated"], described["repeated_under_another_label"]) == (2, 1)


def test_the_hash_of_a_set_depends_on_its_pictures_and_labels_alone(tmp_path):
    first = write_ckplus(tmp_path / "first")
    shutil.copytree(first, tmp_path / "second")
    one, other = load_faces(first, Reading()), load_faces(tmp_path / "second", Reading(folds=5, fold=3))
    assert one.sha256 == other.sha256
    moved = tmp_path / "second" / "happy" / "happy_seq000_frame0.png"
    moved.rename(tmp_path / "second" / "fear" / "fear_seq900_frame0.png")
    assert load_faces(tmp_path / "second", Reading()).sha256 != one.sha256


def spoil(path, how):
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "unreadable":
        path.write_bytes(b"no picture at all")
    elif how == "cut short":
        path.write_bytes(content[: len(content) * 2 // 3])
    elif how == "altered":
        path.write_bytes(content[:40] + bytes(40) + content[80:])
    elif how == "too small":
        write_picture(path, face(0, side=12))
    else:
        write_picture(path, np.zeros((48, 200), np.uint8))


REASONS = {
    "empty": "1 empty",
    "unreadable": "1 unreadable",
    "cut short": "1 unreadable",
    "altered": "1 unreadable",
    "too small": "1 of a wrong size",
    "no face's shape": "1 of a wrong size",
}


@pytest.mark.parametrize("how", REASONS)
def test_a_picture_that_cannot_be_used_is_named_and_left_out(tmp_path, caplog, how):
    write_folders(tmp_path)
    spoil(tmp_path / "happy" / "3.png", how)
    with caplog.at_level(logging.WARNING):
        found = load_faces(tmp_path, Reading(unusable=0.05))
    assert len(found.learn) + len(found.judge) == 95
    assert sum(found.describe()["left_out"].values()) == 1
    assert "1 of 96 pictures cannot be used" in caplog.text
    assert f"{REASONS[how]} (happy/3.png)" in caplog.text
    with pytest.raises(DataError, match=r"cannot be used.*MOODLINE_TRAIN_UNUSABLE above 0\.01") as caught:
        load_faces(tmp_path, Reading())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", ["missing", "unreadable", "cut short"])
@pytest.mark.parametrize("kind", ["affectnet", "affectnet tables"])
def test_a_picture_of_affectnet_that_cannot_be_used_is_named_and_left_out(tmp_path, caplog, kind, how):
    WRITERS[kind](tmp_path)
    spoil(min(tmp_path.rglob("*.jpg")), how)
    with caplog.at_level(logging.WARNING):
        found = load_faces(tmp_path, Reading(unusable=0.1))
    assert len(found.learn) + len(found.judge) == 31
    assert ("1 missing (" if how == "missing" else "1 unreadable (") in caplog.text


def test_a_row_that_names_a_picture_outside_of_the_set_is_told_like_any_other(tmp_path, caplog):
    table = write_affectnet_tables(tmp_path / "set") / "Manually_Annotated_file_lists" / "training.csv"
    elsewhere = tmp_path / "elsewhere.jpg"
    table.write_text(table.read_text().replace("training/0.jpg,100", f"{elsewhere},100"))
    with caplog.at_level(logging.WARNING):
        load_faces(tmp_path / "set", Reading(unusable=0.1))
    assert f"1 missing ({elsewhere})" in caplog.text


def test_several_threads_read_the_same_faces_in_the_same_order(tmp_path):
    write_folders(tmp_path)
    spoil(tmp_path / "fear" / "3.png", "cut short")
    one, many = (load_faces(tmp_path, Reading(unusable=0.1, threads=threads)) for threads in (1, 4))
    assert np.array_equal(one.learn.pixels, many.learn.pixels)
    assert np.array_equal(one.judge.pixels, many.judge.pixels)
    assert one.faults == many.faults


def test_many_unusable_pictures_are_told_by_number_and_first_names(tmp_path, caplog):
    write_folders(tmp_path)
    for index in range(9):
        spoil(tmp_path / "sad" / f"{index}.png", "unreadable")
    with caplog.at_level(logging.WARNING):
        load_faces(tmp_path, Reading(unusable=0.2))
    assert "9 unreadable (sad/0.png, sad/1.png, sad/2.png, …)" in caplog.text


def test_annotations_that_are_missing_or_damaged_are_counted(tmp_path):
    write_affectnet(tmp_path)
    (tmp_path / "train_set" / "annotations" / "3_exp.npy").unlink()
    (tmp_path / "train_set" / "annotations" / "4_exp.npy").write_bytes(b"no array")
    np.save(tmp_path / "train_set" / "annotations" / "5_exp.npy", np.array("glad"))
    found = load_faces(tmp_path, Reading(unusable=0.2))
    assert found.describe()["left_out"] == {"without a readable annotation": 2, "without an annotation": 1}
    assert len(found.learn) == 21


def test_pictures_that_affectnet_gives_no_expression_are_left_out_and_counted(tmp_path):
    write_affectnet(tmp_path)
    np.save(tmp_path / "train_set" / "annotations" / "3_exp.npy", np.array("9"))
    found = load_faces(tmp_path, Reading())
    assert (found.skipped, found.describe()["left_out"], len(found.learn)) == (1, {}, 23)


def one_class(folder):
    write_folders(folder, labels=("happy",))


def unknown_folder(folder):
    write_folders(folder, labels=("happy", "sad", "hungry"))


def unknown_number(folder):
    write_affectnet(folder)
    np.save(folder / "train_set" / "annotations" / "0_exp.npy", np.array("11"))


def without_columns(folder):
    table = write_affectnet_tables(folder) / "Manually_Annotated_file_lists" / "training.csv"
    table.write_text(table.read_text().replace("face_width", "width", 1))


def word_for_a_side(folder):
    table = write_affectnet_tables(folder) / "Manually_Annotated_file_lists" / "training.csv"
    table.write_text(table.read_text().replace(",100,40,", ",left,40,", 1))


def face_nowhere(folder):
    table = write_affectnet_tables(folder) / "Manually_Annotated_file_lists" / "training.csv"
    table.write_text(table.read_text().replace(",100,40,", ",nan,40,", 1))


def other_name(folder):
    write_picture(write_ckplus(folder) / "happy" / "portrait.png", face(0))


def other_folder(folder):
    write_picture(write_ckplus(folder) / "hungry" / "hungry_seq000_frame0.png", face(0))


def empty_folders(folder):
    for name in ("happy", "sad"):
        (folder / name).mkdir(parents=True)


def only_contempt(folder):
    write_folders(folder, labels=("contempt",))


def all_unreadable(folder):
    for path in write_folders(folder, each=2).rglob("*.png"):
        path.write_bytes(b"no picture")


REFUSED = {
    one_class: "only faces of one label to learn from, happy",
    unknown_folder: "the folder 'hungry' is named as no expression; known are angry, contempt",
    unknown_number: r"the expression of '0\.jpg' is 11; known are 0 to 10",
    without_columns: r"'training\.csv' must have the columns",
    word_for_a_side: r"'training\.csv' is not in its published form",
    face_nowhere: r"the face of 'training/0\.jpg' is nowhere",
    other_name: r"'portrait\.png' is not named NAME_seqNUMBER_frameNUMBER",
    other_folder: "the folder 'hungry' is named as no expression",
    empty_folders: "holds no labelled pictures",
    only_contempt: "no labelled faces to learn from",
    all_unreadable: "16 of 16 pictures cannot be used",
    lambda folder: folder.mkdir(): "is no data set that is known",
    lambda _: None: "does not exist",
}


@pytest.mark.parametrize("write", REFUSED, ids=lambda write: write.__name__)
def test_a_set_that_cannot_be_learned_from_is_refused_with_one_sentence(tmp_path, write):
    write(tmp_path / "set")
    with pytest.raises(DataError, match=REFUSED[write]) as caught:
        load_faces(tmp_path / "set", Reading())
    assert "\n" not in str(caught.value)


def test_a_set_of_another_form_than_was_named_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no labelled pictures of the form 'ckplus'"):
        load_faces(write_fer(tmp_path), Reading(form="ckplus"))
    with pytest.raises(DataError, match="does not exist"):
        load_faces(tmp_path / "none", Reading(form="folders"))


def test_too_few_pictures_for_the_fold_that_is_held_out_are_refused(tmp_path):
    with pytest.raises(DataError, match="no labelled faces to choose an epoch by"):
        load_faces(write_folders(tmp_path, each=1, labels=("happy", "sad")), Reading(fold=9))
