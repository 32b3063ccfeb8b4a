"""Who is who from frame to frame: boxes predicted at constant speed and assigned to detections; pure.

One `Tracker` a camera and epoch; the detector stage owns them. A track begins when it is believed (one sure look or
several good ones), is looked for where it should be, and ends when it was not seen for `lost_ms` of event time, not
of frames. Assignment is the cheapest over all pairs at once (Hungarian method), the cost being the distance of the
centres in face widths plus the change of size. No picture of a person is compared or kept.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from common.messages import Box
from detector.finder import Detection
from detector.merge import rank

REACH = 0.9
"""Farthest that a centre may be from its predicted place, in face widths."""

REACH_PER_S = 2.0
"""How much farther it may be for every second since the track was last seen, in face widths."""

GROWTH = 0.5
"""Largest change of size between two sightings, as a natural logarithm."""

SPEED_MEMORY_MS = 250.0
"""Over this time a track's speed forgets, milliseconds."""

FORBIDDEN = 1e6


@dataclass(frozen=True)
class TrackerSettings:
    """What a tracker believes.

    Attributes:
        believe: score of a closer look that counts as a hit.
        sure: score of a closer look that starts a track by itself.
        hits: hits that start a track otherwise.
        lost_ms: time without a sighting after which a track ends, milliseconds.
    """

    believe: float
    sure: float
    hits: int
    lost_ms: int


@dataclass
class Track:
    """One face over time. Boxes in pixels, speeds in pixels a millisecond.

    Attributes:
        number: 1, 2 … among the tracks that began; 0 while it is only a candidate.
        seen_ms: event time of the last sighting.
        hits: good looks so far.
    """

    box: Box
    seen_ms: int
    number: int = 0
    hits: int = 0
    speed: tuple[float, float] = (0.0, 0.0)

    def at(self, time_ms: int) -> Box:
        """Where the box should be at this event time; it does not run on for more than half a second."""
        ahead = min(time_ms - self.seen_ms, 500)
        return Box(
            self.box.x + self.speed[0] * ahead, self.box.y + self.speed[1] * ahead, self.box.width, self.box.height
        )


@dataclass
class Tracker:
    """The tracks of one camera within one epoch."""

    settings: TrackerSettings
    tracks: list[Track] = field(default_factory=list)
    begun: int = 0

    def expected(self, time_ms: int) -> list[Box]:
        """Where to look closer at this event time; forgets tracks that are lost."""
        self.tracks = [t for t in self.tracks if time_ms - t.seen_ms <= self.settings.lost_ms]
        return [track.at(time_ms) for track in self.tracks]

    def update(self, detections: list[Detection], time_ms: int) -> list[tuple[int, Detection]]:
        """Take the detections of one frame.

        Args:
            detections: one for each face, each from a closer look; their order does not matter.
            time_ms: event time of the frame.

        Returns:
            The number and the detection of every track that has begun and was seen, by number.
        """
        detections = sorted(detections, key=rank)
        pairs = self._assign(detections, time_ms)
        for index, detection in enumerate(detections):
            if index not in pairs and detection.score >= self.settings.believe:
                track = Track(detection.box, time_ms)
                self.tracks.append(track)
                pairs[index] = track
        seen = []
        for index, track in sorted(pairs.items()):
            self._see(track, detections[index], time_ms)
            if track.number:
                seen.append((track.number, detections[index]))
        return sorted(seen, key=lambda one: one[0])

    def _assign(self, detections: list[Detection], time_ms: int) -> dict[int, Track]:
        if not detections or not self.tracks:
            return {}
        costs = np.array([[_cost(track, d.box, time_ms) for d in detections] for track in self.tracks])
        rows, columns = linear_sum_assignment(costs)
        chosen = zip(rows.tolist(), columns.tolist(), strict=True)
        return {column: self.tracks[row] for row, column in chosen if costs[row, column] < FORBIDDEN}

    def _see(self, track: Track, detection: Detection, time_ms: int) -> None:
        elapsed = time_ms - track.seen_ms
        if elapsed > 0:
            new = 1.0 if track.speed == (0.0, 0.0) else min(elapsed / SPEED_MEMORY_MS, 1.0)
            moved = _between(track.box, detection.box)
            track.speed = (
                track.speed[0] + new * (moved[0] / elapsed - track.speed[0]),
                track.speed[1] + new * (moved[1] / elapsed - track.speed[1]),
            )
        track.box, track.seen_ms = detection.box, time_ms
        track.hits += detection.score >= self.settings.believe
        if not track.number and (track.hits >= self.settings.hits or detection.score >= self.settings.sure):
            self.begun += 1
            track.number = self.begun


def _between(one: Box, other: Box) -> tuple[float, float]:
    """From the centre of one box to that of the other, pixels."""
    across = other.x + other.width / 2 - one.x - one.width / 2
    return across, other.y + other.height / 2 - one.y - one.height / 2


def _cost(track: Track, box: Box, time_ms: int) -> float:
    across, down = _between(track.at(time_ms), box)
    distance = float(np.hypot(across, down)) / max(track.box.width, 1.0)
    growth = abs(float(np.log(max(box.width, 1.0) / max(track.box.width, 1.0))))
    reach = REACH + REACH_PER_S * (time_ms - track.seen_ms) / 1000
    return FORBIDDEN if distance > reach or growth > GROWTH else distance + growth
