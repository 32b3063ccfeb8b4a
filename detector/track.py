"""One face over time: where it was, how fast it moves, how long it has rested; used by the tracker and the stage."""

from dataclasses import dataclass
from typing import NamedTuple

from common.messages import Box
from detector.finder import Detection
from detector.settled import Given
from detector.stay import Stay
from detector.still import Rest

SPEED_MEMORY_MS = 250.0
"""Over this time a track's speed forgets, milliseconds."""

AHEAD_MS = 1000
"""A track that is not seen is not expected to walk on for longer than this, milliseconds."""

BELIEF_MEMORY_MS = 1000.0
"""Over this time what is believed of a track forgets, milliseconds."""

JUDGED_MS = 200
"""A track that moves gets a second opinion no more often than this, milliseconds."""

HIDDEN_MS = 120
"""A track unseen for this long is hidden, and looked for no more often than this, milliseconds."""

CREDIBLE = 0.5
"""A track of which less is believed neither leaps nor reaches far."""


class Free(NamedTuple):
    """How a track stood and went when nobody was close to it. Speed in pixels a millisecond.

    Attributes:
        sighting: the last one then.
        time_ms: its event time.
        speed: to the right and downwards.
    """

    sighting: Detection
    time_ms: int
    speed: tuple[float, float]

    def at(self, time_ms: int) -> Box:
        """Where the box should be at an event time."""
        return _moved(self.sighting.box, self.speed, time_ms - self.time_ms)


@dataclass
class Track:
    """One face over time. Speeds in pixels a millisecond.

    Attributes:
        sighting: the last one.
        seen_ms: event time of the last sighting.
        number: 1, 2 … among the tracks that began.
        speed: to the right and downwards.
        looked_ms: event time of the last look for it.
        belief: how likely it is a face: the mean of its first second opinions, then that over about a second.
        opinions: how many there were.
        judged_ms: event time of the last of them; -1: none yet.
        judged: the sighting that it was given on.
        rest: how long it has looked the same.
        stay: its zone; None before it was asked for.
        free: how it stood and went before another came close; None while it is free.
        given: how it looked when it was last given to be read; None if it never was, or was refused since.
    """

    sighting: Detection
    seen_ms: int
    number: int
    speed: tuple[float, float] = (0.0, 0.0)
    looked_ms: int = -HIDDEN_MS
    belief: float = 1.0
    opinions: int = 0
    judged_ms: int = -1
    judged: Detection | None = None
    rest: Rest | None = None
    stay: Stay | None = None
    free: Free | None = None
    given: Given | None = None

    @property
    def box(self) -> Box:
        """Where it was last seen."""
        return self.sighting.box

    @property
    def credible(self) -> bool:
        """Whether enough is believed of it to look for it farther away."""
        return self.belief >= CREDIBLE

    def is_due(self, time_ms: int) -> bool:
        """Whether to look for it in a frame of this event time."""
        return time_ms - self.seen_ms <= HIDDEN_MS or time_ms - self.looked_ms >= HIDDEN_MS

    def at(self, time_ms: int) -> Box:
        """Where the box should be at this event time."""
        return _moved(self.box, self.speed, time_ms - self.seen_ms)

    def move(self, detection: Detection) -> None:
        """Stand elsewhere, without having walked there."""
        self.sighting, self.speed, self.free = detection, (0.0, 0.0), None

    def remember(self) -> None:
        """Keep in mind how it stands and goes now."""
        self.free = Free(self.sighting, self.seen_ms, self.speed)

    def fall_back(self) -> None:
        """Be as it was when it last stood free: what was seen of it since may have been another."""
        if self.free is not None:
            self.sighting, self.seen_ms, self.speed = self.free

    def is_doubtful(self, time_ms: int) -> bool:
        """Whether a second opinion on its sighting is due."""
        return self.judged_ms < 0 or (time_ms - self.judged_ms >= JUDGED_MS and self.judged != self.sighting)

    def judge(self, probability: float, time_ms: int) -> None:
        """Take a second opinion on the last sighting."""
        self.opinions += 1
        new = max(1 / self.opinions, min((time_ms - self.judged_ms) / BELIEF_MEMORY_MS, 1.0))
        self.belief += new * (probability - self.belief)
        self.judged_ms, self.judged = time_ms, self.sighting

    def see(self, detection: Detection, time_ms: int) -> None:
        """Take a sighting."""
        elapsed = time_ms - self.seen_ms
        if elapsed > 0:
            new = 1.0 if self.speed == (0.0, 0.0) else min(elapsed / SPEED_MEMORY_MS, 1.0)
            moved = between(self.box, detection.box)
            self.speed = (
                self.speed[0] + new * (moved[0] / elapsed - self.speed[0]),
                self.speed[1] + new * (moved[1] / elapsed - self.speed[1]),
            )
        self.sighting, self.seen_ms = detection, time_ms


def _moved(box: Box, speed: tuple[float, float], elapsed_ms: int) -> Box:
    """Move a box on for some time."""
    ahead = min(elapsed_ms, AHEAD_MS)
    return Box(box.x + speed[0] * ahead, box.y + speed[1] * ahead, box.width, box.height)


def between(one: Box, other: Box) -> tuple[float, float]:
    """From the centre of one box to that of the other, pixels."""
    (x, y), (other_x, other_y) = one.middle, other.middle
    return other_x - x, other_y - y
