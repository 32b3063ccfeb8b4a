"""I420 planes as a JPEG and back, with the decoder's own values: no colour conversion, no change of range.

Used by `common.wire`. It is FFmpeg's encoder and decoder: OpenCV and Pillow go through RGB, which takes longer and
changes every pixel. Nothing outlives a call, because opening a codec takes 0.05 ms, while a decoder that has read a
picture before may fill the gaps of a damaged one with tables of the last.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from common.messages import Gray

QUALITY = 2
"""FFmpeg's quantiser scale, 1 (best) to 31. At 2 a 1280 × 720 frame of a store has about 135 kB (raw: 1.4 MB), its
values are off by 0.7 on average and by 8 at most; 3 saves a quarter of the bytes, at most 17 off."""

_FORMAT = "yuvj420p"
_START, _END = b"\xff\xd8", b"\xff\xd9"
_TABLES = frozenset({0xDB, 0xC4})
_HEADER, _SCAN = 0xC0, 0xDA
_COMPONENTS = (0x22, 0x11, 0x11)
_MARKER = re.compile(rb"\xff[^\x00]")


class JpegError(Exception):
    """A picture that cannot be used; its message is the rest of a sentence that begins with "the picture"."""


def encode(planes: Gray, quality: int = QUALITY) -> bytes:
    """Compress a picture.

    Args:
        planes: (height * 3 / 2, width) uint8, I420, even sides.
        quality: 1 (best) to 31.
    """
    import av  # noqa: PLC0415  # the sink and the classifier, which need no picture, have no PyAV

    if not 1 <= quality <= 31:
        raise ValueError(f"quality {quality} is not between 1 and 31")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = planes.shape[1], planes.shape[0] * 2 // 3
    encoder.pix_fmt = _FORMAT
    encoder.time_base = Fraction(1)
    encoder.thread_count = 1
    # The encoder takes its scale from these limits; the flag keeps it from aiming at a bit rate.
    encoder.qscale = True
    encoder.qmin = encoder.qmax = quality
    # Without this the name of FFmpeg's version stands in every picture.
    encoder.flags |= av.codec.context.Flags.bitexact
    picture = av.VideoFrame.from_ndarray(planes, _FORMAT)
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])


def decode(data: bytes | memoryview, width: int, height: int) -> Gray:
    """Decompress a picture that `encode` made; nothing is decompressed of one that is not whole or of another size.

    Args:
        data: the JPEG.
        width: what it must have, pixels.
        height: what it must have, pixels.

    Returns:
        (height * 3 / 2, width) uint8, I420.

    Raises:
        JpegError: it is damaged, incomplete, of another size, or of another form than `encode` writes.
    """
    import av  # noqa: PLC0415  # the sink and the classifier, which need no picture, have no PyAV

    stated = _size(data)
    if stated != (width, height):
        raise JpegError(f"has {stated[0]} x {stated[1]} pixels, not {width} x {height}")
    decoder = av.CodecContext.create("mjpeg", "r")
    decoder.thread_count = 1
    # By default it goes on after an error, with gray for what is missing.
    decoder.options = {"err_detect": "explode"}
    try:
        frames = decoder.decode(av.Packet(bytes(data)))
    except av.FFmpegError as error:
        raise JpegError(f"is damaged ({error.strerror})") from error
    if len(frames) != 1 or frames[0].is_corrupt:
        raise JpegError("is damaged")
    (frame,) = frames
    if (frame.format.name, frame.width, frame.height) != (_FORMAT, width, height):
        raise JpegError("is not a JPEG as Moodline writes it")
    return _planes(frame.planes, width, height)


def _planes(parts: Sequence[Any], width: int, height: int) -> Gray:
    planes = np.empty((height * 3 // 2, width), np.uint8)
    flat, place = planes.reshape(-1), 0
    for part, shrink in zip(parts, (1, 2, 2), strict=True):
        rows: npt.NDArray[np.uint8] = np.frombuffer(memoryview(part), np.uint8).reshape(-1, part.line_size)
        pixels = rows[: height // shrink, : width // shrink]
        flat[place : place + pixels.size].reshape(pixels.shape)[...] = pixels
        place += pixels.size
    return planes


def _size(data: bytes | memoryview) -> tuple[int, int]:
    """Give width and height of a JPEG that is whole: one baseline scan of 4:2:0, from its first byte to its last."""
    if data[:2] != _START:
        raise JpegError("is not a JPEG")
    place, size = 2, None
    while True:
        head = data[place : place + 4]
        length = int.from_bytes(head[2:])
        if len(head) < 4 or head[0] != 0xFF or length < 2 or place + 2 + length > len(data):
            raise JpegError("is cut off or damaged within its header")
        kind, body = head[1], data[place + 4 : place + 2 + length]
        place += 2 + length
        if kind == _HEADER and size is None:
            size = _stated_size(body)
        elif kind == _SCAN and size is not None:
            break
        elif kind not in _TABLES:
            raise JpegError("is not a JPEG as Moodline writes it")
    end = _MARKER.search(data, place)
    if end is None:
        raise JpegError("is cut off")
    if end.group() != _END or end.end() != len(data):
        raise JpegError("does not end where its data end")
    return size


def _stated_size(header: bytes | memoryview) -> tuple[int, int]:
    if len(header) != 15 or header[0] != 8 or header[5] != 3 or tuple(header[7::3]) != _COMPONENTS:
        raise JpegError("is not a JPEG as Moodline writes it")
    return int.from_bytes(header[3:5]), int.from_bytes(header[1:3])
