"""A viewer of cameras, as the tests want it: what it got, packet by packet."""

import itertools
import struct
import time
from contextlib import contextmanager
from dataclasses import dataclass

import av

OPTIONS = {
    "rtsp_transport": "tcp",
    "timeout": "1000000",
    "allowed_media_types": "video",
    # The description of the stream says enough.
    "probesize": "5000",
    "fpsprobesize": "0",
}


@dataclass(frozen=True)
class Got:
    """A packet: its times in seconds, the camera's wall clock (Unix) and the viewer's at its arrival."""

    kind: str
    pts_s: float | None
    camera_s: float | None
    wall_s: float
    now_s: float
    size: int


@contextmanager
def watch(url, **options):
    """Open a camera; gives its container."""
    wanted = {name: value for name, value in (OPTIONS | options).items() if value is not None}
    with av.open(url, options=wanted) as container:
        yield container


def packets(container):
    """The packets of an open camera as they come; ends when FFmpeg says that the stream has ended."""
    for packet in container.demux():
        if packet.size:
            pts_s = None if packet.pts is None else float(packet.pts * packet.time_base)
            yield Got(packet.stream.type, pts_s, _camera_s(packet), time.time(), time.monotonic(), packet.size)


def _camera_s(packet):
    if not packet.has_sidedata("prft"):
        return None
    return struct.unpack_from("<q", bytes(packet.get_sidedata("prft")))[0] / 1e6


def take(found, count):
    """The next packets."""
    return list(itertools.islice(found, count))


def until(found, wanted, most=400):
    """The packets up to the first that is wanted, this one too."""
    seen = []
    for got in found:
        seen.append(got)
        if wanted(got):
            return seen
        assert len(seen) < most, "it never came"
    raise AssertionError("the stream has ended")


def lumas(container):
    """The luma of each decoded picture, (H, W), and whether it is a key picture."""
    for frame in container.decode(video=0):
        yield frame.to_ndarray(format="gray"), frame.key_frame
