"""How the entries of the streams are written; everything here is documented for readers that use other languages.

**Track stream**, `…:track:<track>`: id `<time_ms>-<seq + 1>`, field `s` of 94 bytes, little-endian:

| bytes | type | content |
|---|---|---|
| 0 | uint8 | status: its place in `STATUSES` |
| 1 | uint8 | smoothed label: its place in `common.labels.LABELS`; 255 for none |
| 2 to 29 | 7 × float32 | probabilities of this frame alone; all zero without a reading, and where it is `carried` |
| 30 to 57 | 7 × float32 | smoothed probabilities; all zero without a reading |
| 58 to 73 | 4 × float32 | box: left, top, width, height, pixels of the source frame |
| 74 to 77 | float32 | the detector's score |
| 78 to 93 | 4 × float32 | sharpness, turn, light, inside, see `common.messages.Quality` |

A second field, `z`, is the name of the zone that the track is in; an entry of a track in none has no such field.

**Readings stream**, `…:readings…`: id `<time_ms>-<seq + 1>`, one field `frame`, JSON:
`{"epoch": …, "dropped": …, "faces": [{"track": n, "box": [x, y, width, height], "status": …, "label": …, "raw": …,
"zone": …}]}`; `dropped`, `label`, `raw` (the most likely label of this frame alone) and `zone` are left out when there
is none.

The number in an id is one above `seq`, because Redis refuses the id `0-0`: the first frame of a recording whose time
is not known, which counts from 1970.

**Ended stream**, `…:ended…`: one field `track`, JSON of `sink.records.TrackSummary`; ids only keep the order.

**Late stream**, `…:late`: `key` and `id`, where the entry was meant to be, and the entry's own field; or `readings`,
JSON of `common.messages.Readings`, of a frame that came when its series had gone on. Ids only keep the order.
"""

from struct import Struct as Layout

import msgspec

from common.errors import StoreError
from common.labels import LABELS
from common.messages import Box, Dropped, Quality, Readings, Status, track_name
from sink.records import FrameEntry, FrameFace, Sample, TrackSummary

SAMPLE_FIELD = b"s"
ZONE_FIELD = b"z"
FRAME_FIELD = b"frame"
ENDED_FIELD = b"track"
READINGS_FIELD = b"readings"

STATUSES: tuple[Status, ...] = (
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
)
"""The statuses by their code; new ones are only ever appended."""

_STATUS_CODE = {status: code for code, status in enumerate(STATUSES)}
_LABEL_CODE: dict[str | None, int] = {**{label: code for code, label in enumerate(LABELS)}, None: 255}
_SAMPLE = Layout("<2B23f")
_NOTHING = (0.0,) * len(LABELS)


class _FaceRow(msgspec.Struct, omit_defaults=True):
    track: int
    box: tuple[float, float, float, float]
    status: Status
    label: str | None = None
    raw: str | None = None
    zone: str | None = None


class _FrameRow(msgspec.Struct, omit_defaults=True):
    epoch: str
    dropped: Dropped | None = None
    faces: list[_FaceRow] = []


_encoder = msgspec.json.Encoder()
_frame_decoder = msgspec.json.Decoder(_FrameRow)
_ended_decoder = msgspec.json.Decoder(TrackSummary)
_late_decoder = msgspec.json.Decoder(Readings)


def entry_id(time_ms: int, seq: int) -> str:
    """Give the id of an entry: event time, then the number of the frame plus one."""
    return f"{time_ms}-{seq + 1}"


def split_id(identity: bytes) -> tuple[int, int]:
    """Event time and number of the frame, from the id of an entry."""
    time_ms, _, seq = identity.partition(b"-")
    return int(time_ms), int(seq) - 1


