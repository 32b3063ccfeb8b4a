"""What Moodline said about footage, in the form that is scored; made by `moodline evaluate footage`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from common.messages import NO_FACE, READ, Box


@dataclass(frozen=True)
class PredictedFace:
    """One tracked face in one frame.

    Attributes:
        track: name or number of its track.
        box: the face area, pixels of the frame.
        status: one of `common.messages.Status`.
        label: the smoothed label; None without a reading.
        raw_label: the label of one frame alone, without smoothing: of this one, or of the last one that was read, where
            its reading is carried; None without a reading.
    """

    track: str
    box: Box
    status: str
    label: str | None
    raw_label: str | None

    @property
    def read(self) -> bool:
        """Whether the face was given a reading."""
        return self.status in READ

    @property
    def found(self) -> bool:
        """Whether it was held for a face at all."""
        return self.status not in NO_FACE


@dataclass(frozen=True)
class PredictedFrame:
    """One frame of the footage.

    Attributes:
        frame: number of the frame, as in the truth; each stands once.
        faces: the faces in it, each track once.
    """

    frame: int
    faces: tuple[PredictedFace, ...]


def read_faces(frames: Sequence[PredictedFrame]) -> tuple[PredictedFrame, ...]:
    """Keep only the faces that were given a reading."""
    return tuple(replace(frame, faces=tuple(face for face in frame.faces if face.read)) for frame in frames)


def found_faces(frames: Sequence[PredictedFrame]) -> tuple[PredictedFrame, ...]:
    """Keep all faces but those with a status in `NO_FACE`."""
    return tuple(replace(frame, faces=tuple(face for face in frame.faces if face.found)) for frame in frames)
