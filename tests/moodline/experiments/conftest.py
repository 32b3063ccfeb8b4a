"""Generated data in the folders that experiments look for, made once."""

import csv

import pytest

from tests.classifier.builders import write_fer
from tests.classifier.training.builders import face, write_ckplus, write_picture

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Folder with fer2013/, CK+48/ and portraits/ of painted patterns, a kind for each label."""
    root = tmp_path_factory.mktemp("sets")
    (root / "fer2013").mkdir()
    write_fer(root / "fer2013", training=140, public=28, private=28)
    write_ckplus(root / "CK+48")
    rows = [(f"{label}{number}.png", label, f"p{number}") for label in LABELS for number in range(2)]
    for name, label, _ in rows:
        write_picture(root / "portraits" / "images" / name, face(LABELS.index(label), side=96))
    with (root / "portraits" / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "emotion", "person"), *rows])
    return root
