"""FER2013 in its public CSV form, with the FER+ votes beside it, and the type of all faces with labels.

Used by `train` and `evaluate`; the other forms of data sets are in `forms`.

Loading parses 35,887 rows of text once (about 20 s) and keeps the result as one compressed NumPy file in a cache
folder, named by a hash of the inputs.
"""

import csv
import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from common.errors import DataError

SIDE = 48
SPLITS = ("Training", "PublicTest", "PrivateTest")
VOTE_COLUMNS = 10
"""Eight classes, then `unknown` and `NF` (not a face)."""


@dataclass(frozen=True)
class FaceData:
    """Faces with labels: one split of FER2013, or of any other set.

    Attributes:
        pixels: (N, 48, 48) gray, 0 to 255.
        fer2013: (N,) class number, in the order of `FER2013_LABELS`; -1 for a label that is none of them (contempt).
        votes: (N, 10) FER+ votes: `FERPLUS_LABELS`, unknown, NF. All zero where FER+ has no name for the row.
        duplicate: (N,) whether the same bytes also stand in Training (never set for Training itself).
        group: (N,) number of the sequence that a picture is of; None where every picture stands alone.
    """

    pixels: npt.NDArray[np.uint8]
    fer2013: npt.NDArray[np.int64]
    votes: npt.NDArray[np.float32]
    duplicate: npt.NDArray[np.bool_]
    group: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    def select(self, keep: npt.NDArray[np.bool_]) -> "FaceData":
        """Keep the rows where `keep` is true."""
        group = None if self.group is None else self.group[keep]
        return FaceData(self.pixels[keep], self.fer2013[keep], self.votes[keep], self.duplicate[keep], group)

    def usable(self) -> "FaceData":
        """Keep the rows with a FER+ name and a picture that is not blank."""
        return self.select((self.votes.sum(1) > 0) & (self.pixels.reshape(len(self), -1).std(1) > 0))


def load_fer(folder: Path, cache: Path | None = None) -> dict[str, FaceData]:
    """Read `fer2013.csv` (or `.csv.gz`) and `fer2013new.csv` from a folder.

    Args:
        folder: holds both files.
        cache: a folder for the parsed copy; None parses every time.

    Returns:
        The three official splits by name.

    Raises:
        DataError: a file is missing, or is not in the documented form.
    """
    table = next((path for name in ("fer2013.csv.gz", "fer2013.csv") if (path := folder / name).is_file()), None)
    labels = folder / "fer2013new.csv"
    if table is None or not labels.is_file():
        raise DataError(f"'{folder}' must hold fer2013.csv (or fer2013.csv.gz) and fer2013new.csv")
    kept = cache / f"fer2013-{_fingerprint(table, labels)}.npz" if cache else None
    if kept is not None and kept.is_file():
        with np.load(kept) as arrays:
            return _split(arrays["pixels"], arrays["fer2013"], arrays["votes"], arrays["split"])
    pixels, fer2013, votes, split = _parse(table, labels)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Written whole or not at all: a half copy would be taken for the data ever after.
        part = kept.with_suffix(".part.npz")
        np.savez_compressed(part, pixels=pixels, fer2013=fer2013, votes=votes, split=split)
        part.replace(kept)
    return _split(pixels, fer2013, votes, split)


def ferplus_targets(votes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Vote distribution over the eight classes: single votes dropped, the rest renormalised.

    Args:
        votes: (N, 10) as in `FaceData`.

    Returns:
        (N, 8); a row is all zero where no class has two votes, or where most taggers said unknown or not a face.
    """
    kept = np.where(votes > 1, votes, 0.0)
    classes = kept[:, : len(FERPLUS_LABELS)]
    total = classes.sum(1, keepdims=True)
    refused = kept[:, len(FERPLUS_LABELS) :].sum(1, keepdims=True) > total
    return np.where(refused | (total == 0), 0.0, classes / np.maximum(total, 1)).astype(np.float32)


def ferplus_majority(votes: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Microsoft's majority rule: single votes dropped, the winner needs more than half of what is left.

    Returns:
        (N,) class number in the order of `FERPLUS_LABELS`, or -1 where the rule drops the row.
    """
    kept = np.where(votes > 1, votes, 0.0)
    winner = kept.argmax(1)
    clear = kept.max(1) > 0.5 * kept.sum(1)
    return np.where(clear & (winner < len(FERPLUS_LABELS)), winner, -1)


def ferplus_argmax(votes: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Apply the plain rule of later papers: the class with most votes; -1 where that is unknown or not a face."""
    winner = votes.argmax(1)
    named = votes.sum(1) > 0
    return np.where(named & (winner < len(FERPLUS_LABELS)), winner, -1)


def _fingerprint(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


_Parsed = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.int64]]

_UNREADABLE = (
    *(ValueError, OverflowError, LookupError, AttributeError, TypeError),
    *(csv.Error, OSError, EOFError, zlib.error),
)
"""What parsing raises on columns, rows or bytes that are not as documented."""


def _parse(table: Path, labels: Path) -> _Parsed:
    try:
        with gzip.open(table, "rt") if table.suffix == ".gz" else table.open() as text:
            rows = list(csv.DictReader(text))
        pixels = np.stack([np.array(row["pixels"].split(), np.uint8).reshape(SIDE, SIDE) for row in rows])
        classes = np.array([int(row["emotion"]) for row in rows])
        split = np.array([SPLITS.index(row["Usage"]) for row in rows])
        with labels.open() as text:
            lines = list(csv.reader(text))[1:]
        votes = np.array([[float(v) for v in line[2 : 2 + VOTE_COLUMNS]] for line in lines], np.float32)
        named = np.array([bool(line[1].strip()) for line in lines])
    except _UNREADABLE as error:
        raise DataError(f"'{table.name}' and '{labels.name}' are not in their public CSV form: {error}") from error
    if classes.min() < 0 or classes.max() >= len(FER2013_LABELS):
        raise DataError(f"'{table.name}' has an emotion outside of 0 to {len(FER2013_LABELS) - 1}")
    if len(rows) != len(lines):
        raise DataError(f"'{table.name}' has {len(rows)} rows and '{labels.name}' {len(lines)}; they must be the same")
    votes[~named] = 0.0
    return pixels, classes, votes, split


def _split(
    pixels: npt.NDArray[np.uint8],
    classes: npt.NDArray[np.int64],
    votes: npt.NDArray[np.float32],
    split: npt.NDArray[np.int64],
) -> dict[str, FaceData]:
    known = {row.tobytes() for row in pixels[split == 0]}
    duplicate = np.array([part != 0 and row.tobytes() in known for row, part in zip(pixels, split, strict=True)])
    everything = FaceData(pixels, classes, votes, duplicate)
    return {name: everything.select(split == index) for index, name in enumerate(SPLITS)}
