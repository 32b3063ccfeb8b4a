"""The truth of labelled footage: every person's face box, expression and visible share, frame by frame.

A truth file has one JSON object a line, one line a frame. Read for `moodline evaluate footage`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from common.errors import DataError
from common.labels import LABELS
from common.messages import Box

VISIBLE = 0.7
"""A face that is less visible than this is ignored on both sides: neither a miss nor, if found, a false alarm."""


@dataclass(frozen=True)
class TrueFace:
    """One person's face in one frame.

    Attributes:
        person: the person's id within the file.
        box: the face area, pixels of the frame.
        emotion: the apparent expression, one of `LABELS`.
        visible: share of the face that is neither covered nor outside of the picture, 0 to 1.
    """

    person: str
    box: Box
    emotion: str
    visible: float

    @property
    def counted(self) -> bool:
        """Whether the face is visible enough to be scored."""
        return self.visible >= VISIBLE


@dataclass(frozen=True)
class TrueFrame:
    """One frame of the footage.

    Attributes:
        frame: number of the frame, from 0.
        time_s: time since the first frame, seconds.
        faces: the persons in it, each once.
    """

    frame: int
    time_s: float
    faces: tuple[TrueFace, ...]


_Length = Annotated[float, msgspec.Meta(gt=0)]


class _Face(msgspec.Struct):
    """A face as it stands in the file."""

    person: int | str
    box: tuple[float, float, _Length, _Length]
    emotion: str
    visible: Annotated[float, msgspec.Meta(ge=0, le=1)]


class _Line(msgspec.Struct):
    """A line of the file."""

    frame: Annotated[int, msgspec.Meta(ge=0)]
    time_s: Annotated[float, msgspec.Meta(ge=0)]
    faces: list[_Face]


def read_truth(path: Path) -> tuple[TrueFrame, ...]:
    """Read a truth file.

    Args:
        path: the `.jsonl` file: `{"frame", "time_s", "faces": [{"person", "box": [x, y, width, height], "emotion",
            "visible"}]}` on each line, frames in rising order; other keys are left unread.

    Returns:
        One entry for each line.

    Raises:
        DataError: the file cannot be read, is empty, or a line is not as above.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"cannot read the truth file '{path}': {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"the truth file '{path}' is not UTF-8 text") from error
    frames: list[TrueFrame] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            frames.append(_frame(line, frames[-1] if frames else None))
        except ValueError as error:
            raise DataError(f"line {number} of the truth file '{path}' is not as documented: {error}") from error
    if not frames:
        raise DataError(f"the truth file '{path}' holds no frames")
    return tuple(frames)


def _frame(line: str, before: TrueFrame | None) -> TrueFrame:
    """Decode one line; a ValueError (msgspec's own is one) says what is wrong with it."""
    read = msgspec.json.decode(line, type=_Line)
    if before is not None and (read.frame <= before.frame or read.time_s < before.time_s):
        raise ValueError("its frame number must be above, and its time not below, those of the line before")
    for face in read.faces:
        if face.emotion not in LABELS:
            raise ValueError(f"the emotion '{face.emotion}' is not one of {', '.join(LABELS)}")
    faces = tuple(TrueFace(str(face.person), Box(*face.box), face.emotion, face.visible) for face in read.faces)
    if len({face.person for face in faces}) < len(faces):
        raise ValueError("a person stands in it twice")
    return TrueFrame(read.frame, read.time_s, faces)
