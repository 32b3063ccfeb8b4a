"""Who is who from frame to frame: boxes predicted at constant speed and assigned to detections; pure.

One `Tracker` a camera and epoch; the detector stage owns them. A track begins with a verified detection that is of no
other, is looked for where it should be, and ends when it was not seen for `lost_ms` of event time, not
of frames. Assignment is the cheapest over all pairs at once (Hungarian method), the cost being the distance of the
centres in face widths plus the change of size. What is left on both sides may be a leap: see `detector.leap`.
Nobody is told apart by looks: no two faces are ever compared.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from common.messages import Box
from detector.finder import Detection
from detector.leap import LEAP_MS, Scene, Suspect, leaps
from detector.merge import rank
from detector.track import BELIEF_AT_FIRST, BELIEF_IN_DOUBT, Track, between

REACH = 0.9
"""Farthest that a centre may be from its predicted place, in face widths."""

REACH_PER_S = 2.0
"""How much farther it may be for every second since the track was last seen, in face widths."""

DOUBTFUL_REACH = 0.5
"""The same for a track of which little is believed."""

LONGEST_MS = 500
"""A track unseen for longer than this is hidden and has not run away: it may not be farther for it, milliseconds."""

GROWTH = 0.33
"""Largest change of size between two sightings, as a natural logarithm."""

HIDDEN_GROWTH = 0.3
"""The same after a time out of sight: somebody else may have come into view."""

UNSEEN = 2.0
"""What a second without a sighting costs: a face that comes into view must not take the track of one that is there."""

DOUBT_MS = 400
"""What was looked at and is no face is not looked at again for this long, milliseconds."""

DOUBTED = 0.7
"""Intersection over union from which it is the same thing: a face that walks in has moved on by then."""

FORBIDDEN = 1e6


@dataclass(frozen=True)
class TrackerSettings:
    """What a tracker believes.

    Attributes:
        believe: score of a look from which it was a good one.
        lost_ms: time without a sighting after which a track ends, milliseconds.
    """

    believe: float
    lost_ms: int


@dataclass
class Tracker:
    """The tracks of one camera within one epoch."""

    settings: TrackerSettings
    tracks: list[Track] = field(default_factory=list)
    begun: int = 0
    suspects: list[Suspect] = field(default_factory=list)

    def alive(self, time_ms: int) -> list[Track]:
        """Forget the tracks that are lost at this event time and give the others."""
        self.tracks = [t for t in self.tracks if time_ms - t.seen_ms <= self.settings.lost_ms]
        return self.tracks

    def explains(self, detection: Detection, time_ms: int) -> bool:
        """Whether a detection may be of one of the tracks."""
        return any(_cost(track, detection.box, time_ms) < FORBIDDEN for track in self.tracks)

    def doubts(self, box: Box, time_ms: int) -> bool:
        """Whether what may be a face here was looked at a moment ago and is none."""
        return any(time_ms - one.time_ms <= DOUBT_MS and one.box.iou(box) >= DOUBTED for one in self.suspects)

    def suspect(self, boxes: list[Box], time_ms: int) -> None:
        """Remember for a moment what might have been a face and is none yet: should it become one, it is not new."""
        self.suspects = [one for one in self.suspects if time_ms - one.time_ms <= 2 * LEAP_MS]
        self.suspects += [Suspect(box, time_ms) for box in boxes]

    def update(
        self, known: list[Detection], fresh: list[Detection], time_ms: int, size: tuple[int, int]
    ) -> list[Track]:
        """Take the detections of one frame, one for each face; their order does not matter.

        Args:
            known: found where tracks were expected.
            fresh: found elsewhere and verified: what is of no track begins one.
            time_ms: event time of the frame.
            size: width and height of the frame, pixels.

        Returns:
            The tracks that were seen, by number.
        """
        detections = [*sorted(fresh, key=rank), *sorted(known, key=rank)]
        recent = [track for track in self.tracks if time_ms - track.seen_ms <= LONGEST_MS]
        hidden = [track for track in self.tracks if time_ms - track.seen_ms > LONGEST_MS]
        pairs = _assign(recent, detections, {}, time_ms)
        gone = [track for track in self.tracks if not any(track is other for other in pairs.values())]
        new = {index: detections[index] for index in range(len(fresh)) if index not in pairs}
        scene = Scene([detections[i].box for i in pairs], self.suspects, size)
        for index, track in leaps(gone, new, scene, time_ms):
            track.move(new[index])
            pairs[index] = track
        pairs |= _assign(hidden, detections, pairs, time_ms)
        for index, detection in enumerate(detections):
            if index in pairs:
                pairs[index].see(detection, time_ms, detection.score >= self.settings.believe)
            elif index < len(fresh):
                self.begun += 1
                belief = BELIEF_AT_FIRST if detection.score >= self.settings.believe else BELIEF_IN_DOUBT
                pairs[index] = Track(detection, time_ms, self.begun, belief=belief)
                self.tracks.append(pairs[index])
        return sorted(pairs.values(), key=lambda track: track.number)


def _assign(
    tracks: list[Track], detections: list[Detection], taken: dict[int, Track], time_ms: int
) -> dict[int, Track]:
    """Give the detections that are not taken to tracks: index of the detection, track."""
    tracks = [track for track in tracks if not any(track is other for other in taken.values())]
    left = [index for index in range(len(detections)) if index not in taken]
    if not left or not tracks:
        return {}
    costs = np.array([[_cost(track, detections[index].box, time_ms) for index in left] for track in tracks])
    rows, columns = linear_sum_assignment(costs)
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return {left[column]: tracks[row] for row, column in chosen if costs[row, column] < FORBIDDEN}


def _cost(track: Track, box: Box, time_ms: int) -> float:
    across, down = between(track.at(time_ms), box)
    distance = float(np.hypot(across, down)) / max(track.box.width, 1.0)
    growth = abs(float(np.log(max(box.width, 1.0) / max(track.box.width, 1.0))))
    unseen_s = (time_ms - track.seen_ms) / 1000
    reach = REACH + REACH_PER_S * min(unseen_s, LONGEST_MS / 1000) if track.credible else DOUBTFUL_REACH
    most = GROWTH if unseen_s <= LONGEST_MS / 1000 else HIDDEN_GROWTH
    if distance > reach or growth > most:
        return FORBIDDEN
    return distance + growth + UNSEEN * unseen_s
