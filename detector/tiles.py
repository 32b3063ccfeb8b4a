"""Which parts of a frame to look at: a pyramid of overlapping squares, and a fair turn for each; pure.

MediaPipe shrinks whatever it is given to 128 pixels, so that a face must fill about an eighth of what it looks at.
The detector stage asks `Scan` for the parts due at each frame, and `around` for a closer look at one face.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from common.messages import Box

TILE_FACES = 7.5
"""Side of the smallest tile, in heights of the smallest face wanted."""

OVERLAP = 0.25
"""Share of its side that a tile has in common with the next, at least: a face of that size is whole in one."""

NEARLY_WHOLE = 0.8
"""Tiles with a larger share of the frame's longer side would only see what the whole frame shows too."""

CLOSE = 3.0
"""Side of a closer look, in widths of the face box: the scale at which faces and look-alikes differ most."""

ALIKE = 0.7
"""Two faces of which the smaller has at least this share of the other's width are looked at alike."""

LEAST_CELLS = 8
"""Changed cells from which a region has changed: fewer are noise, or a face that was seen a moment ago."""


class Region(NamedTuple):
    """A part of a frame: left and top edge, width and height, in even whole pixels."""

    x: int
    y: int
    width: int
    height: int


def smallest_face(height: int) -> int:
    """Give the smallest face worth searching for, pixels, in a frame of this height: small frames show small people."""
    return min(max(height // 18, 12), 40)


def plan(width: int, height: int, smallest_face: int, tile_faces: float | None = TILE_FACES) -> list[Region]:
    """Tiles over a frame, finest first, each level twice as coarse, down to the whole frame.

    Args:
        width: of the frame, pixels.
        height: of the frame, pixels.
        smallest_face: height of the smallest face wanted, pixels.
        tile_faces: side of the smallest tile, in heights of the smallest face; None: only the whole frame.
    """
    if tile_faces is None:
        return [Region(0, 0, width, height)]
    regions: list[Region] = []
    side = 2 * math.ceil(smallest_face * tile_faces / 2)
    while side <= NEARLY_WHOLE * max(width, height):
        columns, rows = _starts(width, side), _starts(height, side)
        regions += [Region(x, y, min(side, width), min(side, height)) for y in rows for x in columns]
        side *= 2
    return [*regions, Region(0, 0, width, height)]


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = math.ceil((length - side) / (side * (1 - OVERLAP))) + 1
    return [2 * round(index * (length - side) / (count - 1) / 2) for index in range(count)]


def around(box: Box, width: int, height: int, side: float = CLOSE) -> Region:
    """Place the square of a closer look at a face, moved into the frame where it would leave it.

    Args:
        box: the face area, pixels of the frame.
        width: of the frame, pixels.
        height: of the frame, pixels.
        side: of the square, in widths of the box.
    """
    pixels = max(box.width * side, 24.0)
    across, down = min(pixels, width), min(pixels, height)
    x, y = box.middle
    left = min(max(x - across / 2, 0.0), width - across)
    top = min(max(y - down / 2, 0.0), height - down)
    return Region(2 * int(left / 2), 2 * int(top / 2), 2 * int(across / 2), 2 * int(down / 2))


def shows(region: Region, box: Box) -> bool:
    """Whether a closer look at one face shows another as well as a look of its own would."""
    x, y = box.middle
    inside = region.x + box.width <= x <= region.x + region.width - box.width
    inside = inside and region.y + box.width <= y <= region.y + region.height - box.width
    return inside and ALIKE * region.width <= CLOSE * box.width <= region.width / ALIKE


class ScanState(NamedTuple):
    """Where a scan stands, for each region: when it was last looked at, and how many cells have changed since."""

    looked_ms: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()


START = ScanState()


class Scan:
    """Gives every region of a plan its turn, by event time, whatever the frame rate.

    A region in which something has changed is looked at again after `moving_ms`, a still one after `still_ms`: a
    person who stands still is found too, later. In the first frame all are looked at.

    Args:
        regions: what to go through, in order.
        moving_ms: time between two looks at a region that changes, milliseconds.
        still_ms: time between two looks at a region that does not, milliseconds.
        state: where to go on.

    Attributes:
        state: where it stands.
    """

    def __init__(self, regions: list[Region], moving_ms: int, still_ms: int, state: ScanState = START) -> None:
        self._regions = regions
        self._moving_ms = moving_ms
        self._still_ms = still_ms
        self.state = state

    def _wait_ms(self, region: Region) -> int:
        """Give the finest tiles the shorter time: they see all but the largest faces, which take longer to go by."""
        return self._moving_ms if region.width == self._regions[0].width else 2 * self._moving_ms

    def due(self, time_ms: int, changed: Callable[[Region], int]) -> list[Region]:
        """List the regions to look at in a frame of this event time.

        Args:
            time_ms: event time, milliseconds.
            changed: counts the cells of a region that changed in this frame.
        """
        count = len(self._regions)
        if not self.state.looked_ms:
            # Still regions come back one after the other, not all in the same frame.
            self.state = ScanState(tuple(time_ms - self._still_ms * i // count for i in range(count)), (0,) * count)
            return list(self._regions)
        looked, cells = list(self.state.looked_ms), list(self.state.changed)
        due = []
        for index, region in enumerate(self._regions):
            cells[index] += changed(region)
            wait = self._wait_ms(region) if cells[index] >= LEAST_CELLS else self._still_ms
            if time_ms - looked[index] >= wait:
                looked[index], cells[index] = time_ms, 0
                due.append(region)
        self.state = ScanState(tuple(looked), tuple(cells))
        return due
