"""AffectNet in its two published forms; used by `forms` (Mollahosseini et al., IEEE Trans. Affective Computing 2019).

- Folders: `train_set/images/ID.jpg`, already cut to the face, with `train_set/annotations/ID_exp.npy`; the same
  below `val_set`.
- Tables: `training.csv` and `validation.csv`, whose rows name a picture, the face in it and its expression by number.

Expressions 8 to 10 (none, uncertain, no face) are no labels: their pictures are left out and counted.
"""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from classifier.training.pictures import SUFFIXES, Entry, Faults, Listing
from common.errors import DataError
from common.messages import Box

EXPRESSIONS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")
"""Labels of the numbers 0 to 7."""

NO_EXPRESSION = (8, 9, 10)

SETS = {"Training": "train_set", "PublicTest": "val_set"}
TABLES = {"Training": "training.csv", "PublicTest": "validation.csv"}
LISTS = ("Manually_Annotated_file_lists", ".")
PICTURES = ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images", ".")
"""Where tables and pictures are, in the order in which they are looked for."""

COLUMNS = ("subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "expression")


def is_affectnet(folder: Path) -> bool:
    """Whether the folder holds either form."""
    return (folder / SETS["Training"] / "annotations").is_dir() or _table(folder, "Training") is not None


def list_affectnet(folder: Path) -> Listing:
    """List every picture that has an expression.

    Raises:
        DataError: a table or an annotation is not as documented.
    """
    listing = Listing({})
    tables = _table(folder, "Training") is not None
    for split in SETS:
        rows = _rows_of_table(folder, split) if tables else _rows_of_folder(folder, split, listing.faults)
        entries = []
        for path, number, box in rows:
            if number in NO_EXPRESSION:
                listing.skipped += 1
            elif 0 <= number < len(EXPRESSIONS):
                entries.append(Entry(path, EXPRESSIONS[number], box=box))
            else:
                raise DataError(f"'{folder}': the expression of '{path.name}' is {number}; known are 0 to 10")
        if entries:
            listing.splits[split] = entries
    return listing


_Row = tuple[Path, int, Box | None]


def _rows_of_folder(folder: Path, split: str, faults: Faults) -> Iterator[_Row]:
    images, annotations = folder / SETS[split] / "images", folder / SETS[split] / "annotations"
    found = {path.stem: path for path in images.glob("*") if path.suffix.lower() in SUFFIXES}
    for annotation in sorted(annotations.glob("*_exp.npy")):
        name = annotation.name.removesuffix("_exp.npy")
        try:
            # The number is stored as text in some copies, as a number in others.
            number = int(str(np.load(annotation, allow_pickle=False).item()))
        except (ValueError, OSError, EOFError):
            faults.setdefault("without a readable annotation", []).append(f"{SETS[split]}/images/{name}")
        else:
            yield found.pop(name, images / f"{name}.jpg"), number, None
    for path in found.values():
        if not (annotations / f"{path.stem}_exp.npy").is_file():
            faults.setdefault("without an annotation", []).append(path.relative_to(folder).as_posix())


def _rows_of_table(folder: Path, split: str) -> Iterator[_Row]:
    table = _table(folder, split)
    if table is None:
        return
    pictures = next(folder / place for place in PICTURES if (folder / place).is_dir())
    try:
        with table.open(encoding="utf-8", newline="") as text:
            rows = csv.DictReader(text)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise DataError(f"'{table.name}' must have the columns {', '.join(COLUMNS)}")
            for row in rows:
                number = int(row["expression"])
                # A row without a face has no box either.
                box = None if number in NO_EXPRESSION else _box(row)
                yield pictures / row["subDirectory_filePath"], number, box
    except (ValueError, TypeError, csv.Error, OSError) as error:
        raise DataError(f"'{table.name}' is not in its published form: {error}") from error


def _box(row: dict[str, str]) -> Box:
    sides = [float(row[name]) for name in COLUMNS[1:5]]
    if not all(map(math.isfinite, sides)):
        raise ValueError(f"the face of '{row[COLUMNS[0]]}' is nowhere")
    return Box(*sides)


def _table(folder: Path, split: str) -> Path | None:
    places = (folder / place / TABLES[split] for place in LISTS)
    return next((path for path in places if path.is_file()), None)
