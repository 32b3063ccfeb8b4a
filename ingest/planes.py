"""From a decoded picture to upright I420 planes of even size; used by every source."""

import numpy as np
import numpy.typing as npt
from av import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation, VideoReformatter

from common.messages import Gray

_I420 = frozenset({"yuv420p", "yuvj420p"})
_LUMA_FIRST = _I420 | {"nv12", "nv21", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "gray", "gray8"}
"""Formats whose first plane is the brightness, 8 bits a pixel."""
_Plane = npt.NDArray[np.uint8]


class PlaneReader:
    """Copies pictures out of the decoder; one for each source, as it keeps its converter between pictures."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def read(self, frame: VideoFrame) -> Gray:
        """Copy a picture, turned as its display matrix says; an odd last column or row is left out.

        Returns:
            (height * 3 / 2, width) uint8, contiguous: Y, then U and V at half size.

        Raises:
            FFmpegError, ValueError: the picture's format cannot be converted.
        """
        turns = quarter_turns(frame)
        width, height = frame.width // 2 * 2, frame.height // 2 * 2
        if frame.format.name not in _I420:
            # Averaging is the quickest way to halve 4:2:2 and 4:4:4 chroma; swscale's threads would cost more than
            # they give at this size.
            frame = self._reformatter.reformat(frame, format="yuv420p", threads=1, interpolation=Interpolation.AREA)
        if turns % 2:
            planes = np.empty((width * 3 // 2, height), np.uint8)
        else:
            planes = np.empty((height * 3 // 2, width), np.uint8)
        flat, place = planes.reshape(-1), 0
        for plane, part in zip(frame.planes, (1, 2, 2), strict=True):
            pixels = np.rot90(_pixels(plane, width // part, height // part), turns)
            flat[place : place + pixels.size].reshape(pixels.shape)[...] = pixels
            place += pixels.size
        return planes


def size_of(frame: VideoFrame) -> tuple[int, int]:
    """Width and height that `PlaneReader.read` gives a picture, in pixels."""
    width, height = frame.width // 2 * 2, frame.height // 2 * 2
    return (height, width) if quarter_turns(frame) % 2 else (width, height)


def quarter_turns(frame: VideoFrame) -> int:
    """How many quarter turns counter-clockwise set a picture upright: 0 to 3."""
    return round(frame.rotation / 90) % 4


def luma_of(frame: VideoFrame) -> Gray:
    """Give the brightness of a picture as it lies in the decoder, not turned; valid as long as the frame is.

    Returns:
        (height, width) uint8, limited or full range as the picture has it.

    Raises:
        FFmpegError, ValueError: the picture's format cannot be converted.
    """
    if frame.format.name not in _LUMA_FIRST:
        frame = frame.reformat(format="gray8", threads=1)
    return _pixels(frame.planes[0], frame.width, frame.height)


def _pixels(plane: VideoPlane, width: int, height: int) -> _Plane:
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, abs(plane.line_size))
    # A negative line size means that the picture is stored bottom up.
    return (rows if plane.line_size > 0 else rows[::-1])[:height, :width]
