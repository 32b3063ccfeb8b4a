"""Which parts of a frame to look at: a pyramid of overlapping squares, and a fair turn for each; pure.

MediaPipe shrinks whatever it is given to 128 pixels, so that a face must fill about an eighth of what it looks at.
The detector stage asks `Scan` for the parts due at each frame, and `around` for a closer look at one face.
"""

import math
from typing import NamedTuple

from common.messages import Box

TILE_FACES = 9
"""Side of the smallest tile, in heights of the smallest face wanted."""

OVERLAP = 0.25
"""Share of its side that a tile has in common with the next, at least: a face of that size is whole in one."""

CLOSE = 3.0
"""Side of a closer look, in widths of the face box: the scale at which faces and look-alikes differ most."""


class Region(NamedTuple):
    """A part of a frame: left and top edge, width and height, in even whole pixels."""

    x: int
    y: int
    width: int
    height: int


def smallest_face(height: int) -> int:
    """Give the smallest face worth searching for, pixels, in a frame of this height: small frames show small people."""
    return min(max(height // 18, 12), 40)


def plan(width: int, height: int, smallest_face: int) -> list[Region]:
    """Tiles over a frame, finest first, each level twice as coarse, down to the whole frame.

    Args:
        width: of the frame, pixels.
        height: of the frame, pixels.
        smallest_face: height of the smallest face wanted, pixels.
    """
    regions: list[Region] = []
    side = smallest_face * TILE_FACES
    side += side % 2
    while side < max(width, height):
        columns, rows = _starts(width, side), _starts(height, side)
        regions += [Region(x, y, min(side, width), min(side, height)) for y in rows for x in columns]
        if side * 2 > max(width, height) * 0.8:
            break
        side *= 2
    return [*regions, Region(0, 0, width, height)]


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = math.ceil((length - side) / (side * (1 - OVERLAP))) + 1
    return [2 * round(index * (length - side) / (count - 1) / 2) for index in range(count)]


def around(box: Box, width: int, height: int) -> Region:
    """Place the square of a closer look at a face, moved into the frame where it would leave it.

    Args:
        box: the face area, pixels of the frame.
        width: of the frame, pixels.
        height: of the frame, pixels.
    """
    side = max(box.width * CLOSE, 24.0)
    across, down = min(side, width), min(side, height)
    left = min(max(box.x + box.width / 2 - across / 2, 0.0), width - across)
    top = min(max(box.y + box.height / 2 - down / 2, 0.0), height - down)
    return Region(2 * int(left / 2), 2 * int(top / 2), 2 * int(across / 2), 2 * int(down / 2))


class ScanState(NamedTuple):
    """Where a scan stands: the region whose turn is next, the time it began, and what it has earned since."""

    next: int = 0
    first_ms: int | None = None
    earned: int = 0


START = ScanState()


class Scan:
    """Gives every region of a plan its turn, by event time, whatever the frame rate.

    Any frames that together last `scan_ms` or longer have looked at all of them.

    Args:
        regions: what to go through, in order.
        scan_ms: time in which all are looked at once, milliseconds.
        state: where to go on.

    Attributes:
        state: where it stands.
    """

    def __init__(self, regions: list[Region], scan_ms: int, state: ScanState = START) -> None:
        self._regions = regions
        self._scan_ms = scan_ms
        self.state = state

    def due(self, time_ms: int) -> list[Region]:
        """List the regions to look at in a frame of this event time."""
        count, (first, first_ms, earned) = len(self._regions), self.state
        if first_ms is None:
            first_ms = time_ms
        else:
            # What was earned since the first frame, rounded up once: rounding at every frame would look too often.
            before, earned = earned, -(-(time_ms - first_ms) * len(self._regions) // self._scan_ms)
            count = min(earned - before, count)
        self.state = ScanState((first + count) % len(self._regions), first_ms, earned)
        return [self._regions[(first + index) % len(self._regions)] for index in range(count)]
