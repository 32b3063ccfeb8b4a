"""From the net's scores to chances that mean something; used by the predictor, by readings and by `evaluate`.

A softmax only ranks. A temperature, fitted on faces that the net has not learned from, makes it a chance (Guo et al.,
ICML 2017), and the same scores are the chance of two things, each with a temperature of its own:

- **votes**: that one person, asked to label the face, picks this label. What readings give.
- **majority**: that this is the label of most people. What says whether a reading can be trusted.

The two heads are mixed before, and the FER+ head is balanced: what it learned from was neutral or happy in six of ten
faces, and how often a camera sees each is not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from classifier.labels import FER2013_TO_LABELS, FERPLUS_TO_LABELS, LABELS
from classifier.looks import Scores, softmax
from common.errors import ModelError

SMALLEST = 1e-9
"""What a probability of zero counts as in a logarithm."""

TEMPERATURES = ("ferplus_votes", "ferplus_majority", "fer2013_labels", "reading_votes", "reading_majority")
"""The attributes of `Calibration` that are temperatures."""


@dataclass(frozen=True)
class Calibration:
    """What makes chances of the scores of one net, for one number of looks at a face; as it stands it changes nothing.

    Attributes:
        ferplus_votes: temperature of the FER+ head, for the share of taggers.
        ferplus_majority: the same, for the label of most of them.
        fer2013_labels: temperature of the FER2013 head, for its labels.
        weight: share of the FER2013 head in a reading, 0 to 1.
        reading_votes: temperature of a reading, for the share of taggers.
        reading_majority: the same, for the label of most of them.
        ambiguous: chance of the majority's label below which a reading is ambiguous, 0 to 1.
        divisors: what the FER+ head's probability of each of `LABELS` is divided by in a reading: the commoner a label
            was where the head learned, the more.
    """

    ferplus_votes: float = 1.0
    ferplus_majority: float = 1.0
    fer2013_labels: float = 1.0
    weight: float = 0.5
    reading_votes: float = 1.0
    reading_majority: float = 1.0
    ambiguous: float = 0.0
    divisors: tuple[float, ...] = (1.0,) * len(LABELS)

    def reading(self, ferplus: Scores, fer2013: Scores) -> Scores:
        """Chance that one person picks each of `LABELS`, (N, 7), from what both heads say, (N, 8) and (N, 7)."""
        return temper(mix(ferplus, fer2013, self.weight, self.divisors), self.reading_votes)

    def certainty(self, reading: Scores) -> Scores:
        """Chance that the likeliest label of each reading (N, 7) is that of most people, (N,)."""
        return np.asarray(temper(reading, self.reading_majority / self.reading_votes).max(1, initial=0), np.float32)


def temper(probabilities: Scores, temperature: float) -> Scores:
    """Flatten probabilities (N, C) by a temperature above 1, or sharpen them by one below; float32."""
    return softmax(np.log(np.maximum(probabilities, SMALLEST)) / np.float32(temperature))


def mix(ferplus: Scores, fer2013: Scores, weight: float, divisors: Sequence[float]) -> Scores:
    """One distribution over `LABELS` from both heads: the weighted mean of what each says of these labels.

    Args:
        ferplus: (N, 8) probabilities.
        fer2013: (N, 7) probabilities.
        weight: share of the FER2013 head, 0 to 1.
        divisors: see `Calibration`.

    Returns:
        (N, 7) probabilities, float32.
    """
    first = ferplus[:, list(FERPLUS_TO_LABELS)] / np.asarray(divisors, np.float32)
    first = first / np.maximum(first.sum(1, keepdims=True), SMALLEST)
    mean = (1 - weight) * first + weight * fer2013[:, list(FER2013_TO_LABELS)]
    mixed: Scores = (mean / np.maximum(mean.sum(1, keepdims=True), SMALLEST)).astype(np.float32)
    return mixed


def calibrations_of(state: Mapping[str, Any], path: Path) -> dict[int, Calibration]:
    """Read the calibration that a weights file holds, by the number of looks; empty where it holds none.

    Raises:
        ModelError: it is not as `moodline calibrate` writes it.
    """
    try:
        stored = state.get("calibration", {"views": {}})["views"]
        return {int(views): _checked(values) for views, values in stored.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"the calibration in the weights file '{path}' is damaged; restore the file") from error


def _checked(values: Mapping[str, Any]) -> Calibration:
    given = dict(values)
    divisors = tuple(map(float, given.pop("divisors", Calibration.divisors)))
    found = Calibration(**{name: float(value) for name, value in given.items()}, divisors=divisors)
    if not all(np.isfinite(getattr(found, field.name)).all() for field in fields(found)):
        raise ValueError("not a number")
    if len(divisors) != len(LABELS) or min(divisors) <= 0:
        raise ValueError("a divisor above 0 is needed for each label")
    if min(getattr(found, name) for name in TEMPERATURES) <= 0:
        raise ValueError("a temperature must be above 0")
    if not (0 <= found.weight <= 1 and 0 <= found.ambiguous <= 1):
        raise ValueError("a share must be from 0 to 1")
    return found
