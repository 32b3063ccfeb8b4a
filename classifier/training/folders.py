"""Pictures of faces in one folder for each expression, all together or below `train` and `val`; used by `forms`."""

from pathlib import Path

from classifier.training.names import KNOWN, label_of
from classifier.training.pictures import SUFFIXES, Entry, Listing
from common.errors import DataError

LEARN = ("train", "training")
HELD_OUT = ("val", "valid", "validation", "test")
"""Names of subfolders with pictures to judge by, in the order in which they are looked for."""


def are_folders(folder: Path) -> bool:
    """Whether some subfolder, here or below `train`, is named as an expression."""
    return any(label_of(path.name) for path in _below(_named(folder, LEARN) or folder))


def list_folders(folder: Path) -> Listing:
    """List every picture.

    Raises:
        DataError: a folder is named as no expression.
    """
    learn = _named(folder, LEARN)
    if learn is None:
        return Listing({"Training": _entries(folder)})
    held_out = _named(folder, HELD_OUT)
    splits = {"Training": _entries(learn)}
    if held_out is not None:
        splits["PublicTest"] = _entries(held_out)
    return Listing(splits)


def _entries(folder: Path) -> list[Entry]:
    entries = []
    for below in _below(folder):
        label = label_of(below.name)
        if label is None:
            raise DataError(f"'{folder}': the folder '{below.name}' is named as no expression; known are {KNOWN}")
        pictures = (path for path in below.rglob("*") if path.suffix.lower() in SUFFIXES)
        entries += [Entry(path, label) for path in sorted(pictures)]
    return entries


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _named(folder: Path, names: tuple[str, ...]) -> Path | None:
    below = {path.name.lower(): path for path in _below(folder)}
    return next((below[name] for name in names if name in below), None)
