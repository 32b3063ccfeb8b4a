"""Which predicted face is which person, frame by frame; every other measure of footage builds on it.

A prediction hits a person at an intersection over union of at least `HIT_IOU`, one to one. Among all ways to pair
them, the one is taken that first keeps the pairs of the frame before that still hit (the rule of CLEAR MOT:
Bernardin & Stiefelhagen, EURASIP JIVP 2008), then has most hits, then the highest sum of IoU.

Persons who are too little visible (`truth.VISIBLE`) are ignored on both sides. The others are matched first; what
is left and hits an ignored person, again one to one, is taken out before anything is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from moodline.evaluation.predicted import PredictedFace, PredictedFrame
from moodline.evaluation.share import share
from moodline.evaluation.truth import TrueFace, TrueFrame

HIT_IOU = 0.4
ROUNDING = 1e-9
"""An IoU that is short of its threshold by less than this reaches it."""

Floats = npt.NDArray[np.float64]
Pair = tuple[TrueFace, PredictedFace]


@dataclass(frozen=True)
class MatchedFrame:
    """One frame after matching; ignored persons and the predictions on them are gone.

    Attributes:
        frame: number of the frame.
        truth: the counted persons.
        predicted: the predictions that are hits or false alarms.
        iou: (truth, predicted) intersection over union.
        pairs: the hits.
    """

    frame: int
    truth: tuple[TrueFace, ...]
    predicted: tuple[PredictedFace, ...]
    iou: Floats
    pairs: tuple[Pair, ...]


def match_frames(truth: Sequence[TrueFrame], predicted: Sequence[PredictedFrame]) -> tuple[MatchedFrame, ...]:
    """Match every frame of the truth.

    Args:
        truth: the frames in order.
        predicted: the predictions that count as positive (see `predicted.read_faces`); a frame that is not in it
            has none, and one that is not in the truth is left out.

    Returns:
        One entry for each frame of the truth.
    """
    faces = {frame.frame: frame.faces for frame in predicted}
    matched: list[MatchedFrame] = []
    kept: set[tuple[str, str]] = set()
    for frame in truth:
        matched.append(_match(frame, faces.get(frame.frame, ()), kept))
        kept = {(person.person, face.track) for person, face in matched[-1].pairs}
    return tuple(matched)


def recall(frames: Sequence[MatchedFrame]) -> float | None:
    """Share of the counted truth faces that are hit, over all frames."""
    return share(sum(len(frame.pairs) for frame in frames), sum(len(frame.truth) for frame in frames))


def precision(frames: Sequence[MatchedFrame]) -> float | None:
    """Share of the predictions that are hits, over all frames; those on ignored persons are not predictions."""
    return share(sum(len(frame.pairs) for frame in frames), sum(len(frame.predicted) for frame in frames))


def iou_table(truth: Sequence[TrueFace], predicted: Sequence[PredictedFace]) -> Floats:
    """(truth, predicted) intersection over union."""
    rows = [[person.box.iou(face.box) for face in predicted] for person in truth]
    return np.array(rows, np.float64).reshape(len(truth), len(predicted))


def _match(frame: TrueFrame, faces: Sequence[PredictedFace], kept: set[tuple[str, str]]) -> MatchedFrame:
    counted = tuple(person for person in frame.faces if person.counted)
    ignored = tuple(person for person in frame.faces if not person.counted)
    iou = iou_table(counted, faces)
    held = np.array([[(person.person, face.track) in kept for face in faces] for person in counted], np.bool_)
    hits = _assign(iou, held.reshape(iou.shape))
    left = sorted(set(range(len(faces))) - {column for _, column in hits})
    beside = iou_table(ignored, [faces[column] for column in left])
    gone = {left[column] for _, column in _assign(beside, np.zeros(beside.shape, np.bool_))}
    stay = [column for column in range(len(faces)) if column not in gone]
    return MatchedFrame(
        frame=frame.frame,
        truth=counted,
        predicted=tuple(faces[column] for column in stay),
        iou=iou[:, stay],
        pairs=tuple((counted[row], faces[column]) for row, column in hits),
    )


def _assign(iou: Floats, held: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Rows and columns of the best one-to-one pairing at `HIT_IOU`, by the order of the module docstring."""
    allowed = iou >= HIT_IOU - ROUNDING
    # A hit outweighs the IoU of all pairs together, and a held pair outweighs all hits: m pairs weigh < (m + 1)².
    most = min(iou.shape) + 1
    weight = np.where(allowed, most + iou + most * most * held, 0.0)
    rows, columns = linear_sum_assignment(weight, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if allowed[row, column]]
