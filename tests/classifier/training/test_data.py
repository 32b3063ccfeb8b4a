import gzip

import numpy as np
import pytest

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.training.data import ferplus_argmax, ferplus_majority, ferplus_targets, load_fer
from common.errors import DataError
from tests.classifier.builders import write_fer


@pytest.mark.parametrize("packed", [False, True])
def test_the_public_form_is_read_plain_and_packed(tmp_path, packed):
    splits = load_fer(write_fer(tmp_path, training=14, public=7, private=3, packed=packed))
    assert {name: len(split) for name, split in splits.items()} == {"Training": 14, "PublicTest": 7, "PrivateTest": 3}
    learn = splits["Training"]
    assert (learn.pixels.shape, learn.pixels.dtype) == ((14, 48, 48), np.uint8)
    assert learn.fer2013.tolist() == [*range(7), *range(7)]
    assert learn.votes[0].tolist() == [2, 8, 0, 0, 0, 0, 0, 0, 0, 0]
    assert not any(split.duplicate.any() for split in splits.values())


def test_packed_and_plain_hold_the_same(tmp_path):
    plain = load_fer(write_fer(tmp_path / "plain", training=6))
    packed = load_fer(write_fer(tmp_path / "packed", training=6, packed=True))
    for name, split in plain.items():
        assert np.array_equal(split.pixels, packed[name].pixels)
        assert np.array_equal(split.votes, packed[name].votes)


def test_a_test_picture_that_also_stands_in_training_is_marked(tmp_path):
    write_fer(tmp_path, training=5, public=3, private=2)
    table = tmp_path / "fer2013.csv"
    lines = table.read_text().splitlines()
    lines[7] = lines[1].replace("Training", "PublicTest")
    table.write_text("\n".join(lines) + "\n")
    splits = load_fer(tmp_path)
    assert splits["PublicTest"].duplicate.tolist() == [False, True, False]
    assert not splits["Training"].duplicate.any()


def test_a_row_without_a_name_has_no_votes(tmp_path):
    write_fer(tmp_path, training=3)
    labels = tmp_path / "fer2013new.csv"
    labels.write_text(labels.read_text().replace("fer0000001.png", ""))
    assert load_fer(tmp_path)["Training"].votes.sum(1).tolist() == [10, 0, 10]


def test_the_parsed_copy_is_used_until_the_data_changes(tmp_path):
    data, cache = write_fer(tmp_path / "data", training=5), tmp_path / "cache"
    first = load_fer(data, cache)
    (kept,) = cache.iterdir()
    before = kept.stat().st_mtime_ns
    again = load_fer(data, cache)
    assert kept.stat().st_mtime_ns == before
    assert all(np.array_equal(first[name].pixels, again[name].pixels) for name in first)
    write_fer(tmp_path / "data", training=5, seed=1)
    changed = load_fer(data, cache)
    assert not np.array_equal(changed["Training"].pixels, first["Training"].pixels)
    assert len(list(cache.iterdir())) == 2


def changed(folder, name, change):
    path = folder / name
    path.write_text(change(path.read_text()))


