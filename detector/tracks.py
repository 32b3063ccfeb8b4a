"""Who is who from frame to frame: boxes predicted at constant speed and assigned to detections; pure.

One `Tracker` a camera and epoch; the detector stage owns them. A track begins with a verified detection that is of no
other, is looked for where it should be, and ends when it was not seen for `lost_ms` of event time, not of frames.
Assignment is the cheapest over all pairs at once (Hungarian method), first of the tracks of the frame before, then of
those unseen for longer; the cost is the distance of the centres in face widths plus the change of size. That the tracks
seen last come first is the matching cascade of Wojke et al. (ICIP 2017). What is left on both sides may be a leap: see
`detector.leap`.
Nobody is told apart by looks: no two faces are ever compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from common.messages import Box
from detector.finder import Detection
from detector.leap import LEAP_MS, Scene, Suspect, leaps
from detector.merge import rank
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
"""The same after a time out of sight: somebody else may have come into view."""

RETURNED = 0.5
"""A face that is nearer than this to where one went out of sight is the one that comes back, in face widths."""

UNSEEN = 2.0
"""What a second without a sighting costs: a face that comes into view must not take the track of one that is there."""

DOUBT_MS = 400
"""What was looked at and is no face is not looked at again for this long, milliseconds."""

DOUBTED = 0.7
"""Intersection over union from which it is the same thing: a face that walks in has moved on by then."""

ALONE, HIDDEN_ALONE = 1.3, 1.9
"""What it costs to leave a track without a sighting, one seen in the frame before or another, beside what its time out
of sight costs either way: two tracks that would have to trade places for one more pair do not."""

FORBIDDEN = 1e6


@dataclass
class Tracker:
    """The tracks of one camera within one epoch.

    Attributes:
        lost_ms: time without a sighting after which a track ends, milliseconds.
        tracks: those that may still be seen.
        begun: how many have begun.
        suspects: what may have been faces lately.
        before_ms: event time of the frame before.
    """

    lost_ms: int
    tracks: list[Track] = field(default_factory=list)
    begun: int = 0
    suspects: list[Suspect] = field(default_factory=list)
    before_ms: int = 0

    def alive(self, time_ms: int) -> list[Track]:
        """Forget the tracks that are lost at this event time and give the others."""
        self.tracks = [t for t in self.tracks if time_ms - t.seen_ms <= self.lost_ms]
        return self.tracks

    def doubts(self, box: Box, time_ms: int) -> bool:
        """Whether what may be a face here was looked at a moment ago and is none."""
        return any(time_ms - one.time_ms <= DOUBT_MS and one.box.iou(box) >= DOUBTED for one in self.suspects)

    def suspect(self, boxes: list[Box], time_ms: int) -> None:
        """Remember for a moment what might have been a face and is none yet: should it become one, it is not new."""
        self.suspects = [one for one in self.suspects if time_ms - one.time_ms <= 2 * LEAP_MS]
        self.suspects += [Suspect(box, time_ms) for box in boxes]

    def follow(self, found: list[Detection], time_ms: int) -> tuple[list[Track], list[Detection]]:
        """Give what was found where tracks should be to those that were seen a moment ago.

        Args:
            found: each face once; their order does not matter.
            time_ms: event time of the frame.

        Returns:
            The tracks that were seen, and what is of none of them.
        """
        found = sorted(found, key=rank)
        pairs = self._in_turn(self._recent(time_ms), found, time_ms)
        for index, track in pairs.items():
            track.see(found[index], time_ms)
        return list(pairs.values()), [one for index, one in enumerate(found) if index not in pairs]

    def settle(self, fresh: list[Detection], seen: list[Track], time_ms: int, size: tuple[int, int]) -> list[Track]:
        """Take the verified faces that are of no track yet: each is one that leapt or was hidden, or begins a track.

        Args:
            fresh: each face once; their order does not matter.
            seen: the tracks that are seen in this frame already.
            time_ms: event time of the frame.
            size: width and height of the frame, pixels.

        Returns:
            Every track that is seen in this frame, by number.
        """
        fresh = sorted(fresh, key=rank)
        pairs = self._in_turn(_without(self._recent(time_ms), seen), fresh, time_ms)
        hidden = _without(self.tracks, [*self._recent(time_ms), *seen])
        back = {index: one for index, one in enumerate(fresh) if index not in pairs and _is_back(one, hidden)}
        pairs |= _assign(hidden, back, time_ms, HIDDEN_ALONE)
        gone = _without(self.tracks, [*seen, *pairs.values()])
        new = {index: one for index, one in enumerate(fresh) if index not in pairs}
        boxes = [*(track.box for track in seen), *(fresh[index].box for index in pairs)]
        for index, track in leaps(gone, new, Scene(boxes, self.suspects, size, time_ms - self.before_ms), time_ms):
            track.move(new.pop(index))
            pairs[index] = track
        pairs |= _assign(_without(hidden, [*pairs.values()]), new, time_ms, HIDDEN_ALONE)
        for index, detection in enumerate(fresh):
            if index not in pairs:
                self.begun += 1
                pairs[index] = Track(detection, time_ms, self.begun)
                self.tracks.append(pairs[index])
            pairs[index].see(detection, time_ms)
        self.before_ms = time_ms
        return sorted([*seen, *pairs.values()], key=lambda track: track.number)

    def _in_turn(self, tracks: list[Track], found: list[Detection], time_ms: int) -> dict[int, Track]:
        """Give detections to tracks, first to those that were seen in the frame before."""
        left = dict(enumerate(found))
        steady = [track for track in tracks if track.seen_ms >= self.before_ms]
        pairs = _assign(steady, left, time_ms, ALONE)
        left = {index: one for index, one in left.items() if index not in pairs}
        return pairs | _assign(_without(tracks, steady), left, time_ms, HIDDEN_ALONE)

    def _recent(self, time_ms: int) -> list[Track]:
        return [track for track in self.tracks if time_ms - track.seen_ms <= LONGEST_MS]


def _is_back(detection: Detection, hidden: list[Track]) -> bool:
    """Whether a face is where one went out of sight: nobody can have leapt just there."""
    return any(_distance(track.box, detection.box) <= RETURNED * track.box.width for track in hidden)


def _without(tracks: list[Track], others: list[Track]) -> list[Track]:
    return [track for track in tracks if not any(track is other for other in others)]


def _assign(tracks: list[Track], found: Mapping[int, Detection], time_ms: int, alone: float) -> dict[int, Track]:
    """Give detections to tracks: index of the detection, track."""
    if not found or not tracks:
        return {}
    boxes = np.array([(*one.box.middle, one.box.width) for one in found.values()]).T
    costs = np.array([_costs(track, boxes, time_ms) for track in tracks])
    left_out = [[alone + _waited(track, time_ms)] * len(tracks) for track in tracks]
    rows, columns = linear_sum_assignment(np.hstack([costs, left_out]))
    chosen = ((row, column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True) if column < len(found))
    indices = list(found)
    return {indices[column]: tracks[row] for row, column in chosen if costs[row, column] < FORBIDDEN}


def _costs(track: Track, boxes: npt.NDArray[np.float64], time_ms: int) -> npt.NDArray[np.float64]:
    """Weigh what it costs to give each box to a track; boxes are (3, n): across, down, width."""
    across, down, width = boxes
    places = [place.middle for place in (track.at(time_ms), track.box)]
    near, far = (np.hypot(across - x, down - y) for x, y in places)
    distance = np.minimum(near, far) / max(track.box.width, 1.0)
    growth = np.abs(np.log(np.maximum(width, 1.0) / max(track.box.width, 1.0)))
    unseen_s = (time_ms - track.seen_ms) / 1000
    more = WALK_PER_S if track.speed == (0.0, 0.0) else REACH_PER_S
    reach = REACH + more * min(unseen_s, LONGEST_MS / 1000) if track.credible else DOUBTFUL_REACH
    most = GROWTH if unseen_s <= LONGEST_MS / 1000 else HIDDEN_GROWTH
    costs = distance + growth + _waited(track, time_ms)
    return np.where((distance > reach) | (growth > most), FORBIDDEN, costs)


def _waited(track: Track, time_ms: int) -> float:
    return UNSEEN * (time_ms - track.seen_ms) / 1000


def _distance(one: Box, other: Box) -> float:
    return float(np.hypot(*between(one, other)))
