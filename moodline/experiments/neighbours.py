"""Nearest neighbours, exact: every face is compared with every one learned from; used by the classical experiments."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from moodline.experiments.features import Rows
from moodline.experiments.sight import Classes

Metric = Literal["euclidean", "cosine"]
AT_ONCE = 256
"""Faces compared together."""


@dataclass(frozen=True)
class Neighbours:
    """Faces to compare with.

    Attributes:
        rows: (N, K), made of length one for `cosine`.
        labels: (N,) classes.
        metric: `euclidean` distance, or the angle between rows.
        half: (N,) half of each row's squared length; zeros for `cosine`.
    """

    rows: Rows
    labels: Classes
    metric: Metric
    half: Rows

    @classmethod
    def learn(cls, rows: Rows, labels: Classes, metric: Metric) -> "Neighbours":
        """Keep rows and labels: nothing more is learned."""
        if metric == "cosine":
            return cls(_unit(rows), labels, metric, np.zeros(len(rows), np.float32))
        return cls(rows, labels, metric, (rows**2).sum(1) / 2)

    def nearest(self, rows: Rows, count: int) -> Classes:
        """Give the labels of the nearest faces (N, count), the nearest first."""
        known, half = torch.from_numpy(self.rows), torch.from_numpy(self.half)
        asked = torch.from_numpy(_unit(rows) if self.metric == "cosine" else rows)
        # Largest where the squared distance is smallest: half of it turned around, less what all neighbours share.
        found = [(some @ known.T - half).topk(count, 1).indices for some in asked.split(AT_ONCE)]  # type: ignore[no-untyped-call]  # torch gives it no types
        labels: Classes = self.labels[torch.cat(found).numpy()]
        return labels


def vote(nearest: Classes, count: int) -> Classes:
    """Give the class that most of the `count` nearest have; of classes with as many, that of the nearest one.

    Args:
        nearest: (N, at least `count`) labels, the nearest first.
        count: how many vote.
    """
    some = nearest[:, :count]
    same = (some[:, :, None] == some[:, None, :]).sum(2)
    said: Classes = some[np.arange(len(some)), same.argmax(1)]
    return said


def _unit(rows: Rows) -> Rows:
    unit: Rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit
