"""Fits a calibration on votes, and tells by held-out folds what it is worth; used by `moodline calibrate`.

Temperatures have the least cross-entropy. How often a camera sees each expression is not known: neither as often as
the training faces showed it, nor equally often. So the FER+ head is balanced half way between the two (Menon et al.,
ICLR 2021, with an exponent of a half), and the weight of the FER2013 head has the best mean of what counts for either:
the share of votes that fall on the label that is read, and macro recall of votes. The limit of `ambiguous` is the
lowest that keeps a stated risk.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.calibration import Calibration, mix, temper
from classifier.labels import FER2013_LABELS, FERPLUS_LABELS, FERPLUS_TO_LABELS, LABELS
from classifier.looks import Scores
from classifier.training.data import FaceData, ferplus_majority
from classifier.training.readings import clear_labels, score_readings
from classifier.training.scores import score_classes
from classifier.training.selective import limit_for
from classifier.training.votes import cross_entropy, score_votes, vote_recall, vote_share, vote_shares
from common.errors import DataError

Floats = npt.NDArray[np.floating[Any]]
Rows = npt.NDArray[np.bool_]

FOLDS = 5
WEIGHTS = tuple(step / 20 for step in range(13))
"""Weights of the FER2013 head that are tried."""

BALANCE = 0.5
"""Power of the share that each label had in training by which the FER+ head is divided: 0 leaves it, 1 evens it out."""

RAREST = 0.001
"""A label that had a smaller share counts as if it had this."""

HOTTEST, STEPS = 5.0, 40
"""Temperatures are sought between this and its inverse, in so many steps: to a thousandth of a millionth."""

GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Scored:
    """What a net says of labelled faces, and what people say.

    Attributes:
        ferplus: (N, 8) scores of the FER+ head, not calibrated.
        fer2013: (N, 7) scores of the FER2013 head, not calibrated.
        data: the faces.
    """

    ferplus: Scores
    fer2013: Scores
    data: FaceData

    def select(self, rows: Rows) -> "Scored":
        """Keep the rows where `rows` is true."""
        return Scored(self.ferplus[rows], self.fer2013[rows], self.data.select(rows))


def divisors_for(trained: Floats) -> tuple[float, ...]:
    """Give the divisors of a calibration.

    Args:
        trained: (N, 7) votes, or shares of them, for each of `LABELS` on the faces that the net has learned from.
    """
    shares = trained.sum(0) / max(trained.sum(), 1.0)
    return tuple(float(one) for one in np.maximum(shares, RAREST) ** BALANCE)


def fit(scored: Scored, risk: float, divisors: tuple[float, ...]) -> Calibration:
    """Fit every number of a calibration.

    Args:
        scored: faces that the net has not learned from, with votes.
        risk: highest share of readings that are `ok` and not the label of most people, on faces where most agree.
        divisors: as `divisors_for` gives them.

    Raises:
        DataError: there are no votes, or no face on which most taggers agree.
    """
    votes, readings = vote_shares(scored.data.votes), vote_shares(scored.data.votes, FERPLUS_TO_LABELS)
    majority, (label, clear) = ferplus_majority(scored.data.votes), clear_labels(scored.data.votes)
    if not clear.any():
        raise DataError("there are no faces on which most taggers agree; a calibration is fitted on FER+ votes")

    def mixed_by(weight: float) -> Scores:
        return mix(scored.ferplus, scored.fer2013, weight, divisors)

    weight = max(WEIGHTS, key=lambda one: vote_recall(mixed_by(one), readings) + vote_share(mixed_by(one), readings))
    mixed = mixed_by(weight)
    found = Calibration(
        ferplus_votes=temperature(scored.ferplus, votes),
        ferplus_majority=temperature(scored.ferplus, _only(majority, len(FERPLUS_LABELS))),
        fer2013_labels=temperature(scored.fer2013, _only(scored.data.fer2013, len(FER2013_LABELS))),
        weight=weight,
        reading_votes=temperature(mixed, readings),
        reading_majority=temperature(mixed, _only(np.where(clear, label, -1), len(LABELS))),
        divisors=divisors,
    )
    certainty, right = _certain(found, scored)
    return Calibration(**{**asdict(found), "ambiguous": min(limit_for(certainty, right, risk), 1.0)})


def temperature(scores: Scores, shares: Floats) -> float:
    """Find the temperature that brings scores (N, C) nearest to shares (N, C); rows without shares are left out."""
    kept = shares.sum(1) > 0
    given, wanted = scores[kept], shares[kept]
    if not len(given):
        return 1.0
    return math.exp(_least(lambda log: float(cross_entropy(temper(given, math.exp(log)), wanted).mean())))


def held_out(scored: Scored, risk: float, divisors: tuple[float, ...]) -> dict[str, Any]:
    """Tell what a calibration is worth on faces that it was not fitted on: five folds, each fitted on the other four.

    Returns:
        `folds`; `fer2013` and `ferplus_majority` (what `score_classes` returns, less tables), `ferplus_votes` (what
        `score_votes` returns), `reading` (what `score_readings` returns); and each of the four again with `_before`
        behind its name, without calibration.
    """
    fitted = [(rows, fit(scored.select(~rows), risk, divisors)) for rows in folds(scored.data)]
    plain = Calibration()
    return {
        "folds": FOLDS,
        **_scores(scored, fitted),
        **{
            f"{name}_before": value
            for name, value in _scores(scored, [(np.full(len(scored.data), True), plain)]).items()
        },
    }


def folds(data: FaceData) -> Iterator[Rows]:
    """Deal faces into folds by a hash of their pixels, so that equal pictures are never on both sides."""
    places = np.array([hashlib.sha256(picture.tobytes()).digest()[0] % FOLDS for picture in data.pixels])
    yield from (places == fold for fold in range(FOLDS))


_Fitted = list[tuple[Rows, Calibration]]


def _scores(scored: Scored, fitted: _Fitted) -> dict[str, Any]:
    data = scored.data

    def apply(how: Callable[[Calibration, Scored], Scores], columns: int) -> Scores:
        whole = np.zeros((len(data), columns), np.float32)
        for rows, calibration in fitted:
            whole[rows] = how(calibration, scored.select(rows))
        return whole

    majority = ferplus_majority(data.votes)
    clear = majority >= 0
    most = apply(lambda c, s: temper(s.ferplus, c.ferplus_majority), 8)[clear]
    votes = apply(lambda c, s: temper(s.ferplus, c.ferplus_votes), 8)
    labels = apply(lambda c, s: temper(s.fer2013, c.fer2013_labels), 7)
    readings = apply(lambda c, s: c.reading(s.ferplus, s.fer2013), len(LABELS))
    return {
        "ferplus_majority": _plain(score_classes(most, majority[clear], FERPLUS_LABELS, data.duplicate[clear])),
        "ferplus_votes": score_votes(votes, vote_shares(data.votes)),
        "fer2013": _fer2013(labels, data),
        "reading": _reading(scored, fitted, readings),
    }


def _fer2013(probabilities: Scores, data: FaceData) -> dict[str, Any]:
    known = data.fer2013 >= 0
    return _plain(score_classes(probabilities[known], data.fer2013[known], FER2013_LABELS, data.duplicate[known]))


def _reading(scored: Scored, fitted: _Fitted, readings: Scores) -> dict[str, Any]:
    certainty, limits = np.zeros(len(readings), np.float32), np.zeros(len(readings))
    for rows, calibration in fitted:
        certainty[rows], limits[rows] = calibration.certainty(readings[rows]), calibration.ambiguous
    return score_readings(readings, certainty, limits, scored.data.votes)


def _plain(scores: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in scores.items() if not isinstance(value, dict | list)}


def _certain(calibration: Calibration, scored: Scored) -> tuple[Floats, Rows]:
    """Certainty and rightness of the readings of faces on which most taggers agree."""
    truth, clear = clear_labels(scored.data.votes)
    readings = calibration.reading(scored.ferplus, scored.fer2013)[clear]
    return calibration.certainty(readings), readings.argmax(1) == truth[clear]


def _only(classes: npt.NDArray[np.int64], count: int) -> Floats:
    """One class for each row as shares (N, count); none where it is below 0."""
    shares: Floats = np.eye(count)[classes] * (classes >= 0)[:, None]
    return shares


def _least(of: Callable[[float], float]) -> float:
    """Find where a function with one valley is least (golden section)."""
    low, high = -math.log(HOTTEST), math.log(HOTTEST)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = of(left), of(right)
    for _ in range(STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = of(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = of(right)
    return (low + high) / 2
