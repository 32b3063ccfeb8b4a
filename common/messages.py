"""The messages between the stages: one spine, and one message for every sampled frame at every step.

`ingest` makes `Opened`, `Frame` and `Closed`; the detector makes `Faces` of a `Frame`, the classifier `Readings` of
them. A frame that is not analysed still travels, without its picture and with the reason, so that nothing is uncounted.
"""

import hashlib
import json
import re
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Clock = Literal["camera", "stream", "arrival", "file"]
Mode = Literal["live", "replay", "file"]
Dropped = Literal["damaged", "behind", "dead_letter", "stale", "fenced"]
"""Why a sampled frame was not analysed: its picture could not be decoded whole; what follows ingest was too slow or
away; a stage or the wire failed on it; it was too old when a stage came to it; or its camera had been opened anew."""

CloseReason = Literal["end", "truncated", "time_jump", "interrupted", "read_error", "lost", "handed_over", "removed"]
"""Why an epoch ended. Recordings: read whole, cut off, a jump in time, unreadable. Cameras: lost or stalled, handed to
another worker, taken off the list. Both: ingest was stopped."""

Status = Literal[
    "ok",
    "ambiguous",
    "carried",
    "too_small",
    "blurred",
    "turned_away",
    "occluded",
    "badly_lit",
    "cut_off",
    "static",
    "not_a_face",
    "expired",
]
READ: frozenset[str] = frozenset({"ok", "ambiguous", "carried"})
"""The statuses that carry a reading; every other says why there is none."""

NO_FACE: frozenset[str] = frozenset({"not_a_face", "static"})
"""The statuses that say that there is no person; every other claims one, read or not."""

SLUG = re.compile(r"[a-z0-9_-]{1,64}")
"""Names of cameras and zones."""
Gray = npt.NDArray[np.uint8]

CROP_SIDE = 48
"""Side of a face's crop, pixels; how it is cut is in `common.crop`."""


class Spine(Struct, frozen=True):
    """Which sampled frame a message is about.

    Attributes:
        camera: the camera's name: lower-case letters, digits, `-` and `_`.
        epoch: one unbroken opening of a source. Those of a live camera rise as text with every opening.
        seq: 0, 1, 2 … within the epoch, without holes.
        time_ms: event time, Unix milliseconds, never decreasing within an epoch.
        clock: where the event time comes from.
        clock_error_ms: its estimated error in milliseconds.
        arrived_ms: ingest's own clock, Unix milliseconds; staleness and latency use this one only.
        mode: live, replay, or file.
    """

    camera: str
    epoch: str
    seq: int
    time_ms: int
    clock: Clock
    clock_error_ms: float
    arrived_ms: int
    mode: Mode


class Opened(Struct, frozen=True, tag="opened"):
    """An epoch begins.

    Attributes:
        camera: the camera's name.
        epoch: the epoch that begins.
        time_ms: event time of its first frame.
        mode: live, replay, or file.
        rate: sampled frames a second of event time; 0 means every frame.
        width: width of a frame, pixels.
        height: height of a frame, pixels.
        source: the source, without any password.
        recipe: hash of what decides which frames of the source are sampled.
    """

    camera: str
    epoch: str
    time_ms: int
    mode: Mode
    rate: float
    width: int
    height: int
    source: str
    recipe: str = ""


class Closed(Struct, frozen=True, tag="closed"):
    """An epoch ended.

    Attributes:
        camera: the camera's name.
        epoch: the epoch that ended.
        time_ms: event time of its last sampled frame.
        last_seq: its last sequence number; -1 if nothing was sampled.
        reason: why, see `CloseReason`.
        damaged: pictures that the decoder refused or repaired, sampled or not.
        clamped: frames whose time stepped back by up to a second and was held.
    """

    camera: str
    epoch: str
    time_ms: int
    last_seq: int
    reason: CloseReason
    damaged: int
    clamped: int


class Frame(Struct, frozen=True, tag="frame"):
    """One sampled frame.

    Attributes:
        spine: which frame.
        width: pixels, even.
        height: pixels, even.
        planes: the decoder's I420 planes, (height * 3 / 2, width) uint8; None if dropped.
        dropped: why there is no picture.
    """

    spine: Spine
    width: int
    height: int
    planes: Gray | None
    dropped: Dropped | None = None


