"""Support vector machines, linear and with a radial kernel; used by the classical experiments."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.svm import SVC

from moodline.experiments.features import Rows
from moodline.experiments.sight import Classes

CACHE_MB = 2000


@dataclass(frozen=True)
class Linear:
    """A linear machine for each class against all others; the class with the highest value is said.

    Attributes:
        weights: (K + 1, C), the last row for a constant.
        classes: (C,) their numbers.
    """

    weights: Rows
    classes: Classes

    def say(self, rows: Rows) -> Classes:
        """Give the class numbers of rows (N, K)."""
        said: Classes = self.classes[(rows @ self.weights[:-1] + self.weights[-1]).argmax(1)]
        return said


def learn_linear(rows: Rows, labels: Classes, cost: float, steps: int) -> Linear:
    """Learn linear machines with squared hinge loss, the problem that liblinear solves in the primal.

    A general minimiser (L-BFGS) over matrix products is many times faster here than liblinear, whose rows are sparse.

    Args:
        rows: (N, K).
        labels: (N,).
        cost: C, what a face on the wrong side costs against the length of the weights.
        steps: of the minimiser, at most; more change no more than the third digit.
    """
    classes = np.unique(labels)
    known = np.concatenate([rows, np.ones((len(rows), 1), np.float32)], 1)
    sides = np.where(labels[:, None] == classes, 1, -1).astype(np.float32)

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = flat.reshape(known.shape[1], len(classes))
        short = np.maximum(0, 1 - sides * (known @ weights.astype(np.float32)))
        slope = weights - 2 * cost * (known.T @ (sides * short))
        return 0.5 * float(flat @ flat) + cost * float((short**2).sum(dtype=np.float64)), slope.ravel()

    start = np.zeros(known.shape[1] * len(classes))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps})
    return Linear(found.x.reshape(known.shape[1], -1).astype(np.float32), classes)


@dataclass(frozen=True)
class Radial:
    """A machine with a radial kernel for each pair of classes; the class that wins most pairs is said."""

    svc: Any

    def say(self, rows: Rows) -> Classes:
        """Give the class numbers of rows (N, K)."""
        return np.asarray(self.svc.predict(rows), np.int64)

    @property
    def supports(self) -> int:
        """Faces that are kept to compare with."""
        return int(self.svc.n_support_.sum())


def learn_radial(rows: Rows, labels: Classes, cost: float, gamma: float) -> Radial:
    """Learn machines with the kernel exp(-gamma d²), d the Euclidean distance of two rows (scikit-learn's SVC).

    Args:
        rows: (N, K).
        labels: (N,).
        cost: C, as above.
        gamma: how fast faces count less with their distance; the mean of d² is 2 for the rows of a `Sight`.
    """
    return Radial(SVC(C=cost, gamma=gamma, cache_size=CACHE_MB).fit(rows, labels))
