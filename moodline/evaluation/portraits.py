"""Labelled single pictures: their table, and the score card that `moodline evaluate portraits` prints."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import DataError
from common.labels import LABELS
from moodline.evaluation.share import share

COLUMNS = ("image", "emotion", "person")
NO_READING = "no reading"


@dataclass(frozen=True)
class Portrait:
    """One picture.

    Attributes:
        image: path of the picture file.
        emotion: the apparent expression, one of `LABELS`.
        person: an id, the same for all pictures of one person.
    """

    image: Path
    emotion: str
    person: str


def read_portraits(folder: Path) -> tuple[Portrait, ...]:
    """Read the table of a folder of pictures.

    Args:
        folder: holds `labels.csv` (image, emotion, person) and the pictures in `images/`.

    Returns:
        One entry for each row of the table, in its order.

    Raises:
        DataError: a file is missing, or the table is not as above.
    """
    table = folder / "labels.csv"
    if not table.is_file() or not (folder / "images").is_dir():
        raise DataError(f"'{folder}' must hold labels.csv and a folder images")
    try:
        with table.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise DataError(f"'{table}' has no column {missing[0]}; it needs {', '.join(COLUMNS)}")
            portraits = tuple(_portrait(row, folder, f"line {rows.line_num} of '{table}'") for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot read '{table}': {error}") from error
    if not portraits:
        raise DataError(f"'{table}' lists no pictures")
    return portraits


def _portrait(row: dict[str, str | None], folder: Path, where: str) -> Portrait:
    name, emotion, person = (row[column] for column in COLUMNS)
    if not name or not emotion or not person:
        raise DataError(f"{where} must give {', '.join(COLUMNS)}")
    if emotion not in LABELS:
        raise DataError(f"{where} has the emotion '{emotion}', which is not one of {', '.join(LABELS)}")
    image = folder / "images" / name
    if not image.is_file():
        raise DataError(f"{where} names the picture '{name}', which is not in images")
    return Portrait(image, emotion, person)


def score_portraits(rows: Iterable[tuple[str, str | None]]) -> dict[str, Any]:
    """Score the readings of labelled pictures.

    Args:
        rows: for each picture its true label and the label that was read, or None without a reading.

    Returns:
        `images`; `accuracy` and `macro_recall` (mean recall of the labels that occur in the truth), in both of which
        a picture without a reading is wrong; `coverage` (share with a reading); `accuracy_when_read` (None if there
        was no reading); `per_class` (`images` and `recall` of each label, None if it does not occur); `confusion`
        (rows are true labels in the order of `LABELS`, columns are named by `confusion_columns`, the last being no
        reading).

    Raises:
        DataError: there are no pictures.
    """
    counts = Counter(rows)
    images = counts.total()
    if not images:
        raise DataError("there are no pictures to score")
    right = sum(counts[label, label] for label in LABELS)
    read = sum(number for (_, label), number in counts.items() if label is not None)
    of_label = {label: sum(n for (true, _), n in counts.items() if true == label) for label in LABELS}
    recalls = {label: share(counts[label, label], of_label[label]) for label in LABELS}
    present = [value for value in recalls.values() if value is not None]
    return {
        "images": images,
        "accuracy": right / images,
        "macro_recall": share(sum(present), len(present)),
        "coverage": read / images,
        "accuracy_when_read": share(right, read),
        "per_class": {label: {"images": of_label[label], "recall": recalls[label]} for label in LABELS},
        "confusion_columns": [*LABELS, NO_READING],
        "confusion": [[counts[true, label] for label in (*LABELS, None)] for true in LABELS],
    }