class Box(Struct, frozen=True):
    """A rectangle in pixels of the source frame: left and top edge, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle, to the right and downwards."""
        return self.x + self.width / 2, self.y + self.height / 2

    def overlap(self, other: "Box") -> float:
        """Area of the intersection, in square pixels."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(across, 0.0) * max(down, 0.0)

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        shared = self.overlap(other)
        union = self.width * self.height + other.width * other.height - shared
        return min(shared / union, 1.0) if union > 0 else 0.0


class Point(Struct, frozen=True):
    """A place in pixels of the source frame."""

    x: float
    y: float


class Landmarks(Struct, frozen=True):
    """Six points of a face; left and right as the viewer sees them."""

    left_eye: Point
    right_eye: Point
    nose: Point
    mouth: Point
    left_ear: Point
    right_ear: Point


class Quality(Struct, frozen=True):
    """What was measured of one face.

    Attributes:
        height: height of its box, pixels of the source frame.
        sharpness: spread of the Laplacian over the resized crop, gray levels.
        turn: sideways turn, 0 (frontal) to 1 (profile), from the landmarks.
        light: mean level of the crop, 0 (black) to 1 (white).
        inside: share of the box that lies in the frame, 0 to 1.
        detail: fine detail of the crop in the direction that has least, as a share of its contrast; low: blurred.
        contrast: spread of the crop's levels, gray levels; low: too dark, too bright or in fog.
        clipped: share of the crop that is black or white, 0 to 1.
        occlusion: how bare the barest part of the face is, 0 (as usual) to 1 (nothing to see in it).
        left: share of the net's accuracy that is left on such faces, 0 to 1, by the worst of these measures.

    The last five are not kept in the store.
    """

    height: float
    sharpness: float
    turn: float
    light: float
    inside: float
    detail: float = 1.0
    contrast: float = 64.0
    clipped: float = 0.0
    occlusion: float = 0.0
    left: float = 1.0


class Face(Struct, frozen=True):
    """One tracked face of a frame.

    Attributes:
        track: number of the track within its camera and epoch; never reused.
        box: the face area, forehead to chin.
        score: the detector's score, 0 to 1.
        landmarks: six points.
        quality: what was measured.
        refused: why it must not be read, or that it need not be (`carried`); None if it is to be read.
        crop: the face by the rule in `common.crop`; None if refused.
        zone: name of the zone that the track is in; None if it is in none.
    """

    track: int
    box: Box
    score: float
    landmarks: Landmarks
    quality: Quality
    refused: Status | None
    crop: Gray | None
    zone: str | None = None


class Faces(Struct, frozen=True, tag="faces"):
    """The faces of one sampled frame; often none.

    Attributes:
        spine: which frame.
        faces: the tracked faces.
        recipe: hash of the settings that found them.
        dropped: why the frame was not analysed.
        failure: what went wrong, if this stage failed on the frame; for the dead letter.
        replayed: whether it was a dead letter and was given back: too late for its series.
    """

    spine: Spine
    faces: tuple[Face, ...]
    recipe: str
    dropped: Dropped | None = None
    failure: str | None = None
    replayed: bool = False


class Reading(Struct, frozen=True):
    """What one face of a frame showed.

    Attributes:
        track: number of the track within its camera and epoch.
        box: the face area.
        score: the detector's score, 0 to 1.
        quality: what was measured.
        status: `ok`, or why there is no reading.
        probabilities: one for each of `common.labels.LABELS`, sum 1; None without a reading.
        zone: name of the zone that the track is in; None if it is in none.
    """

    track: int
    box: Box
    score: float
    quality: Quality
    status: Status
    probabilities: tuple[float, ...] | None
    zone: str | None = None


class Readings(Struct, frozen=True, tag="readings"):
    """The readings of one sampled frame; often none.

    Attributes:
        spine: which frame.
        readings: one for each tracked face.
        recipe: hash of everything that made them: detector, tracker, model, precision.
        dropped: why the frame was not analysed.
        failure: what went wrong, if this stage failed on the frame; for the dead letter.
        replayed: whether it was a dead letter and was given back: too late for its series.
        model: the net that read the faces: `<name>@<first twelve digits of its SHA-256>`; empty if not told.
    """

    spine: Spine
    readings: tuple[Reading, ...]
    recipe: str
    dropped: Dropped | None = None
    failure: str | None = None
    replayed: bool = False
    model: str = ""


class Finished(Struct, frozen=True, tag="finished"):
    """Whoever feeds a bus has come to its end: workers that drain it may end once they have dealt with this.

    Attributes:
        partition: the part of the bus that it closes; each has its own.
    """

    partition: int


Message = Opened | Frame | Faces | Readings | Closed | Finished


def coordinates(message: Message) -> str:
    """`camera/epoch/seq`, for logs and dead letters."""
    if isinstance(message, Finished):
        return f"finished/{message.partition}"
    if isinstance(message, Opened | Closed):
        return f"{message.camera}/{message.epoch}/{type(message).__name__.lower()}"
    spine = message.spine
    return f"{spine.camera}/{spine.epoch}/{spine.seq}"


def camera_of(message: Message) -> str | None:
    """Give the camera that a message is about; None for one about the bus itself."""
    if isinstance(message, Frame | Faces | Readings):
        return message.spine.camera
    return None if isinstance(message, Finished) else message.camera


def has_content(message: Message) -> bool:
    """Whether a message is more than word that something was or was dropped, which need not wait."""
    if isinstance(message, Frame):
        return message.planes is not None
    return isinstance(message, Faces | Readings) and message.dropped is None


def track_name(camera: str, epoch: str, track: int) -> str:
    """Give the name under which a track is known outside: `<camera>-<epoch>-<n>`."""
    return f"{camera}-{epoch}-{track}"


def recipe_of(*parts: Any) -> str:
    """Make a short hash of whatever made a result: settings, versions, weights."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:12]
