"""From what the net says of faces to their status and probabilities; used by the stage."""

from dataclasses import dataclass
from typing import NamedTuple

from classifier.calibration import Calibration
from classifier.face_head import FaceHead
from classifier.looks import Looks, heads
from common.messages import Status


class Verdict(NamedTuple):
    """What is read on one face: a probability for each of `common.labels.LABELS`, and whether they can be trusted.

    Attributes:
        status: `ok`; `ambiguous`, between the two likeliest labels; or `not_a_face`.
        probabilities: None for what is not a face.
    """

    status: Status
    probabilities: tuple[float, ...] | None


@dataclass(frozen=True)
class Rule:
    """How looks become verdicts.

    Attributes:
        calibration: makes chances of scores.
        face_head: the test for faces; None: whatever the detector found is one.
        ambiguous: chance that the label is that of most people, below which a reading is ambiguous.
        not_a_face: chance of a face below which there is no reading.
    """

    calibration: Calibration
    face_head: FaceHead | None
    ambiguous: float
    not_a_face: float

    @classmethod
    def of(
        cls,
        calibration: Calibration,
        face_head: FaceHead | None,
        ambiguous: float | None = None,
        not_a_face: float | None = None,
    ) -> "Rule":
        """Make the rule of a net; limits that are None are those that came with it."""
        own = face_head.below if face_head is not None else 0.0
        return cls(
            calibration,
            face_head,
            calibration.ambiguous if ambiguous is None else ambiguous,
            own if not_a_face is None else not_a_face,
        )


def verdicts(looks: Looks, rule: Rule) -> list[Verdict]:
    """Judge every face.

    Args:
        looks: what the net says of N faces.
        rule: how to judge them.

    Returns:
        One verdict for each face.
    """
    scores = rule.calibration.reading(*heads(looks))
    unclear = rule.calibration.certainty(scores) < rule.ambiguous
    faces = rule.face_head.chances(looks.features) >= rule.not_a_face if rule.face_head is not None else None
    return [
        _verdict(bool(unclear[place]), tuple(row), faces is None or bool(faces[place]))
        for place, row in enumerate(scores.tolist())
    ]


def _verdict(unclear: bool, probabilities: tuple[float, ...], face: bool) -> Verdict:
    if not face:
        return Verdict("not_a_face", None)
    return Verdict("ambiguous" if unclear else "ok", probabilities)
