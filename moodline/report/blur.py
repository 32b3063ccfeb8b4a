"""Faces made unrecognizable, and where that is due in each frame; used by the annotated video.

A face is blurred where it was tracked, for a second after that, and half a second before: the detector confirms a
face only after some looks, and loses it now and then.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import Box
from sink.records import FrameEntry

MARGIN = 0.4
"""How much is blurred beyond the box on every side, as a share of its width and height."""

AFTER_MS = 1000
BEFORE_MS = 500
GROWTH_PER_S = 1.0
"""How much the margin grows for every second between the frame and the sighting, as a share of the box."""

BLOCKS = 6
"""A face is reduced to this many blocks across, whatever its size."""

Plane = npt.NDArray[np.uint8]


class Coverings:
    """Where the faces of an epoch must be covered, from all its frames at once.

    Args:
        entries: the frames of the epoch; about 100 bytes are kept for each face.
    """

    def __init__(self, entries: Iterable[FrameEntry]) -> None:
        self._times: dict[str, list[int]] = {}
        self._boxes: dict[str, list[Box]] = {}
        for entry in sorted(entries, key=lambda entry: entry.seq):
            for face in entry.faces:
                self._times.setdefault(face.track, []).append(entry.time_ms)
                self._boxes.setdefault(face.track, []).append(face.box)
        self._tracks_of: dict[int, list[str]] = {}
        for track, times in self._times.items():
            for second in range((times[0] - BEFORE_MS) // 1000, (times[-1] + AFTER_MS) // 1000 + 1):
                self._tracks_of.setdefault(second, []).append(track)

    def at(self, time_ms: int) -> Iterator[Box]:
        """Give what must be blurred in the frame of this event time, margins included."""
        for track in self._tracks_of.get(time_ms // 1000, ()):
            yield from self._of_track(self._times[track], self._boxes[track], time_ms)

    @staticmethod
    def _of_track(times: list[int], boxes: list[Box], time_ms: int) -> Iterator[Box]:
        after = bisect_left(times, time_ms)
        until = bisect_right(times, time_ms)
        if after < until:
            # Frames may share an event time: what is seen in any of them is covered in all.
            yield from (_grown(box, 0) for box in boxes[after:until])
            return
        last = after - 1 if after > 0 and time_ms - times[after - 1] <= AFTER_MS else None
        following = after if after < len(times) and times[after] - time_ms <= BEFORE_MS else None
        if last is not None:
            yield _grown(boxes[last], time_ms - times[last])
        if following is not None:
            yield _grown(boxes[following], times[following] - time_ms)
        if last is not None and following is not None:
            way = (time_ms - times[last]) / (times[following] - times[last])
            nearer = min(time_ms - times[last], times[following] - time_ms)
            yield _grown(_between(boxes[last], boxes[following], way), nearer)


def blur(planes: Plane, box: Box) -> None:
    """Blur a rectangle of a frame, in place: averaged to at most 6 blocks across and down, then smoothed.

    What is left is what so few mean values can tell; the picture itself cannot be restored from it.

    Args:
        planes: I420, (H * 3 / 2, W); H and W even.
        box: pixels of the frame; what lies outside is passed over.
    """
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    left, right = _even(box.x, box.x + box.width, width)
    top, bottom = _even(box.y, box.y + box.height, height)
    if left >= right or top >= bottom:
        return
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    half = (slice(top // 2, bottom // 2), slice(left // 2, right // 2))
    for part in (planes[top:bottom, left:right], chroma[0][half], chroma[1][half]):
        part[:] = _blocks(part)


def blur_all(planes: Plane) -> None:
    """Blur a whole frame, in place; for one in which nobody looked for faces."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    blur(planes, Box(0, 0, width, height))


def _blocks(part: Plane) -> Plane:
    height, width = part.shape
    across, down = min(BLOCKS, width), min(BLOCKS, height)
    small = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    spread = max(width / across, height / down) / 2
    return cv2.GaussianBlur(large, (0, 0), spread, borderType=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def _even(begin: float, end: float, most: int) -> tuple[int, int]:
    """Whole even pixels that hold a stretch, cut to the frame: chroma has half as many."""
    first = max(int(np.floor(begin / 2)) * 2, 0)
    return first, min(int(np.ceil(end / 2)) * 2, most)


def _grown(box: Box, away_ms: int) -> Box:
    margin = MARGIN + GROWTH_PER_S * away_ms / 1000
    across, down = margin * box.width, margin * box.height
    return Box(box.x - across, box.y - down, box.width + 2 * across, box.height + 2 * down)


def _between(one: Box, other: Box, way: float) -> Box:
    return Box(
        one.x + way * (other.x - one.x),
        one.y + way * (other.y - one.y),
        one.width + way * (other.width - one.width),
        one.height + way * (other.height - one.height),
    )
