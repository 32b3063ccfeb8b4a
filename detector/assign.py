"""Which detection is of which track: the cheapest assignment over all pairs at once; pure, used by the tracker.

The cost is the distance of the centres in face widths plus the change of size; too far, too large and there is no pair.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from detector.finder import Detection
from detector.track import Track, between

REACH = 0.45
"""Farthest that a centre may be from its predicted place, in face widths, beside what time allows."""

REACH_PER_S = 3.0
"""How much farther it may be for every second since the track was last seen, in face widths."""

WALK_PER_S = 6.0
"""The same of a track that was seen once: which way it goes is not known."""

DOUBTFUL_REACH = 0.5
"""The same for a track of which little is believed."""

LONGEST_MS = 500
"""A track unseen for longer than this is hidden and has not run away: it may not be farther for it, milliseconds."""

GROWTH = 0.33
"""Largest change of size between two sightings, as a natural logarithm."""

HIDDEN_GROWTH = 0.3
"""The same after a time out of sight, unless it is known who hid it: somebody else may have come into view."""

UNSEEN = 2.0
"""What a second without a sighting costs: a face that comes into view must not take the track of one that is there."""

STOP = 0.25
"""What it costs not to have gone on, as a share of the way: two people who pass have not both stood still."""

INWARD, HEADING = 0.3, 0.3
"""A face that the border cuts is of nobody who was farther inside than this, in face widths, and whose own speed makes
up less than this share of the way there."""

FORBIDDEN = 1e6


class Moment(NamedTuple):
    """The frame in which detections are given out.

    Attributes:
        time_ms: event time of the frame.
        size: width and height of the frame, pixels.
    """

    time_ms: int
    size: tuple[int, int]


def assign(tracks: Sequence[Track], found: Mapping[int, Detection], moment: Moment, alone: float) -> dict[int, Track]:
    """Give detections to tracks.

    Args:
        tracks: who may be given one.
        found: the detections, by their index.
        moment: when and in which picture.
        alone: what it costs to leave a track without a detection, beside what its time out of sight costs either way.

    Returns:
        The track of each detection that is given, by index.
    """
    if not found or not tracks:
        return {}
    boxes = np.array([(*one.box.middle, one.box.width) for one in found.values()]).T
    costs = np.array([_costs(track, boxes, moment) for track in tracks])
    left_out = [[alone + _waited(track, moment.time_ms)] * len(tracks) for track in tracks]
    rows, columns = linear_sum_assignment(np.hstack([costs, left_out]))
    chosen = ((row, column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True) if column < len(found))
    indices = list(found)
    return {indices[column]: tracks[row] for row, column in chosen if costs[row, column] < FORBIDDEN}


def _costs(track: Track, boxes: npt.NDArray[np.float64], moment: Moment) -> npt.NDArray[np.float64]:
    """Weigh what it costs to give each box to a track; boxes are (3, n): across, down, width."""
    across, down, width = boxes
    time_ms = moment.time_ms
    places = [place.middle for place in (track.at(time_ms), track.box)]
    near, far = (np.hypot(across - x, down - y) for x, y in places)
    travel = np.hypot(*between(track.box, track.at(time_ms)))
    distance = np.minimum(near, far + STOP * travel) / max(track.box.width, 1.0)
    growth = np.abs(np.log(np.maximum(width, 1.0) / max(track.box.width, 1.0)))
    unseen_s = (time_ms - track.seen_ms) / 1000
    more = WALK_PER_S if track.speed == (0.0, 0.0) else REACH_PER_S
    reach = REACH + more * min(unseen_s, LONGEST_MS / 1000) if track.credible else DOUBTFUL_REACH
    short = unseen_s <= LONGEST_MS / 1000 or track.free is not None
    most = GROWTH if short else HIDDEN_GROWTH
    costs = distance + growth + _waited(track, time_ms)
    impossible = (distance > reach) | (growth > most) | _walks_in(track, across, width, moment)
    return np.where(impossible, FORBIDDEN, costs)


def _walks_in(
    track: Track, across: npt.NDArray[np.float64], width: npt.NDArray[np.float64], moment: Moment
) -> npt.NDArray[np.bool_]:
    """Say which faces that the left or right border cuts are of people who come: the track was not on its way there."""
    way = across - track.box.middle[0]
    own = track.speed[0] * (moment.time_ms - track.seen_ms)
    left = (across - width / 2 < 0) & (way < -INWARD * width) & (own > HEADING * way)
    right = (across + width / 2 > moment.size[0]) & (way > INWARD * width) & (own < HEADING * way)
    return np.logical_or(left, right)


def _waited(track: Track, time_ms: int) -> float:
    return UNSEEN * (time_ms - track.seen_ms) / 1000
