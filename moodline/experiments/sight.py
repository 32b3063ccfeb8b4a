"""How a classical model sees faces: features, reduced in a way that was learned; used by the classical experiments.

Whatever is learned is learned from the faces that the model learns from, and from no others. Rows are moved and scaled
so that those learned from are zero in the mean and one in their mean squared length: settings of a model mean the same
for all features.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from moodline.experiments.features import Faces, Rows, extract

Reduction = Literal["none", "pca", "lda"]
Classes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sight:
    """Features and a linear map.

    Attributes:
        what: features, see `extract`.
        mean: (D,) of the rows learned from.
        map: (D, K); None keeps all D columns.
        scale: of what comes out.
    """

    what: str
    mean: Rows
    map: Rows | None
    scale: float

    def see(self, faces: Faces) -> Rows:
        """Give (N, K) for faces (N, 48, 48)."""
        return self.reduce(extract(faces, self.what))

    def reduce(self, rows: Rows) -> Rows:
        """Give (N, K) for rows of features (N, D)."""
        moved = rows - self.mean
        kept = moved if self.map is None else moved @ self.map
        return np.asarray(kept * self.scale, np.float32)


def learn_sight(what: str, reduction: Reduction, rows: Rows, labels: Classes, components: int) -> Sight:
    """Learn a sight.

    Args:
        what: features, see `extract`.
        reduction: `pca` keeps the directions in which faces differ most (Turk and Pentland 1991); `lda`, of these,
            the ones in which classes differ most against what differs within them (Belhumeur et al. 1997).
        rows: (N, D) features of the faces learned from.
        labels: (N,) their classes; only `lda` looks at them.
        components: of `pca`; fewer where there are not as many faces or features.
    """
    mean = rows.mean(0).astype(np.float32)
    chosen = (
        None
        if reduction == "none"
        else _map(reduction, rows, labels, min(components, *(side - 1 for side in rows.shape)))
    )
    plain = Sight(what, mean, chosen, 1.0)
    length = float(np.sqrt((plain.reduce(rows) ** 2).sum(1).mean()))
    return Sight(what, mean, chosen, 1.0 / max(length, 1e-12))


def _map(reduction: Reduction, rows: Rows, labels: Classes, components: int) -> Rows:
    pca = PCA(components, svd_solver="covariance_eigh" if len(rows) > rows.shape[1] else "full")
    seen = pca.fit_transform(rows)
    directions = pca.components_.T
    if reduction == "lda":
        directions = directions @ LinearDiscriminantAnalysis().fit(seen, labels).scalings_[:, : len(set(labels)) - 1]
    return np.ascontiguousarray(directions, np.float32)
