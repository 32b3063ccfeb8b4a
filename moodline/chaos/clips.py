"""Clips of encoded pictures that a server can send without a demuxer; written here, played by `rtsp_clip`.

The file: one line of JSON (`codec`, `width`, `height`, `rate`), then the access units in decoding order, each

    u32 length, u32 place, u8 key        big-endian, 9 bytes
    length bytes                         one picture (Annex B for H.264 and HEVC, one JPEG), or a packet of sound

`place` is the number of the picture in the order of display; `key` is 1 where a decoder can begin. The first unit is
a key unit, and no unit refers to one before its key unit, so that a clip can be played in an endless loop.
"""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np

from moodline.chaos.pictures import Picture

VideoCodec = Literal["h264", "hevc", "mjpeg"]

SOUND_RATE = 8000
"""Samples a second of A-law sound."""

SOUND_PACKET = 320
"""Samples, and bytes, in one packet of sound: 40 ms."""

_UNIT = struct.Struct(">IIB")
_ENCODERS: dict[VideoCodec, str] = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}


@dataclass(frozen=True)
class ClipFormat:
    """How pictures are encoded.

    Attributes:
        codec: H.264, HEVC or JPEG.
        width: pixels, a multiple of 8.
        height: pixels, a multiple of 8.
        rate: pictures a second.
        gop: from one key picture to the next, pictures.
        b_frames: pictures between two others that refer to both; 0 is what most cameras send.
        quality: the encoder's constant quality, lower is better; 2 to 31 for JPEG.
    """

    codec: VideoCodec = "h264"
    width: int = 320
    height: int = 240
    rate: int = 25
    gop: int = 25
    b_frames: int = 0
    quality: int = 26


def write_clip(path: Path, pictures: Iterable[Picture], form: ClipFormat) -> Path:
    """Encode luma pictures to a clip.

    Args:
        path: the file.
        pictures: (height, width) limited-range luma each; shown without colour.
        form: how they are encoded.

    Returns:
        The file.
    """
    head = {"codec": form.codec, "width": form.width, "height": form.height, "rate": form.rate}
    return _write(path, head, _encode((_frame(picture) for picture in pictures), form))


def write_clip_of_video(path: Path, video: Path, form: ClipFormat, most: int = 500) -> Path:
    """Encode a video's pictures, up to `most` of them, to a clip of the wanted size; each is sent once.

    Args:
        path: the file.
        video: any video file; its own rate is not looked at.
        form: how its pictures are encoded.
        most: pictures.

    Returns:
        The file.
    """
    head = {"codec": form.codec, "width": form.width, "height": form.height, "rate": form.rate}
    with av.open(str(video)) as source:
        decoded = source.decode(video=0)
        frames = (frame for _, frame in zip(range(most), decoded, strict=False))
        return _write(path, head, _encode(frames, form))


def write_tone(path: Path, seconds: float = 2.0) -> Path:
    """Write a clip of sound, a tone of 400 Hz in A-law.

    Returns:
        The file.
    """
    times = np.arange(int(seconds * SOUND_RATE)) / SOUND_RATE
    sound = (8000 * np.sin(2 * np.pi * 400 * times)).astype(np.int16)
    encoder: Any = av.CodecContext.create("pcm_alaw", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SOUND_RATE, "mono", "s16"
    frame = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
    frame.sample_rate = SOUND_RATE
    encoded = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    packets = (encoded[at : at + SOUND_PACKET] for at in range(0, len(encoded) - SOUND_PACKET + 1, SOUND_PACKET))
    head = {"codec": "alaw", "width": 0, "height": 0, "rate": SOUND_RATE / SOUND_PACKET}
    return _write(path, head, ((packet, place, True) for place, packet in enumerate(packets)))


def _frame(picture: Picture) -> av.VideoFrame:
    height, width = picture.shape
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = picture
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def _encode(frames: Iterable[av.VideoFrame], form: ClipFormat) -> Iterator[tuple[bytes, int, bool]]:
    """Encode pictures: gives each access unit, its place in the order of display, and whether it is a key unit."""
    encoder: Any = av.CodecContext.create(_ENCODERS[form.codec], "w")
    encoder.width, encoder.height = form.width, form.height
    encoder.pix_fmt = "yuvj420p" if form.codec == "mjpeg" else "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, form.rate), Fraction(form.rate)
    encoder.options = _options(form)
    encoder.thread_count = 1
    for place, frame in enumerate(frames):
        sized = frame.reformat(form.width, form.height, encoder.pix_fmt)
        sized.pts, sized.time_base = place, encoder.time_base
        sized.pict_type = av.video.frame.PictureType.NONE
        yield from _units(encoder.encode(sized))
    yield from _units(encoder.encode(None))


def _units(packets: Iterable[Any]) -> Iterator[tuple[bytes, int, bool]]:
    return ((bytes(packet), packet.pts, packet.is_keyframe) for packet in packets)


def _options(form: ClipFormat) -> dict[str, str]:
    gop, quality, b_frames = form.gop, form.quality, form.b_frames
    closed = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:bframes={b_frames}:b-adapt=0:repeat-headers=1"
    if form.codec == "mjpeg":
        # RFC 2435 sends no Huffman tables: receivers use the standard's.
        return {"huffman": "default", "qmin": str(quality), "qmax": str(quality)}
    if form.codec == "hevc":
        quiet = "log-level=none:pools=none:frame-threads=1"
        return {"preset": "ultrafast", "crf": str(quality), "x265-params": f"{closed}:{quiet}"}
    plain = {"profile": "baseline", "tune": "zerolatency"} if b_frames == 0 else {"profile": "main"}
    return {"preset": "veryfast", "crf": str(quality), "x264-params": closed, **plain}


def _write(path: Path, head: dict[str, Any], units: Iterable[tuple[bytes, int, bool]]) -> Path:
    with path.open("wb") as file:
        file.write(json.dumps(head).encode() + b"\n")
        for unit, place, key in units:
            file.write(_UNIT.pack(len(unit), place, key) + unit)
    return path