def pack_sample(sample: Sample) -> bytes:
    """Give the 94 bytes of a sample; its time and number are in the entry's id."""
    box, quality = sample.box, sample.quality
    return _SAMPLE.pack(
        _STATUS_CODE[sample.status],
        _LABEL_CODE[sample.label],
        *(sample.raw or _NOTHING),
        *(sample.smoothed or _NOTHING),
        *(box.x, box.y, box.width, box.height, sample.score),
        *(quality.sharpness, quality.turn, quality.light, quality.inside),
    )


def sample_fields(sample: Sample) -> dict[bytes, bytes]:
    """Give the fields of a sample's entry."""
    zone = {} if sample.zone is None else {ZONE_FIELD: sample.zone.encode()}
    return {SAMPLE_FIELD: pack_sample(sample), **zone}


def unpack_sample(identity: bytes, packed: bytes, zone: bytes | None = None) -> Sample:
    """Give the sample in an entry of a track stream.

    Args:
        identity: the entry's id.
        packed: its field `s`.
        zone: its field `z`; None if it has none.

    Raises:
        StoreError: the entry is not in the documented form.
    """
    if len(packed) != _SAMPLE.size or packed[0] >= len(STATUSES):
        raise StoreError(f"track entry {identity!r} was not written by this version; run its recording again")
    status, label, *values = _SAMPLE.unpack(packed)
    raw, smoothed = tuple(values[:7]), tuple(values[7:14])
    time_ms, seq = split_id(identity)
    box = Box(*values[14:18])
    return Sample(
        time_ms=time_ms,
        seq=seq,
        status=STATUSES[status],
        label=LABELS[label] if label < len(LABELS) else None,
        raw=raw if any(raw) else None,
        smoothed=smoothed if any(smoothed) else None,
        box=box,
        score=values[18],
        quality=Quality(box.height, *values[19:23]),
        zone=None if zone is None else zone.decode(),
    )


def pack_frame(epoch: str, dropped: Dropped | None, faces: list[tuple[int, FrameFace]]) -> bytes:
    """Give the JSON of a frame; each face comes with its number, since its name repeats camera and epoch."""
    rows = [
        _FaceRow(number, _rounded(face.box), face.status, face.label, face.raw_label, face.zone)
        for number, face in faces
    ]
    return _encoder.encode(_FrameRow(epoch, dropped, rows))


def unpack_frame(camera: str, identity: bytes, packed: bytes) -> FrameEntry:
    """Give the frame in an entry of a readings stream.

    Raises:
        StoreError: the entry is not in the documented form.
    """
    try:
        row = _frame_decoder.decode(packed)
    except msgspec.DecodeError as error:
        raise StoreError(f"frame entry {identity!r} of camera '{camera}' is not in the documented form") from error
    time_ms, seq = split_id(identity)
    faces = (
        FrameFace(track_name(camera, row.epoch, one.track), Box(*one.box), one.status, one.label, one.raw, one.zone)
        for one in row.faces
    )
    return FrameEntry(row.epoch, time_ms, seq, row.dropped, tuple(faces))


def pack_ended(summary: TrackSummary) -> bytes:
    """Give the JSON of a finished track."""
    return _encoder.encode(summary)


def unpack_ended(packed: bytes) -> TrackSummary:
    """Give the finished track in an entry of an ended stream.

    Raises:
        StoreError: the entry is not in the documented form.
    """
    try:
        return _ended_decoder.decode(packed)
    except msgspec.DecodeError as error:
        raise StoreError("the record of a finished track is not in the documented form") from error


def pack_late(readings: Readings) -> bytes:
    """Give the JSON of a frame that came too late for its series."""
    return _encoder.encode(readings)


def unpack_late(packed: bytes) -> Readings:
    """Give the frame in an entry of a late stream.

    Raises:
        StoreError: the entry is not in the documented form.
    """
    try:
        return _late_decoder.decode(packed)
    except msgspec.DecodeError as error:
        raise StoreError("a late frame is not in the documented form") from error


def _rounded(box: Box) -> tuple[float, float, float, float]:
    return round(box.x, 2), round(box.y, 2), round(box.width, 2), round(box.height, 2)
