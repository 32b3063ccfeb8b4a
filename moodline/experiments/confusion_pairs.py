"""Which two expressions are taken for each other, by the net and by people; used by the experiment on confusions."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from classifier.labels import FERPLUS_LABELS
from classifier.training.data import ferplus_majority
from classifier.training.scores import wilson

Table = npt.NDArray[np.floating[Any]] | npt.NDArray[np.int64]
CLASSES = len(FERPLUS_LABELS)


class Pair(NamedTuple):
    """Two expressions that are taken for each other.

    Attributes:
        names: of both.
        errors: faces of either that were read as the other.
        faces: of both.
    """

    names: tuple[str, str]
    errors: float
    faces: float

    @property
    def rate(self) -> float:
        """Share of the faces of both."""
        return self.errors / self.faces if self.faces else 0.0

    @property
    def title(self) -> str:
        """As it is written."""
        return "–".join(self.names)


def pairs_of(confusion: Table, names: Sequence[str]) -> list[Pair]:
    """Give every pair, most errors first.

    Args:
        confusion: (C, C) faces, rows are true classes.
        names: of the classes.
    """
    table = np.asarray(confusion)
    found = [
        Pair((names[i], names[j]), float(table[i, j] + table[j, i]), float(table[i].sum() + table[j].sum()))
        for i, j in combinations(range(len(names)), 2)
    ]
    return sorted(found, key=lambda pair: -pair.errors)


def rank_of(pair: frozenset[str], pairs: Sequence[Pair]) -> int:
    """Give the place of a pair in a list of all, from 1."""
    return next(place for place, one in enumerate(pairs, 1) if frozenset(one.names) == pair)


def people(votes: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Say how the taggers themselves disagree.

    Args:
        votes: (N, 10) as in `FaceData`; unknown and not-a-face are left out of shares.

    Returns:
        `shares`: (8, 8) mean share of votes that each class gets where the majority says the row's; zeros where there
        are no faces. `one_against_rest`: (8, 8) how often one tagger says the column where the majority of the others
        says the row. `agreement`: share of the latter on its diagonal. `faces`: (8,) faces by majority.
    """
    truth = ferplus_majority(votes)
    named = votes[:, :CLASSES]
    each = named / np.maximum(named.sum(1, keepdims=True), 1)
    shares, faces = np.zeros((CLASSES, CLASSES)), np.zeros(CLASSES, np.int64)
    for number in range(CLASSES):
        rows = truth == number
        faces[number] = int(rows.sum())
        shares[number] = each[rows].mean(0) if rows.any() else 0.0
    against = one_against_rest(votes)
    return {
        "shares": shares.tolist(),
        "one_against_rest": against.tolist(),
        "agreement": float(np.trace(against) / max(float(against.sum()), 1.0)),
        "faces": faces.tolist(),
    }


def one_against_rest(votes: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Count what one tagger says (columns) where the majority of the other taggers says something (rows), (8, 8)."""
    table = np.zeros((CLASSES, CLASSES))
    for said in range(CLASSES):
        others = votes.copy()
        others[:, said] -= 1
        truth = ferplus_majority(np.maximum(others, 0))
        counted = (votes[:, said] > 0) & (truth >= 0) & (truth < CLASSES)
        np.add.at(table[:, said], truth[counted], votes[counted, said])
    return table


def alike(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Rank correlation (Spearman), -1 to 1; None where either is the same everywhere."""
    ranks = rankdata(first), rankdata(second)
    if min(np.ptp(rank) for rank in ranks) == 0:
        return None
    return float(np.corrcoef(*ranks)[0, 1])


def by_class(confusion: Table, names: Sequence[str]) -> list[dict[str, Any]]:
    """Give precision, recall and F1 of each class that occurs, the former two with Wilson intervals."""
    table, rows = np.asarray(confusion), []
    for number, name in enumerate(names):
        hits, true, said = (
            int(count) for count in (table[number, number], table[number].sum(), table[:, number].sum())
        )
        if true:
            rows.append(
                {
                    "name": name,
                    "precision": hits / said if said else None,
                    "precision_interval": wilson(hits, said),
                    "recall": hits / true,
                    "recall_interval": wilson(hits, true),
                    "f1": 2 * hits / (true + said),
                    "images": true,
                }
            )
    return rows
