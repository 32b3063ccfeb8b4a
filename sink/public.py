"""The public records, `readings.v1`: the series as JSON for programs that have none of our code.

One record for each sampled frame, each finished track, and the begin and end of each epoch; documented in
`docs/readings-v1.md`, made by `sink.publishing`, handed out by `sink.stage`. The structs are the schema: within
version 1 only fields that a reader may leave unread are added, never one taken away, renamed or given another meaning.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from common.messages import Clock, CloseReason, Dropped, Mode, Status
from sink.records import EndReason

VERSION = "1.3"
"""Major and minor version of a record; a new optional field or a new value raises the minor one."""

_encode = msgspec.json.Encoder().encode

Share = Annotated[float, Meta(ge=0, le=1)]
TimeMs = Annotated[int, Meta(description="event time, Unix milliseconds; counts from 0 in a recording without a date")]
Time = Annotated[str, Meta(description="the same time, ISO 8601 in UTC: 2026-05-01T09:00:00.250Z")]
Track = Annotated[str, Meta(description="name of the track: <camera>-<epoch>-<n>; a face that left gets another")]
Zone = Annotated[str, Meta(description="name of a zone that was drawn for the camera; since version 1.1")]
Expression = Literal["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]


class PublicRecord(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every record has."""

    id: Annotated[str, Meta(description="the same in every delivery of this record; of equal ids the last one stands")]
    version: Annotated[str, Meta(pattern=r"^1\.[0-9]+$", description="version of this form, major.minor")]
    camera: Annotated[str, Meta(description="the camera's name; the key of the Kafka record")]
    epoch: Annotated[str, Meta(description="one unbroken opening of the camera or recording")]
    recipe: Annotated[str, Meta(description="hash of everything that made the values: settings, model, versions")]

    @property
    def key(self) -> str:
        """The camera: records of one camera stay in order."""
        return self.camera

    def encode(self) -> bytes:
        """Give the record as JSON."""
        return _encode(self)


class PublicBox(Struct, frozen=True):
    """A rectangle in the source frame."""

    x: Annotated[float, Meta(description="left edge")]
    y: Annotated[float, Meta(description="top edge")]
    width: float
    height: float
    unit: Literal["pixel"]


class PublicQuality(Struct, frozen=True):
    """What was measured of a face."""

    height: Annotated[float, Meta(description="height of the face, pixels of the source frame")]
    sharpness: Annotated[float, Meta(description="spread of the Laplacian, gray levels")]
    turn: Annotated[float, Meta(description="sideways turn, 0 (frontal) to 1 (profile)")]
    light: Annotated[float, Meta(description="mean level, 0 (black) to 1 (white)")]
    inside: Annotated[float, Meta(description="share of the face that lies in the frame, 0 to 1")]


class Probabilities(Struct, frozen=True):
    """One probability for each apparent expression; their sum is 1 but for rounding."""

    angry: Share
    disgust: Share
    fear: Share
    happy: Share
    neutral: Share
    sad: Share
    surprise: Share


class PublicFace(Struct, frozen=True, kw_only=True):
    """One tracked face of a frame."""

    track: Track
    box: PublicBox
    status: Annotated[Status, Meta(description="ok, ambiguous, carried: there is a reading; else why there is none")]
    label: Annotated[Expression | None, Meta(description="smoothed apparent expression; null: none or not settled yet")]
    raw: Annotated[
        Probabilities | None, Meta(description="of this frame alone; null without a reading, and if carried")
    ]
    smoothed: Annotated[Probabilities | None, Meta(description="smoothed over time; null without a reading")]
    quality: PublicQuality
    zone: Annotated[Zone | None, Meta(description="zone that the track is in; null for none")] = None
    between: Annotated[
        tuple[Expression, Expression] | None,
        Meta(description="status ambiguous: the two likeliest of `raw`, the likelier first; else null; since 1.3"),
    ] = None


class FrameRecord(PublicRecord, tag="frame", frozen=True, kw_only=True):
    """One sampled frame, analysed or not. Its id is `<camera>/<epoch>/<seq>`."""

    seq: Annotated[int, Meta(description="0, 1, 2 ... within the epoch; a number that never comes never arrived")]
    time_ms: TimeMs
    time: Time
    clock: Annotated[Clock, Meta(description="where the time comes from")]
    clock_error_ms: Annotated[float, Meta(description="estimated error of the time, milliseconds")]
    mode: Mode
    dropped: Annotated[Dropped | None, Meta(description="why the frame was not analysed; null if it was")]
    faces: Annotated[list[PublicFace], Meta(description="empty: nobody was in view, or the frame was dropped")]
    model: Annotated[
        str, Meta(description="the net that read the faces: <name>@<start of its SHA-256>; empty: not told; since 1.3")
    ] = ""


class TrackRecord(PublicRecord, tag="track", frozen=True, kw_only=True):
    """One finished track. Its id is `<camera>/<epoch>/track/<n>/<from_ms>`."""

    track: Track
    from_ms: TimeMs
    from_time: Time
    to_ms: TimeMs
    to_time: Time
    samples: Annotated[int, Meta(description="frames in which it was seen")]
    seen_s: Annotated[float, Meta(description="seconds in view")]
    read_s: Annotated[float, Meta(description="seconds with a reading")]
    facing_s: Annotated[float, Meta(description="seconds turned to the camera")]
    share: Annotated[
        dict[str, Share], Meta(description="share of read_s by label, and 'unsettled'; empty without a reading")
    ]
    label_changes: Annotated[int, Meta(description="how often one label gave way to another")]
    quality: Annotated[PublicQuality, Meta(description="means over its samples")]
    end_reason: Annotated[EndReason, Meta(description="lost: out of view for too long; closed: the epoch ended")]
    zone: Annotated[Zone | None, Meta(description="zone that it was in longest; null: it was in none")] = None
    zone_s: Annotated[
        dict[str, float], Meta(description="seconds in view in each zone that it was in; since version 1.1")
    ] = {}


class OpenedRecord(PublicRecord, tag="opened", frozen=True, kw_only=True):
    """An epoch begins: comes before its first frame. Its id is `<camera>/<epoch>/opened`."""

    time_ms: TimeMs
    time: Time
    mode: Mode
    rate: Annotated[float, Meta(description="sampled frames a second; 0: every frame, or not known")]
    width: Annotated[int, Meta(description="pixels of a frame; 0 if not known")]
    height: Annotated[int, Meta(description="pixels of a frame; 0 if not known")]


class ClosedRecord(PublicRecord, tag="closed", frozen=True, kw_only=True):
    """An epoch ended. Its id is `<camera>/<epoch>/closed`."""

    time_ms: TimeMs
    time: Time
    last_seq: Annotated[int, Meta(description="number of the last frame that was sampled; -1 if there was none")]
    reason: CloseReason
    damaged: Annotated[int, Meta(description="pictures that the decoder refused or repaired, sampled or not")]
    clamped: Annotated[int, Meta(description="frames whose time stepped back by up to a second and was held")]


AnyRecord = FrameRecord | TrackRecord | OpenedRecord | ClosedRecord


def schema_text() -> str:
    """Give the JSON Schema of a record, as it stands in `docs/readings-v1.schema.json`."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Moodline readings, version 1"}
    return json.dumps(head | msgspec.json.schema(AnyRecord), indent=2) + "\n"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        Path(argument).write_text(schema_text(), encoding="utf-8")
