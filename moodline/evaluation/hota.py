"""HOTA, detection and association in one number (Luiten et al., IJCV 2021), over matched footage.

For every threshold alpha, DetA is the Jaccard index of the detections, and AssA the mean, over the true positives,
of the Jaccard index of the whole trajectories that the pair belongs to; HOTA = sqrt(DetA · AssA). All three are
then averaged over the thresholds. As in the authors' evaluation, the pairs of a frame are those with the highest
sum of IoU times the alignment of their trajectories over the whole footage, and alpha then says which of them hit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from moodline.evaluation.matching import ROUNDING, Floats, MatchedFrame

ALPHAS: Floats = np.arange(1, 20) / 20
"""The localisation thresholds: 0.05, 0.10 … 0.95."""


@dataclass(frozen=True)
class HotaScores:
    """The averages over all thresholds, each 0 to 1."""

    hota: float
    deta: float
    assa: float


@dataclass(frozen=True)
class _Numbered:
    """A frame whose persons and tracks are numbers: rows and columns of the tables over the whole footage."""

    persons: list[int]
    tracks: list[int]
    iou: Floats


def hota(frames: Sequence[MatchedFrame]) -> HotaScores | None:
    """Score the footage.

    Args:
        frames: matched frames; their own pairs are not used, only what they hold and its IoU.

    Returns:
        The scores; None where there is neither truth nor prediction.
    """
    numbered, persons, tracks = _number(frames)
    person_samples = np.zeros(persons)
    track_samples = np.zeros(tracks)
    for frame in numbered:
        person_samples[frame.persons] += 1
        track_samples[frame.tracks] += 1
    samples = person_samples.sum() + track_samples.sum()
    if samples == 0:
        return None
    either = person_samples[:, None] + track_samples[None, :]
    hits = _hits(numbered, _alignment(numbered, either))
    positives = hits.sum((1, 2))
    deta = positives / (samples - positives)
    assa = (hits * hits / (either - hits)).sum((1, 2)) / np.maximum(positives, 1)
    return HotaScores(float(np.sqrt(deta * assa).mean()), float(deta.mean()), float(assa.mean()))


def _number(frames: Sequence[MatchedFrame]) -> tuple[list[_Numbered], int, int]:
    """Give the frames numbers for names, and say how many persons and tracks there are."""
    persons: dict[str, int] = {}
    tracks: dict[str, int] = {}
    numbered = []
    for frame in frames:
        rows = [persons.setdefault(face.person, len(persons)) for face in frame.truth]
        columns = [tracks.setdefault(face.track, len(tracks)) for face in frame.predicted]
        numbered.append(_Numbered(rows, columns, frame.iou))
    return numbered, len(persons), len(tracks)


def _alignment(frames: Sequence[_Numbered], either: Floats) -> Floats:
    """(persons, tracks) soft Jaccard index of the trajectories, before any threshold.

    Within a frame a pair's IoU counts relative to what else its two faces overlap, so that in a crowd only
    exclusive overlap speaks for a pair.
    """
    shared = np.zeros(either.shape)
    for frame in frames:
        union = frame.iou.sum(0)[None, :] + frame.iou.sum(1)[:, None] - frame.iou
        shared[np.ix_(frame.persons, frame.tracks)] += frame.iou / np.where(union > 0, union, 1.0)
    return shared / (either - shared)


def _hits(frames: Sequence[_Numbered], alignment: Floats) -> Floats:
    """(alphas, persons, tracks) number of frames in which a person and a track are paired and overlap by alpha."""
    hits = np.zeros((len(ALPHAS), *alignment.shape))
    for frame in frames:
        rows, columns = linear_sum_assignment(alignment[np.ix_(frame.persons, frame.tracks)] * frame.iou, maximize=True)
        for row, column in zip(rows, columns, strict=True):
            reached = frame.iou[row, column] >= ALPHAS - ROUNDING
            hits[:, frame.persons[row], frame.tracks[column]] += reached
    return hits
