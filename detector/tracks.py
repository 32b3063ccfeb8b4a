"""Who is who from frame to frame: boxes predicted at constant speed and assigned to detections; pure.

One `Tracker` a camera and epoch; the detector stage owns them. A track begins with a verified detection that is of no
other, is looked for where it should be, and ends when it was not seen for `lost_ms` of event time, not of frames.
Detections are assigned (`detector.assign`) first to the tracks of the frame before, then to those unseen for longer:
that the tracks seen last come first is the matching cascade of Wojke et al. (ICIP 2017). While faces are close to each
other `detector.crowd` has the last word. What is left on both sides may be a leap: see `detector.leap`.
Nobody is told apart by looks: no two faces are ever compared.
"""

import math
from dataclasses import dataclass, field

from common.messages import Box
from detector.assign import LONGEST_MS, Moment, assign
from detector.crowd import keep_in_mind, share_out
from detector.finder import Detection
from detector.leap import LEAP_MS, Scene, Suspect, leaps
from detector.merge import rank
from detector.track import Track, between

RETURNED = 0.5
"""A face that is nearer than this to where one went out of sight is the one that comes back, in face widths."""

DOUBT_MS = 400
"""What was looked at and is no face is not looked at again for this long, milliseconds."""

DOUBTED = 0.7
"""Intersection over union from which it is the same thing: a face that walks in has moved on by then."""

ALONE, HIDDEN_ALONE = 1.3, 1.9
"""What it costs to leave a track without a sighting, one seen in the frame before or another, beside what its time out
of sight costs either way: two tracks that would have to trade places for one more pair do not."""


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

    def follow(self, found: list[Detection], moment: Moment) -> tuple[list[Track], list[Detection]]:
        """Give what was found where tracks should be to those that were seen a moment ago.

        Args:
            found: each face once; their order does not matter.
            moment: the frame.

        Returns:
            The tracks that were seen, and what is of none of them.
        """
        found, time_ms = sorted(found, key=rank), moment.time_ms
        keep_in_mind(self.tracks, time_ms, self.before_ms)
        pairs = self._in_turn(self._recent(time_ms), found, moment)
        pairs = share_out(self.tracks, pairs, found, time_ms, self.before_ms)
        for index, track in pairs.items():
            track.see(found[index], time_ms)
        return list(pairs.values()), [one for index, one in enumerate(found) if index not in pairs]

    def settle(self, fresh: list[Detection], seen: list[Track], moment: Moment) -> list[Track]:
        """Take the verified faces that are of no track yet: each is one that leapt or was hidden, or begins a track.

        Args:
            fresh: each face once; their order does not matter.
            seen: the tracks that are seen in this frame already.
            moment: the frame.

        Returns:
            Every track that is seen in this frame, by number.
        """
        fresh, time_ms = sorted(fresh, key=rank), moment.time_ms
        pairs = self._in_turn(_without(self._recent(time_ms), seen), fresh, moment)
        hidden = _without(self.tracks, [*self._recent(time_ms), *seen])
        back = {index: one for index, one in enumerate(fresh) if index not in pairs and _is_back(one, hidden)}
        pairs |= assign(hidden, back, moment, HIDDEN_ALONE)
        gone = _without(self.tracks, [*seen, *pairs.values()])
        new = {index: one for index, one in enumerate(fresh) if index not in pairs}
        boxes = [*(track.box for track in seen), *(fresh[index].box for index in pairs)]
        for index, track in leaps(
            gone, new, Scene(boxes, self.suspects, moment.size, time_ms - self.before_ms), time_ms
        ):
            track.move(new.pop(index))
            pairs[index] = track
        pairs |= assign(_without(hidden, [*pairs.values()]), new, moment, HIDDEN_ALONE)
        for index, detection in enumerate(fresh):
            if index not in pairs:
                self.begun += 1
                pairs[index] = Track(detection, time_ms, self.begun)
                self.tracks.append(pairs[index])
            pairs[index].see(detection, time_ms)
        self.before_ms = time_ms
        return sorted([*seen, *pairs.values()], key=lambda track: track.number)

    def _in_turn(self, tracks: list[Track], found: list[Detection], moment: Moment) -> dict[int, Track]:
        """Give detections to tracks, first to those that were seen in the frame before."""
        left = dict(enumerate(found))
        steady = [track for track in tracks if track.seen_ms >= self.before_ms]
        pairs = assign(steady, left, moment, ALONE)
        left = {index: one for index, one in left.items() if index not in pairs}
        return pairs | assign(_without(tracks, steady), left, moment, HIDDEN_ALONE)

    def _recent(self, time_ms: int) -> list[Track]:
        return [track for track in self.tracks if time_ms - track.seen_ms <= LONGEST_MS]


def _is_back(detection: Detection, hidden: list[Track]) -> bool:
    """Whether a face is where one went out of sight: nobody can have leapt just there."""
    return any(math.hypot(*between(track.box, detection.box)) <= RETURNED * track.box.width for track in hidden)


def _without(tracks: list[Track], others: list[Track]) -> list[Track]:
    return [track for track in tracks if not any(track is other for other in others)]
