"""Two faces that pass so close that one box is found for both: whose it is, and where the other went; pure.

While one face hides another, or a detector draws one box for two, ordinary assignment gives the box to whom it is
nearest to by chance, whose speed is then wrong, and the two trade places when they part. So how a track stood and went
before another came close is kept, and within such a crowd boxes are given out by that. Used by the tracker.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import connected_components

from common.messages import Box
from detector.finder import Detection
from detector.track import Track, between

CLOSE = 0.05
"""Overlap with another face, as a share of the smaller one, from which a track does not stand free."""

SOON_MS = 100
"""Who will be close in this time is so already, milliseconds: boxes run into each other before faces do."""

STALE_MS = 800
"""Who is seen beside the other for longer than this has shown where it goes now, milliseconds."""

OWNED = 0.15
"""By so much a box must be nearer to a track that was not seen a moment ago than to one that was, in face widths."""

SURE = 0.5
"""Where each track of a crowd has a box, they are exchanged only if all are nearer by this, in face widths."""


def keep_in_mind(tracks: Sequence[Track], time_ms: int, before_ms: int) -> None:
    """Let every track that comes close to another remember how it stood and went before, until it is free again.

    Args:
        tracks: those that may still be seen.
        time_ms: event time of the frame.
        before_ms: of the frame before.
    """
    near = _close(tracks, time_ms) | _close(tracks, time_ms + SOON_MS)
    for index, track in enumerate(tracks):
        if not near[index].any():
            track.free = None
        elif track.free is None or (time_ms - track.free.time_ms > STALE_MS and track.seen_ms >= before_ms):
            track.remember()


def share_out(
    tracks: Sequence[Track], pairs: Mapping[int, Track], found: Sequence[Detection], time_ms: int, before_ms: int
) -> dict[int, Track]:
    """Give the boxes of each crowd to those whose way they are on; who goes without falls back on how it stood before.

    Args:
        tracks: those that may still be seen.
        pairs: to whom ordinary assignment gives each detection, by its index.
        found: the detections.
        time_ms: event time of the frame.
        before_ms: of the frame before.

    Returns:
        The pairs, changed within crowds.
    """
    given = dict(pairs)
    for crowd in _crowds(tracks, time_ms):
        indices = [index for index, track in pairs.items() if any(track is one for one in crowd)]
        if not indices:
            continue
        costs = np.array([[_cost(track, found[index].box, time_ms, before_ms) for index in indices] for track in crowd])
        rows, columns = linear_sum_assignment(costs)
        usual = [next(row for row, one in enumerate(crowd) if one is pairs[index]) for index in indices]
        gain = costs[usual, range(len(indices))].sum() - costs[rows, columns].sum()
        if len(indices) == len(crowd) and gain < SURE:
            continue
        given |= {indices[column]: crowd[row] for row, column in zip(rows.tolist(), columns.tolist(), strict=True)}
        for row in set(range(len(crowd))) - set(rows.tolist()):
            crowd[row].fall_back()
    return given


def _crowds(tracks: Sequence[Track], time_ms: int) -> Iterator[list[Track]]:
    """Give groups of tracks that are close to each other, one by one or through others."""
    crowded = [track for track in tracks if track.free is not None]
    if len(crowded) < 2:  # nobody is a crowd alone; the usual case
        return
    count, labels = connected_components(_close(crowded, time_ms), directed=False)
    for label in range(count):
        crowd = [track for track, own in zip(crowded, labels.tolist(), strict=True) if own == label]
        if len(crowd) > 1:
            yield crowd


def _close(tracks: Sequence[Track], time_ms: int) -> npt.NDArray[np.bool_]:
    """Say of each two tracks whether their boxes should overlap at an event time; none with itself."""
    boxes = (track.at(time_ms) for track in tracks)
    places = np.array([(box.x, box.y, box.width, box.height) for box in boxes]).reshape(-1, 4)
    start, sides = places[:, :2], places[:, 2:]
    ends = start + sides
    shared = np.minimum(ends[:, None], ends) - np.maximum(start[:, None], start)
    areas = sides.prod(1)
    near: npt.NDArray[np.bool_] = shared.clip(min=0).prod(2) > CLOSE * np.minimum(areas[:, None], areas)
    np.fill_diagonal(near, val=False)
    return near


def _cost(track: Track, box: Box, time_ms: int, before_ms: int) -> float:
    """How far a box is from where a track should be by the way it went when it stood free, in face widths."""
    assert track.free is not None  # noqa: S101  # who is in a crowd remembers
    place = track.free.at(time_ms)
    away = math.hypot(*between(place, box)) / max(place.width, 1.0)
    growth = abs(math.log(max(box.width, 1.0) / max(place.width, 1.0)))
    return away + growth + (0.0 if track.seen_ms >= before_ms else OWNED)
