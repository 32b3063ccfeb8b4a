"""Builders of generated video: every container, codec and fault that a test may need."""

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

CODECS = {".webm": "libvpx-vp9", ".avi": "mpeg4", ".mpg": "mpeg2video", ".mpeg": "mpeg2video", ".mjpeg": "mjpeg"}
"""What a container holds by default; all others hold H.264."""

OPTIONS = {
    "libx264": {"preset": "veryfast", "bf": "2", "g": "12"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1:keyint=12"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "g": "12"},
    "mpeg4": {"g": "12"},
}
TICKS = 90_000
"""Times are written in this many parts of a second, as far as the container allows."""

Painter = Callable[[int, int, int], np.ndarray]


def moving_pattern(index: int, width: int, height: int) -> np.ndarray:
    """An RGB picture of slanting colours with a white square that moves to the right."""
    down, across = np.mgrid[0:height, 0:width]
    picture = np.stack([across + 3 * index, down + 2 * index, across + down + index], axis=-1)
    picture = (picture % 200).astype(np.uint8)
    side = height // 4
    left = 5 * index % (width - side)
    picture[side : 2 * side, left : left + side] = 255
    return picture


def bright_corner(_index: int, width: int, height: int) -> np.ndarray:
    """A black RGB picture whose upper left quarter is white."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = 255
    return picture


def make_video(
    path: Path,
    *,
    codec: str | None = None,
    size: tuple[int, int] = (160, 120),
    rate: int = 25,
    frames: int = 25,
    times: Sequence[float] | None = None,
    pix_fmt: str | None = None,
    rotation: int = 0,
    created: str | None = None,
    faststart: bool = False,
    options: dict[str, str] | None = None,
    paint: Painter = moving_pattern,
) -> Path:
    """Write a video; the container goes by the suffix, `times` (seconds) replaces `frames` and an even rate.

    `rotation` is how far, counter-clockwise in degrees, a player must turn the stored picture.
    """
    codec = codec or CODECS.get(path.suffix, "libx264")
    times = [index / rate for index in range(frames)] if times is None else times
    container_options = {"movflags": "faststart"} if faststart else {}
    with av.open(str(path), "w", options=container_options) as container:
        if created is not None:
            container.metadata["creation_time"] = created
        stream: Any = container.add_stream(codec, rate=rate, options=OPTIONS.get(codec, {}) | (options or {}))
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt or ("yuvj420p" if codec == "mjpeg" else "yuv420p")
        # These number their frames instead of timing them.
        numbered = path.suffix == ".avi" or codec in {"mpeg4", "mpeg2video", "mjpeg"}
        base = Fraction(1, rate) if numbered else Fraction(1, TICKS)
        stream.codec_context.time_base = base
        if rotation:
            stream.set_display_rotation(rotation)
        for index, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(paint(index, *size), "rgb24")
            frame.pts, frame.time_base = round(time / base), base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_sound(path: Path, seconds: float = 1.0) -> Path:
    """Write a file that holds silence and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        for index in range(int(seconds * 44_100 / 1024)):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 44_100, index * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def join(target: Path, *parts: Path) -> Path:
    """Put transport streams (`.ts`) behind one another, whatever their timestamps."""
    target.write_bytes(b"".join(part.read_bytes() for part in parts))
    return target


def cut(source: Path, target: Path, share: float = 0.5) -> Path:
    """Keep only the first share of a file's bytes."""
    content = source.read_bytes()
    target.write_bytes(content[: int(len(content) * share)])
    return target


def damage(source: Path, target: Path, *, count: int = 12, within: tuple[float, float] = (0.4, 0.7)) -> Path:
    """Overwrite some bytes in the given part of a file, the same ones every time."""
    content = bytearray(source.read_bytes())
    chance = random.Random(1)
    for _ in range(count):
        content[int(len(content) * chance.uniform(*within))] = chance.randrange(256)
    target.write_bytes(content)
    return target
