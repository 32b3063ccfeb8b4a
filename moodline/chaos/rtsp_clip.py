"""Reads and times the clips that `clips` writes; used by the RTSP server, so it needs the standard library only."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

_UNIT = struct.Struct(">IIB")


@dataclass(frozen=True)
class Unit:
    """One access unit.

    Attributes:
        data: its bytes.
        place: number of its picture in the order of display.
        key: whether a decoder can begin here.
    """

    data: bytes
    place: int
    key: bool


@dataclass(frozen=True)
class Clip:
    """A clip in memory.

    Attributes:
        codec: `h264`, `hevc`, `mjpeg` or `alaw`.
        width: pixels; 0 for sound.
        height: pixels; 0 for sound.
        rate: units a second.
        units: in the order of decoding.
        lag: how many units later than it was captured a picture is sent at the earliest, because of B-frames.
    """

    codec: str
    width: int
    height: int
    rate: float
    units: tuple[Unit, ...]
    lag: int


def read_clip(path: Path) -> Clip:
    """Read a clip, as `clips` describes it."""
    with path.open("rb") as file:
        head = json.loads(file.readline())
        units = []
        while prefix := file.read(_UNIT.size):
            length, place, key = _UNIT.unpack(prefix)
            units.append(Unit(file.read(length), place, bool(key)))
    lag = max(unit.place - number for number, unit in enumerate(units))
    return Clip(head["codec"], head["width"], head["height"], head["rate"], tuple(units), lag)