BROKEN = {
    "a missing column": ("fer2013.csv", lambda text: text.replace("emotion", "feeling", 1)),
    "a level above 255": ("fer2013.csv", lambda text: text.replace(",1", ",999 1", 1)),
    "too few pixels": ("fer2013.csv", lambda text: text.replace(" ", "", 1)),
    "a word for a pixel": ("fer2013.csv", lambda text: text.replace(" ", " x", 1)),
    "an unknown split": ("fer2013.csv", lambda text: text.replace("PublicTest", "Secret")),
    "an unknown emotion": ("fer2013.csv", lambda text: text.replace("\n3,", "\n7,")),
    "a short row": ("fer2013.csv", lambda text: text + "3\n"),
    "nothing": ("fer2013.csv", lambda _: ""),
    "only a header": ("fer2013.csv", lambda text: text.splitlines()[0]),
    "a row too many": ("fer2013new.csv", lambda text: text + text.splitlines()[-1] + "\n"),
    "a word for a vote": ("fer2013new.csv", lambda text: text.replace(",8,", ",eight,", 1)),
    "a missing vote": ("fer2013new.csv", lambda text: text.replace(",8,", ",", 1)),
    "no votes": ("fer2013new.csv", lambda _: ""),
    "a field without end": ("fer2013new.csv", lambda text: text + '"' + "x" * 200_000),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_table_that_is_not_as_documented_is_refused_with_one_sentence(tmp_path, kind):
    changed(write_fer(tmp_path, training=7, public=2, private=1), *BROKEN[kind])
    with pytest.raises(DataError, match=r"fer2013\.csv") as caught:
        load_fer(tmp_path, tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["fer2013.csv", "fer2013new.csv"])
def test_a_missing_file_is_refused(tmp_path, name):
    (write_fer(tmp_path, training=2) / name).unlink()
    with pytest.raises(DataError, match="must hold"):
        load_fer(tmp_path)


@pytest.mark.parametrize("kind", ["plain", "half", "damaged", "bytes"])
def test_a_damaged_packed_table_is_refused(tmp_path, kind):
    content = bytearray((write_fer(tmp_path, training=3, packed=True) / "fer2013.csv.gz").read_bytes())
    if kind == "plain":
        content = bytearray(gzip.decompress(content))
    elif kind == "half":
        content = content[: len(content) // 2]
    elif kind == "damaged":
        content[200:260] = bytes(60)
    else:
        content = bytearray(gzip.compress(bytes(range(256)) * 10))
    (tmp_path / "fer2013.csv.gz").write_bytes(content)
    with pytest.raises(DataError):
        load_fer(tmp_path)


def votes(**counts):
    names = [*FERPLUS_LABELS, "unknown", "nf"]
    row = np.zeros((1, 10), np.float32)
    for name, count in counts.items():
        row[0, names.index(name)] = count
    return row


HAPPY, SAD = FERPLUS_LABELS.index("happy"), FERPLUS_LABELS.index("sad")


@pytest.mark.parametrize(
    ("row", "majority", "argmax"),
    [
        (votes(happy=10), HAPPY, HAPPY),
        (votes(happy=6, sad=4), HAPPY, HAPPY),
        (votes(happy=5, sad=5), -1, HAPPY),
        (votes(happy=4, sad=3, neutral=3), -1, HAPPY),
        (votes(happy=4, sad=3, neutral=1, fear=1, angry=1), HAPPY, HAPPY),
        (votes(sad=3, happy=2, neutral=2, nf=3), -1, SAD),
        (votes(unknown=6, happy=4), -1, -1),
        (votes(nf=10), -1, -1),
        (votes(happy=1, sad=1), -1, HAPPY),
        (votes(), -1, -1),
    ],
)
def test_the_two_rules_of_ferplus(row, majority, argmax):
    assert ferplus_majority(row).tolist() == [majority]
    assert ferplus_argmax(row).tolist() == [argmax]


@pytest.mark.parametrize(
    ("row", "target"),
    [
        (votes(happy=10), {HAPPY: 1}),
        (votes(happy=6, sad=2, fear=1, angry=1), {HAPPY: 0.75, SAD: 0.25}),
        (votes(happy=5, unknown=5), {HAPPY: 1}),
        (votes(happy=3, unknown=7), {}),
        (votes(happy=4, unknown=3, nf=3), {}),
        (votes(happy=1, sad=1), {}),
        (votes(), {}),
    ],
)
def test_targets_are_the_votes_without_single_ones(row, target):
    expected = np.zeros(len(FERPLUS_LABELS))
    for label, share in target.items():
        expected[label] = share
    assert ferplus_targets(row)[0] == pytest.approx(expected)


def test_a_selection_keeps_its_rows_together(tmp_path):
    learn = load_fer(write_fer(tmp_path, training=7))["Training"]
    part = learn.select(learn.fer2013 == FER2013_LABELS.index("happy"))
    assert len(part) == 1
    assert np.array_equal(part.pixels[0], learn.pixels[3])
    assert np.array_equal(part.votes[0], learn.votes[3])
