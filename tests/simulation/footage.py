"""Made-up recordings for the simulation, and a finder that sees what is written in their pictures.

Each frame's first row of pixels tells where faces are. What a look finds there, and with what score, depends on the
picture and on the region looked at, and is by chance sometimes nothing: so a tracker that went astray finds other
faces. Everything follows from one number.
"""

import random
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from msgspec import Struct

from common.messages import Box, Closed, Frame, Message, Opened, Spine
from detector.finder import Detection
from detector.picture import Picture
from detector.tiles import Region
from tests.builders_messages import landmarks_of

WIDTH, HEIGHT = 128, 96
STEP_MS = 100
BLIND = 12
"""Of a hundred looks at a face, so many do not find it."""
UNREADABLE = 255
"""First pixel of a frame that the bus cannot decode."""


class Walker(Struct):
    """A face of one epoch: the frames in which it is there, its place in the first, and its step, pixels a frame."""

    first: int
    last: int
    x: float
    y: float
    width: float
    step: float

    def at(self, seq: int) -> tuple[int, int, int] | None:
        """Left edge, top edge and width in a frame; None if it is not there."""
        if not self.first <= seq <= self.last:
            return None
        x = self.x + (seq - self.first) * self.step
        return (round(x), round(self.y), round(self.width)) if 0 <= x <= WIDTH - self.width else None


@dataclass(frozen=True)
class Footage:
    """Recordings of a few cameras.

    Attributes:
        cameras: the messages of each camera, as ingest gives them.
        partitions: how many partitions they share.
    """

    cameras: dict[str, list[Message]]
    partitions: int

    def partition(self, camera: str) -> int:
        """Give the partition of a camera."""
        return sorted(self.cameras).index(camera) % self.partitions


@lru_cache(64)
def footage(seed: int) -> Footage:
    """Make recordings: 2 to 4 cameras, 1 or 2 epochs each, of 5 to 30 frames."""
    chance = random.Random(seed)
    cameras = {f"c{number}": _camera(f"c{number}", chance) for number in range(chance.choice((2, 2, 3, 4)))}
    return Footage(cameras, chance.choice((1, 2, 3)))


def is_unreadable(message: Message) -> bool:
    """Whether a message is one that the bus cannot decode."""
    return isinstance(message, Frame) and message.planes is not None and bool(message.planes[0, 0] == UNREADABLE)


def _camera(camera: str, chance: random.Random) -> list[Message]:
    messages: list[Message] = []
    begin_ms = 0
    for number in range(chance.choice((1, 1, 2))):
        frames = chance.choice((5, 8, 12, 20, 30))
        messages += _epoch(camera, f"e{number}", begin_ms, frames, chance)
        begin_ms += frames * STEP_MS + 1000
    return messages


def _epoch(camera: str, epoch: str, begin_ms: int, frames: int, chance: random.Random) -> list[Message]:
    walkers = [_walker(frames, chance) for _ in range(chance.choice((0, 1, 2, 2)))]
    messages: list[Message] = [Opened(camera, epoch, begin_ms, "file", 10.0, WIDTH, HEIGHT, f"{camera}.mp4")]
    for seq in range(frames):
        time_ms = begin_ms + seq * STEP_MS
        spine = Spine(camera, epoch, seq, time_ms, "file", 0.0, time_ms + 500, "file")
        messages.append(_frame(spine, walkers, chance))
    last_ms = begin_ms + (frames - 1) * STEP_MS
    messages.append(Closed(camera, epoch, last_ms, frames - 1, "end", 0, 0))
    return messages


def _walker(frames: int, chance: random.Random) -> Walker:
    first = chance.randrange(frames)
    width, step = chance.uniform(20, 28), chance.uniform(-4, 4)
    return Walker(first, chance.randint(first, frames), chance.uniform(5, 95), chance.uniform(3, 60), width, step)


def _frame(spine: Spine, walkers: list[Walker], chance: random.Random) -> Frame:
    fate = chance.choices(("whole", "damaged", "unreadable", "broken"), (88, 4, 3, 5))[0]
    if fate == "damaged":
        return Frame(spine, WIDTH, HEIGHT, None, "damaged")
    if fate == "broken":
        return Frame(spine, WIDTH, HEIGHT, np.zeros((7, 3), np.uint8))
    planes = np.roll(_texture(), spine.seq * 7 + zlib.crc32(spine.camera.encode()) % 50, axis=1)
    places = [place for walker in walkers if (place := walker.at(spine.seq)) is not None]
    planes[0] = 0
    planes[0, 0] = UNREADABLE if fate == "unreadable" else len(places)
    planes[0, 1] = spine.seq
    planes[0, 2 : 2 + 3 * len(places)] = np.array(places, np.uint8).ravel()
    return Frame(spine, WIDTH, HEIGHT, planes)


@lru_cache(1)
def _texture() -> np.ndarray:
    return np.random.default_rng(0).integers(60, 200, (HEIGHT * 3 // 2, WIDTH), np.uint8)


class ScriptedFinder:
    """Finds the faces that the first row of a picture tells of, as far as their middle lies in the region."""

    tile_faces = 6.0

    def look(self, picture: Picture, region: Region) -> list[Detection]:
        """Find faces; each look at the same region of the same picture finds the same."""
        count, seq, *row = picture.luma[0, : 2 + 3 * 8].tolist()
        found = []
        for index in range(count):
            x, y, width = row[3 * index : 3 * index + 3]
            luck = zlib.crc32(bytes((seq, x, y, width, *region)))
            box = Box(x + luck % 3 - 1.0, y + luck % 5 / 4, float(width), width * 1.1)
            inside = region.x <= x + width / 2 <= region.x + region.width
            inside = inside and region.y <= y + width / 2 <= region.y + region.height
            if inside and luck % 100 >= BLIND:
                found.append(Detection(box, 0.5 + luck % 49 / 100, landmarks_of(box)))
        return found

    def close(self) -> None:
        """Release nothing."""


class ScriptedJudge:
    """Believes in most of what was found; what it thinks of a box does not change."""

    def probability(self, picture: Picture, box: Box) -> float:
        """Make up a probability."""
        del picture
        return 1.0 - zlib.crc32(repr(box).encode()) % 12 / 100
