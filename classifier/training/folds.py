"""Deals a set out into folds so that pictures that belong together stay together; used by `forms`."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def deal(groups: Sequence[str], labels: Sequence[str], folds: int) -> npt.NDArray[np.int64]:
    """Give every picture a fold; each class is spread evenly over the folds, and no group stands in two.

    The order in which groups are dealt is that of a hash of their names: the same set is dealt in the same way
    everywhere, without a seed.

    Args:
        groups: (N,) name of what each picture belongs to.
        labels: (N,) label of each picture; a group counts as of its first one's.
        folds: how many.

    Returns:
        (N,) fold of each picture, from 0.
    """
    label_of: dict[str, str] = {}
    for group, label in zip(groups, labels, strict=True):
        label_of.setdefault(group, label)
    dealt = sorted(label_of, key=lambda group: (label_of[group], hashlib.sha256(group.encode()).digest()))
    fold_of = {group: place % folds for place, group in enumerate(dealt)}
    return np.array([fold_of[group] for group in groups], np.int64)
