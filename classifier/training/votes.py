"""What ten taggers said of each face, as shares, and how near probabilities come; used by `evaluate`, calibration.

Every vote for a class counts, also a single one: the share of taggers is the chance that one person picks the label.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.labels import FERPLUS_LABELS
from classifier.training.scores import SMALLEST, calibration_error
from common.errors import DataError

Floats = npt.NDArray[np.floating[Any]]


def vote_shares(votes: npt.NDArray[np.float32], columns: tuple[int, ...] = tuple(range(len(FERPLUS_LABELS)))) -> Floats:
    """Give the share of each class among the votes for these classes.

    Args:
        votes: (N, 10) as in `FaceData`.
        columns: K classes, by their number in `FERPLUS_LABELS`.

    Returns:
        (N, K) float64, in the order of `columns`; a row is all zero where none of them has a vote, or where more
        taggers said unknown, or not a face, than picked any class.
    """
    counts = votes[:, columns].astype(np.float64)
    classes = votes[:, : len(FERPLUS_LABELS)].max(1)
    refused = votes[:, len(FERPLUS_LABELS) :].max(1) > classes
    total = counts.sum(1, keepdims=True)
    return np.where(refused[:, None] | (total == 0), 0.0, counts / np.maximum(total, 1))


def score_votes(probabilities: Floats, shares: Floats) -> dict[str, Any]:
    """Measure how near probabilities come to the shares of votes.

    Args:
        probabilities: (N, K), rows adding up to 1.
        shares: (N, K) as `vote_shares` gives them; rows without votes are left out.

    Returns:
        `images`; `nll` (cross-entropy, nats); `kl` (Kullback-Leibler divergence of the probabilities from the votes,
        nats: `nll` less what the votes differ among themselves); `js` (Jensen-Shannon divergence, nats); `ece`
        (probability of the likeliest class against the share of votes that it got, 15 bins of equal mass).

    Raises:
        DataError: no face has votes.
    """
    kept = shares.sum(1) > 0
    if not kept.any():
        raise DataError("there are no votes to score")
    said, true = probabilities[kept].astype(np.float64), shares[kept]
    best = said.argmax(1)
    return {
        "images": int(kept.sum()),
        "nll": float(cross_entropy(said, true).mean()),
        "kl": float(_divergence(true, said).mean()),
        "js": float(((_divergence(true, (true + said) / 2) + _divergence(said, (true + said) / 2)) / 2).mean()),
        "ece": calibration_error(said.max(1), true[np.arange(len(true)), best]),
    }


def cross_entropy(probabilities: Floats, shares: Floats) -> Floats:
    """Cross-entropy of each row (N, K) against its shares (N, K), nats."""
    crossed: Floats = -(shares * np.log(np.maximum(probabilities, SMALLEST))).sum(1)
    return crossed


def vote_recall(probabilities: Floats, shares: Floats) -> float:
    """Mean over the classes of the share of a class's votes that fall on faces read as it: macro recall of votes.

    Args:
        probabilities: (N, K).
        shares: (N, K) as `vote_shares` gives them; a class without votes is in no mean.
    """
    read = np.eye(shares.shape[1])[probabilities.argmax(1)]
    cast = shares.sum(0)
    return float(((shares * read).sum(0)[cast > 0] / cast[cast > 0]).mean())


def vote_share(probabilities: Floats, shares: Floats) -> float:
    """Mean share of the votes for the class that is read: how often one tagger agrees.

    Args:
        probabilities: (N, K).
        shares: (N, K) as `vote_shares` gives them; rows without votes are left out.
    """
    kept = shares.sum(1) > 0
    return float(shares[kept, probabilities[kept].argmax(1)].mean())


def _divergence(true: Floats, said: Floats) -> Floats:
    """Kullback-Leibler divergence of each row, nats; a share of zero adds nothing."""
    logs = np.log(np.maximum(true, SMALLEST)) - np.log(np.maximum(said, SMALLEST))
    diverged: Floats = (true * logs).sum(1)
    return diverged
