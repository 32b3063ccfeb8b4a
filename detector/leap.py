"""A face that vanished in the open and one of the same size that appeared in the open: one person; pure.

Footage jumps: frames are lost, a stream stalls, people are sampled twice a second. A person then stands somewhere else
from one picture to the next, too far away for any prediction. Used by the tracker for what ordinary assignment left
over, and only where there is one way to read it. When a face goes and one of just its size comes in the same moment,
that is enough; after a moment, neither may be at the border, where people come and go, nor have been covered.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from common.messages import Box
from detector.finder import Detection
from detector.track import Track, between

LEAP_MS = 800
"""Longest time between the two sightings, milliseconds."""

SUDDEN_MS = 250
"""Up to this time between them it is the same moment, milliseconds: the search that finds a face comes as often."""

SUDDEN_FRAMES = 2.5
"""Or up to so many frames, if they come less often: the first look at a face that leapt may fail."""

LONGEST_SUDDEN_MS = 500
"""But no longer than this, milliseconds."""

FARTHEST = 8.0
"""Longest leap, in face widths."""

SIZE = 0.16
"""Largest change of size, as a natural logarithm."""

SUDDEN_SIZE = 0.15
"""The same in the same moment."""

MARGIN = 1.5
"""A face that appears nearer to the left or right border than this may have walked in, in face widths."""

BEHIND = 1.0
"""A face that appears nearer to another than this may have been behind it, in widths of the wider one."""

COVERED = 0.25
"""From this share on, another head covers the place where the track was seen last."""

HEAD = 1.6
"""A head with its hair, in widths of its face box."""

SAME_PLACE = 0.3
"""Intersection over union from which a suspect was where the face is now."""


class Suspect(NamedTuple):
    """Something that may have been a face, and when: its place is not new."""

    box: Box
    time_ms: int


class Scene(NamedTuple):
    """What else there is in a frame.

    Attributes:
        seen: boxes of the tracks that are seen in it.
        suspects: what may have been faces lately.
        size: width and height of the frame, pixels.
        step_ms: time since the frame before, milliseconds.
    """

    seen: Sequence[Box]
    suspects: Sequence[Suspect]
    size: tuple[int, int]
    step_ms: int

    @property
    def moment_ms(self) -> float:
        """How long a moment is, milliseconds."""
        return min(max(SUDDEN_MS, SUDDEN_FRAMES * self.step_ms), LONGEST_SUDDEN_MS)

    def was_there(self, box: Box, time_ms: int) -> bool:
        """Whether something like a face was already there at an event time."""
        return any(one.box.iou(box) >= SAME_PLACE for one in self.suspects if one.time_ms <= time_ms)


def leaps(
    gone: Sequence[Track],
    new: Mapping[int, Detection],
    scene: Scene,
    time_ms: int,
) -> Iterator[tuple[int, Track]]:
    """Pair tracks that are not seen with detections that are of no track.

    Args:
        gone: tracks that are not seen in this frame.
        new: detections by their index.
        scene: what else there is.
        time_ms: event time of the frame.

    Yields:
        Index of the detection and its track.
    """
    left = [track for track in gone if time_ms - track.seen_ms <= LEAP_MS and track.credible]
    seen, size = scene.seen, scene.size
    fitting = [(i, t) for i, d in new.items() for t in left if _fit(t.box, d.box, SIZE)]
    pairs = [(i, t) for i, t in fitting if not scene.was_there(new[i].box, t.seen_ms)]
    sudden = [
        (i, t) for i, t in pairs if time_ms - t.seen_ms <= scene.moment_ms and _fit(t.box, new[i].box, SUDDEN_SIZE)
    ]
    sudden = _unique(sudden) or _unique([(i, t) for i, t in sudden if _appeared(new[i].box, seen, size)])
    yield from sudden
    calm = {t.number for t in left if _vanished(t, seen, time_ms, size)} - {t.number for _, t in sudden}
    free = {i for i in new if _appeared(new[i].box, seen, size)} - {i for i, _ in sudden}
    yield from _unique([(i, t) for i, t in pairs if i in free and t.number in calm])


def _unique(pairs: list[tuple[int, Track]]) -> list[tuple[int, Track]]:
    """Keep the pairs of which neither side is in another."""
    indices, numbers = Counter(index for index, _ in pairs), Counter(track.number for _, track in pairs)
    return [(index, track) for index, track in pairs if indices[index] == 1 and numbers[track.number] == 1]


def _vanished(track: Track, seen: Sequence[Box], time_ms: int, size: tuple[int, int]) -> bool:
    """Whether a track is gone from the open, and nobody stands before its place."""
    if not _in_the_open(track.at(track.seen_ms + LEAP_MS // 2), size, 0.0):
        return False
    box = track.at(time_ms)
    return all(box.overlap(_head(other)) < COVERED * box.width * box.height for other in seen)


def _head(box: Box) -> Box:
    more = (HEAD - 1) / 2
    return Box(box.x - more * box.width, box.y - more * box.height, HEAD * box.width, HEAD * box.height)


def _appeared(box: Box, seen: Sequence[Box], size: tuple[int, int]) -> bool:
    """Whether a face can have come neither from the border nor from behind another."""
    return _in_the_open(box, size, MARGIN) and all(
        math.hypot(*between(box, other)) > BEHIND * max(box.width, other.width) for other in seen
    )


def _in_the_open(box: Box, size: tuple[int, int], margin: float) -> bool:
    inside = margin * box.width <= box.x <= size[0] - (1 + margin) * box.width
    return inside and 0 <= box.y <= size[1] - box.height


def _fit(one: Box, other: Box, growth: float) -> bool:
    near = math.hypot(*between(one, other)) <= FARTHEST * one.width
    return near and abs(math.log(max(other.width, 1.0) / max(one.width, 1.0))) <= growth
