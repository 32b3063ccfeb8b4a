"""A labelled set of faces in splits, and what is known of it; made by `forms`, used by `train` and `evaluate`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.training.data import VOTE_COLUMNS, FaceData
from classifier.training.pictures import Faults
from common.errors import DataError

TAGGERS = 10
"""Votes that a single label counts for."""


@dataclass(frozen=True)
class FaceSet:
    """Faces to learn from and faces to judge by.

    Attributes:
        form: how the set is stored, one of `forms.FORMS`.
        learn: what is learned from.
        judge: what the epoch is chosen by.
        held_out: how `judge` came to be.
        faults: pictures that could not be used, by reason.
        skipped: pictures that the set itself gives no expression.
    """

    form: str
    learn: FaceData
    judge: FaceData
    held_out: str
    faults: Faults = field(default_factory=dict)
    skipped: int = 0

    @cached_property
    def sha256(self) -> str:
        """Hash of all pictures and labels, whatever their order and however they are split."""
        rows = sorted(row for part in (self.learn, self.judge) for row in _digests(part))
        return hashlib.sha256(b"".join(rows)).hexdigest()

    def whole(self) -> FaceData:
        """All faces as one part, of which none was learned from."""
        parts = (self.learn, self.judge)
        groups = [part.group for part in parts if part.group is not None]
        return FaceData(
            np.concatenate([part.pixels for part in parts]),
            np.concatenate([part.fer2013 for part in parts]),
            np.concatenate([part.votes for part in parts]),
            np.zeros(sum(map(len, parts)), bool),
            np.concatenate(groups) if groups else None,
        )

    def describe(self) -> dict[str, Any]:
        """Plain values for the record of a run and for its checkpoint."""
        repeated, contradicting = _repeated(self.learn)
        return {
            "form": self.form,
            "sha256": self.sha256,
            "learned_from": len(self.learn),
            "judged_by": len(self.judge),
            "held_out": self.held_out,
            "repeated": repeated,
            "repeated_under_another_label": contradicting,
            "judged_by_and_learned_from": int(self.judge.duplicate.sum()),
            "left_out": {why: len(names) for why, names in self.faults.items()},
            "without_expression": self.skipped,
        }


def of_labels(pixels: npt.NDArray[np.uint8], labels: Sequence[str], groups: Sequence[str] | None = None) -> FaceData:
    """Make faces of pictures with one label each.

    Both heads learn from such a set: a reading is the mean of both, and a head that learned nothing while the body
    under it changes would spoil it. For FER+ one label counts as votes that all agree. Contempt is no class of
    FER2013 and teaches the FER+ head alone.

    Args:
        pixels: (N, 48, 48) gray.
        labels: (N,) each one of `FERPLUS_LABELS`.
        groups: (N,) name of the sequence of each picture, where there are sequences.
    """
    columns = np.array([FERPLUS_LABELS.index(label) for label in labels], np.int64)
    classes = [FER2013_LABELS.index(label) if label in FER2013_LABELS else -1 for label in labels]
    votes = np.zeros((len(labels), VOTE_COLUMNS), np.float32)
    votes[np.arange(len(labels)), columns] = TAGGERS
    group = None if groups is None else np.unique(np.array(groups, str), return_inverse=True)[1].astype(np.int64)
    return FaceData(pixels, np.array(classes, np.int64), votes, np.zeros(len(labels), bool), group)


def check(faces: FaceSet, name: str) -> None:
    """See that there is something to learn and something to judge by, for each head.

    Raises:
        DataError: there is not.
    """
    classes = set(faces.learn.fer2013.tolist()) - {-1}
    if len(classes) == 1:
        only = FER2013_LABELS[classes.pop()]
        raise DataError(f"'{name}' has only faces of one label to learn from, {only}; two at least are needed")
    if not classes:
        raise DataError(f"'{name}' has no labelled faces to learn from")
    if not (faces.judge.fer2013 >= 0).any():
        raise DataError(f"'{name}' has no labelled faces to choose an epoch by (PublicTest, or what is held out)")


def _digests(faces: FaceData) -> list[bytes]:
    labels = zip(faces.pixels, faces.fer2013, faces.votes, strict=True)
    return [hashlib.sha256(p.tobytes() + c.tobytes() + v.tobytes()).digest() for p, c, v in labels]


def _repeated(faces: FaceData) -> tuple[int, int]:
    """Count the pictures that stood there before, and those of them whose label was another."""
    first: dict[bytes, int] = {}
    rows = [first.setdefault(picture.tobytes(), row) for row, picture in enumerate(faces.pixels)]
    again = np.array(rows, np.int64) != np.arange(len(faces))
    other = faces.fer2013 != faces.fer2013[rows] if rows else again
    return int(again.sum()), int((again & other).sum())
