"""How well tracks keep to persons: IDF1, identity switches and track purity, over matched footage."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from moodline.evaluation.matching import HIT_IOU, ROUNDING, MatchedFrame
from moodline.evaluation.share import share


def idf1(frames: Sequence[MatchedFrame]) -> float | None:
    """IDF1 (Ristani et al., ECCV workshops 2016): F1 under the one best assignment of tracks to persons.

    Every track is given to at most one person and the reverse, once for the whole footage, so that most of their
    samples overlap at `HIT_IOU`; IDF1 = 2 · those samples / (truth samples + predicted samples).

    Returns:
        0 to 1; None where there is neither truth nor prediction.
    """
    together: Counter[tuple[str, str]] = Counter()
    for frame in frames:
        for row, column in zip(*np.nonzero(frame.iou >= HIT_IOU - ROUNDING), strict=True):
            together[frame.truth[row].person, frame.predicted[column].track] += 1
    persons = {name: index for index, name in enumerate(sorted({person for person, _ in together}))}
    tracks = {name: index for index, name in enumerate(sorted({track for _, track in together}))}
    table = np.zeros((len(persons), len(tracks)))
    for (person, track), samples in together.items():
        table[persons[person], tracks[track]] = samples
    right = float(table[linear_sum_assignment(table, maximize=True)].sum())
    return share(2 * right, sum(len(frame.truth) + len(frame.predicted) for frame in frames))


def id_switches(frames: Sequence[MatchedFrame]) -> int:
    """Identity switches of CLEAR MOT: how often a person is hit by another track than when last hit.

    A gap in between changes nothing: coming back under the old track is no switch, under a new one it is.
    """
    last: dict[str, str] = {}
    switches = 0
    for frame in frames:
        for person, face in frame.pairs:
            switches += last.get(person.person, face.track) != face.track
            last[person.person] = face.track
    return switches


def track_purity(frames: Sequence[MatchedFrame]) -> float | None:
    """Share of the hits that fall on the person whom their track hits most often.

    Every hit weighs the same, so a long track weighs more than a short one; a track without a hit weighs nothing.

    Returns:
        0 to 1; None where nothing was hit.
    """
    hits: dict[str, Counter[str]] = {}
    for frame in frames:
        for person, face in frame.pairs:
            hits.setdefault(face.track, Counter())[person.person] += 1
    return share(sum(max(counts.values()) for counts in hits.values()), sum(c.total() for c in hits.values()))
