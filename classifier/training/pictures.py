"""Reads picture files as gray faces of 48 × 48, and keeps count of those that cannot be used; used by `forms`."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from classifier.training.data import SIDE
from common.crop import CROP_REACH, cut
from common.messages import Box

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".tif", ".tiff", ".webp"})
"""Endings of picture files; files with another one are no part of a set."""

SMALLEST = 24
"""Side in pixels below which a picture holds no face that can be labelled."""

MOST_UNEQUAL = 1.5
"""Longer side over the shorter one up to which a picture can be the crop of a face."""

ENDS = {b"\xff\xd8": b"\xff\xd9", b"\x89PNG": b"IEND"}
"""First bytes of JPEG and PNG, and what stands at their end; decoders make up what a file that was cut short lacks."""

TAIL = 256
"""Bytes in which that end must be; some writers add a little after it."""

PART = 4096
"""Pictures given to the decoding threads at a time."""


class Entry(NamedTuple):
    """One labelled picture of a set.

    Attributes:
        path: the file.
        label: one of `FERPLUS_LABELS`.
        group: sequence that it is of; empty where it stands alone.
        box: where the face is, as large as a training picture is cut; None: the whole picture is the face.
    """

    path: Path
    label: str
    group: str = ""
    box: Box | None = None


Faults = dict[str, list[str]]
"""Why pictures cannot be used, and their names."""


@dataclass
class Listing:
    """What a set says it holds.

    Attributes:
        splits: entries by split: Training, and PublicTest where the set itself holds some out.
        faults: what cannot be used, as far as that is known before the pictures are opened.
        skipped: pictures that the set itself gives no expression.
    """

    splits: dict[str, list[Entry]]
    faults: Faults = field(default_factory=dict)
    skipped: int = 0


def read_pictures(
    entries: Sequence[Entry], faults: Faults, root: Path, threads: int = 1
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Read every picture that can be read.

    Args:
        entries: the pictures, N of them.
        faults: is told the others, by reason.
        root: folder of the set, from which pictures are named.
        threads: pictures decoded at once.

    Returns:
        (M, 48, 48) gray, and (N,) whether each entry is among them.
    """
    pixels = np.empty((len(entries), SIDE, SIDE), np.uint8)
    kept = np.zeros(len(entries), bool)
    with ThreadPoolExecutor(threads) as pool:
        # A part at a time: the pool holds a result for every picture it was given.
        for start in range(0, len(entries), PART):
            part = entries[start : start + PART]
            for row, (entry, face) in enumerate(zip(part, pool.map(_read, part), strict=True), start):
                if isinstance(face, str):
                    faults.setdefault(face, []).append(_name(entry.path, root))
                else:
                    pixels[row], kept[row] = face, True
    return pixels[kept], kept


def _name(path: Path, root: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _read(entry: Entry) -> npt.NDArray[np.uint8] | str:
    """Give the face, or why there is none."""
    try:
        content = entry.path.read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"
    if not content:
        return "empty"
    picture = _decode(content)
    if picture is None:
        return "unreadable"
    face = _whole(picture) if entry.box is None else _boxed(picture, entry.box)
    return "of a wrong size" if face is None else face


def _whole(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8] | None:
    """Make the middle square of a picture as large as the net sees it."""
    short, long = sorted(picture.shape)
    if short < SMALLEST or long > MOST_UNEQUAL * short:
        return None
    top, left = (picture.shape[0] - short) // 2, (picture.shape[1] - short) // 2
    square = picture[top : top + short, left : left + short]
    method = cv2.INTER_AREA if short > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=method), np.uint8)


def _boxed(picture: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.uint8] | None:
    if min(box.width, box.height) < SMALLEST:
        return None
    # `cut` takes more than its box; here the box already is what is to be taken.
    side = max(box.width, box.height) / CROP_REACH
    return cut(picture, Box(box.x + (box.width - side) / 2, box.y + (box.height - side) / 2, side, side))


def _decode(content: bytes) -> npt.NDArray[np.uint8] | None:
    for start, end in ENDS.items():
        if content.startswith(start) and end not in content[-TAIL:]:
            return None
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, np.uint8)
