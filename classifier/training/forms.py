"""Finds out which form a data set has, and reads it: the one door through which `train` and `evaluate` get faces.

| form | what is looked for |
|---|---|
| `fer2013` | `fer2013.csv` or `fer2013.csv.gz`, with `fer2013new.csv` |
| `affectnet` | `train_set/annotations`, or `training.csv` |
| `ckplus` | `<expression>/<expression>_seqNNN_frameK.png` |
| `folders` | a folder of pictures for each expression, all together or below `train` and `val` |
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from classifier.training.affectnet import is_affectnet, list_affectnet
from classifier.training.ckplus import is_ckplus, list_ckplus
from classifier.training.data import FaceData, load_fer
from classifier.training.faceset import FaceSet, check, of_labels
from classifier.training.folders import are_folders, list_folders
from classifier.training.folds import deal
from classifier.training.pictures import Entry, Faults, Listing, read_pictures
from common.errors import DataError

log = logging.getLogger(__name__)

Form = Literal["fer2013", "affectnet", "ckplus", "folders"]
FORMS: tuple[Form, ...] = get_args(Form)

NAMED = 3
"""Pictures that cannot be used are named up to this many."""

_LISTS: dict[Form, Callable[[Path], Listing]] = {
    "affectnet": list_affectnet,
    "ckplus": list_ckplus,
    "folders": list_folders,
}


class Reading(NamedTuple):
    """How a set is read.

    Attributes:
        form: `auto` finds out.
        cache: folder for the parsed copy of FER2013.
        unusable: share of pictures that may be missing, empty, unreadable or of a wrong size.
        folds: parts that a set without held-out pictures of its own is dealt into.
        fold: the part that is held out, from 0.
        threads: pictures decoded at once.
    """

    form: str = "auto"
    cache: Path | None = None
    unusable: float = 0.01
    folds: int = 10
    fold: int = 0
    threads: int = 1


def load_faces(folder: Path, reading: Reading) -> FaceSet:
    """Read a data set in splits.

    Raises:
        DataError: the folder is missing or of no known form, a label is unknown, too many pictures cannot be used,
            or there is too little to learn from.
    """
    form = find_form(folder) if reading.form == "auto" else reading.form
    if form == "fer2013":
        splits = load_fer(folder, reading.cache)
        faces = FaceSet(form, splits["Training"], splits["PublicTest"], "PublicTest")
    else:
        faces = _of_pictures(folder, form, reading)
    check(faces, str(folder))
    return faces


def find_form(folder: Path) -> Form:
    """Find out how a data set is stored.

    Raises:
        DataError: there is no such folder, or it is of no known form.
    """
    if not folder.is_dir():
        raise DataError(f"the data folder '{folder}' does not exist")
    if any((folder / name).is_file() for name in ("fer2013.csv", "fer2013.csv.gz", "fer2013new.csv")):
        return "fer2013"
    if is_affectnet(folder):
        return "affectnet"
    if is_ckplus(folder):
        return "ckplus"
    if are_folders(folder):
        return "folders"
    raise DataError(
        f"'{folder}' is no data set that is known: it must hold fer2013.csv and fer2013new.csv, AffectNet, CK+, or a "
        "folder of pictures for each expression"
    )


def _of_pictures(folder: Path, form: str, reading: Reading) -> FaceSet:
    if not folder.is_dir():
        raise DataError(f"the data folder '{folder}' does not exist")
    listing = _LISTS[form](folder)  # type: ignore[index]  # the settings allow these names only
    faults, total = listing.faults, sum(map(len, listing.faults.values()))
    if not listing.splits.get("Training"):
        raise DataError(f"'{folder}' holds no labelled pictures of the form '{form}'")
    parts = {}
    for split, entries in listing.splits.items():
        total += len(entries)
        parts[split] = _read(entries, faults, folder, reading.threads)
    _refuse(folder, faults, total, reading.unusable)
    learn, names = parts["Training"]
    if "PublicTest" in parts and len(parts["PublicTest"][0]):
        judge, held_out = parts["PublicTest"][0], "the set's own"
    else:
        kind = "sequence" if learn.group is not None else "picture"
        out = deal(names, learn.votes.argmax(1).astype(str).tolist(), reading.folds) == reading.fold
        learn, judge = learn.select(~out), learn.select(out)
        held_out = f"{kind}-disjoint, fold {reading.fold} of {reading.folds}"
    return FaceSet(form, learn, _marked(judge, learn), held_out, faults, listing.skipped)


def _read(entries: list[Entry], faults: Faults, folder: Path, threads: int) -> tuple[FaceData, list[str]]:
    """Read entries; also give the name of what each picture must stay together with."""
    pixels, kept = read_pictures(entries, faults, folder, threads)
    read = [entry for entry, usable in zip(entries, kept, strict=True) if usable]
    labels = [entry.label for entry in read]
    if any(entry.group for entry in read):
        groups = [entry.group for entry in read]
        return of_labels(pixels, labels, groups), groups
    # A picture that stands there twice must not be held out and learned from.
    return of_labels(pixels, labels), [hashlib.sha256(picture.tobytes()).hexdigest() for picture in pixels]


def _marked(judge: FaceData, learn: FaceData) -> FaceData:
    known = {picture.tobytes() for picture in learn.pixels}
    return replace(judge, duplicate=np.array([picture.tobytes() in known for picture in judge.pixels], bool))


def _refuse(folder: Path, faults: Faults, total: int, allowed: float) -> None:
    """Tell what cannot be used; refuse a set of which that is too much."""
    count = sum(map(len, faults.values()))
    if not count:
        return
    told = "; ".join(f"{len(names)} {why} ({_some(sorted(names))})" for why, names in faults.items())
    sentence = f"'{folder}': {count} of {total} pictures cannot be used: {told}"
    if count > allowed * total or count == total:
        raise DataError(f"{sentence}; repair or remove them, or raise MOODLINE_TRAIN_UNUSABLE above {allowed:g}")
    log.warning("%s; they are left out", sentence)


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
