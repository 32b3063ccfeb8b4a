"""Making the public records of a series from what the sink computed; used by `sink.batch`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from common.messages import Closed, Opened, Quality, Readings, track_name
from sink.epoch import Step
from sink.public import (
    VERSION,
    ClosedRecord,
    FrameRecord,
    OpenedRecord,
    Probabilities,
    PublicBox,
    PublicFace,
    PublicQuality,
    TrackRecord,
)
from sink.records import Sample, TrackSummary

_LAST_MS = 253_402_300_799_999
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def frame_of(readings: Readings, step: Step, recipe: str) -> FrameRecord:
    """Make the record of one frame."""
    spine = readings.spine
    return FrameRecord(
        id=f"{spine.camera}/{spine.epoch}/{spine.seq}",
        **_names(spine.camera, spine.epoch, recipe),
        seq=spine.seq,
        time_ms=spine.time_ms,
        time=_iso(spine.time_ms),
        clock=spine.clock,
        clock_error_ms=spine.clock_error_ms,
        mode=spine.mode,
        dropped=readings.dropped,
        faces=[_face(track_name(spine.camera, spine.epoch, n), sample) for n, sample in step.samples],
        model=readings.model,
    )


def ended_of(camera: str, epoch: str, step: Step, recipe: str) -> Iterator[TrackRecord]:
    """Make the records of the tracks that ended in a step."""
    for _, one in step.ended:
        number = one.track.rpartition("-")[2]
        yield TrackRecord(
            # A track that comes back after it was ended gets another record, which begins later.
            id=f"{camera}/{epoch}/track/{number}/{one.from_ms}",
            **_names(camera, epoch, recipe),
            **_summary(one),
        )


def opened_of(opened: Opened, recipe: str) -> OpenedRecord:
    """Make the record of the begin of an epoch."""
    return OpenedRecord(
        id=f"{opened.camera}/{opened.epoch}/opened",
        **_names(opened.camera, opened.epoch, recipe),
        time_ms=opened.time_ms,
        time=_iso(opened.time_ms),
        mode=opened.mode,
        rate=opened.rate,
        width=opened.width,
        height=opened.height,
    )


def closed_of(closed: Closed, recipe: str) -> ClosedRecord:
    """Make the record of the end of an epoch."""
    return ClosedRecord(
        id=f"{closed.camera}/{closed.epoch}/closed",
        **_names(closed.camera, closed.epoch, recipe),
        time_ms=closed.time_ms,
        time=_iso(closed.time_ms),
        last_seq=closed.last_seq,
        reason=closed.reason,
        damaged=closed.damaged,
        clamped=closed.clamped,
    )


def _names(camera: str, epoch: str, recipe: str) -> dict[str, Any]:
    return {"version": VERSION, "camera": camera, "epoch": epoch, "recipe": recipe}


def _face(track: str, sample: Sample) -> PublicFace:
    box = sample.box
    return PublicFace(
        track=track,
        box=PublicBox(round(box.x, 2), round(box.y, 2), round(box.width, 2), round(box.height, 2), "pixel"),
        status=sample.status,
        label=sample.label,  # type: ignore[arg-type]  # a test holds the two lists of labels together
        raw=_probabilities(sample.raw),
        smoothed=_probabilities(sample.smoothed),
        quality=_quality(sample.quality),
        zone=sample.zone,
        between=sample.between,  # type: ignore[arg-type]  # as for `label`
    )


def _probabilities(values: tuple[float, ...] | None) -> Probabilities | None:
    return None if values is None else Probabilities(*(round(value, 6) for value in values))


def _quality(quality: Quality) -> PublicQuality:
    values = (quality.height, quality.sharpness, quality.turn, quality.light, quality.inside)
    return PublicQuality(*(round(value, 4) for value in values))


def _summary(one: TrackSummary) -> dict[str, Any]:
    return {
        "track": one.track,
        "from_ms": one.from_ms,
        "from_time": _iso(one.from_ms),
        "to_ms": one.to_ms,
        "to_time": _iso(one.to_ms),
        "samples": one.samples,
        "seen_s": one.seen_s,
        "read_s": one.read_s,
        "facing_s": one.facing_s,
        "share": {name: round(share, 6) for name, share in one.share.items()},
        "label_changes": one.label_changes,
        "quality": _quality(one.quality),
        "end_reason": one.end_reason,
        "zone": one.zone,
        "zone_s": one.zone_s,
    }


def _iso(time_ms: int) -> str:
    """Give a time as ISO 8601; a clock beyond the year 9999 must not stop the sink."""
    moment = _EPOCH + timedelta(milliseconds=min(max(time_ms, 0), _LAST_MS))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
