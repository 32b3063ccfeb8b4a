"""The records of a series as its readers get them; used by `sink.reader`, reports, exports and evaluation.

Every time is event time in Unix milliseconds, every duration in seconds, every box in pixels of the source frame.
A track is named `<camera>-<epoch>-<n>`, see `common.messages.track_name`. "Seen" means that a tracked face was in the
frame, "read" that it also had a reading (`ok`, `ambiguous`, `carried`). A sample stands for the time to the next
sampled frame, capped at one second; the last frame of an epoch stands for as long as the one before it.
"""

from typing import Literal

from msgspec import Struct

from common.labels import LABELS
from common.messages import Box, Dropped, Mode, Quality, Status

EndReason = Literal["lost", "closed"]
"""Why a track ended: not seen for longer than the allowed gap, or its epoch was closed."""

UNSETTLED = "unsettled"
"""The name, beside the labels, of read time in which no label had settled yet."""


class Sample(Struct, frozen=True, omit_defaults=True):
    """One face of one sampled frame.

    Attributes:
        time_ms: event time.
        seq: number of the frame in its epoch.
        status: `ok`, or why there is no reading.
        label: the smoothed label; None without a reading or before one has settled.
        raw: seven probabilities of this frame alone, in the order of `LABELS`; None without a reading, and where one is
            carried.
        smoothed: seven smoothed probabilities; None without a reading.
        box: the face area.
        score: the detector's score, 0 to 1.
        quality: what was measured of the face.
        zone: name of the zone that the track is in; None if it is in none.
    """

    time_ms: int
    seq: int
    status: Status
    label: str | None
    raw: tuple[float, ...] | None
    smoothed: tuple[float, ...] | None
    box: Box
    score: float
    quality: Quality
    zone: str | None = None

    @property
    def between(self) -> tuple[str, str] | None:
        """The two labels that an ambiguous reading is between, the likelier first; None for any other sample."""
        if self.status != "ambiguous" or self.raw is None:
            return None
        (_, first), (_, second), *_ = sorted((-chance, number) for number, chance in enumerate(self.raw))
        return LABELS[first], LABELS[second]


class FrameFace(Struct, frozen=True, omit_defaults=True):
    """One face in the entry of its frame.

    Attributes:
        track: the track's name.
        box: the face area, to a hundredth of a pixel.
        status: `ok`, or why there is no reading.
        label: the smoothed label, as in `Sample`.
        raw_label: the most likely label of this frame alone; None without a reading, and where one is carried.
        zone: as in `Sample`.
    """

    track: str
    box: Box
    status: Status
    label: str | None
    raw_label: str | None
    zone: str | None = None


class FrameEntry(Struct, frozen=True):
    """One sampled frame with all its faces.

    Attributes:
        epoch: its epoch.
        time_ms: event time.
        seq: number of the frame in its epoch.
        dropped: why it was not analysed; None if it was.
        faces: its tracked faces, often none.
    """

    epoch: str
    time_ms: int
    seq: int
    dropped: Dropped | None
    faces: tuple[FrameFace, ...]


class TrackSummary(Struct, frozen=True, omit_defaults=True):
    """The record of a finished track. One that comes back after it was ended gets another record.

    Attributes:
        track: the track's name.
        from_ms: time of its first sample.
        to_ms: time of its last sample.
        samples: number of its samples.
        seen_s: seconds seen.
        read_s: seconds read.
        share: share of the read seconds by smoothed label, and `unsettled`; sum 1, empty if nothing was read.
        label_changes: how often a settled label gave way to another.
        quality: the mean of what was measured.
        facing_s: seconds in which the face was turned to the camera.
        end_reason: `lost` or `closed`.
        zone: the zone in which it was seen longest, the first by name of equals; None if it was in none.
        zone_s: seconds seen in each zone that it was in; time in none is in no entry.
    """

    track: str
    from_ms: int
    to_ms: int
    samples: int
    seen_s: float
    read_s: float
    share: dict[str, float]
    label_changes: int
    quality: Quality
    facing_s: float
    end_reason: EndReason
    zone: str | None = None
    zone_s: dict[str, float] = {}


class ZoneMinute(Struct, frozen=True):
    """What was seen in one zone in one minute.

    Attributes:
        people: distinct tracks with a reading in the zone; one that was in two zones counts in both.
        seen_s: person-seconds seen; what is static or not a face is nobody's.
        read_s: person-seconds read.
        expression_s: read person-seconds by smoothed label, and `unsettled`; sum `read_s`.
    """

    people: int
    seen_s: float
    read_s: float
    expression_s: dict[str, float]


class Minute(Struct, frozen=True, omit_defaults=True):
    """One minute of a camera: how much was seen, and what.

    Attributes:
        time_ms: its begin.
        sampled: sampled frames: analysed + all dropped.
        analysed: frames that were looked at.
        dropped: frames that were not, by reason; `missing` never reached the sink.
        people: distinct tracks with a reading.
        seen_s: person-seconds seen; what is static or not a face is nobody's.
        read_s: person-seconds read.
        expression_s: read person-seconds by smoothed label, and `unsettled`; sum `read_s`.
        status_s: seen person-seconds by status; sum `seen_s`.
        positive_share: share of `happy` in the read person-seconds; None if nothing was read.
        positive_low: lower end of its 95 % Wilson interval, with `people` as the number of trials: samples of one
            person are not independent, so people are counted and not frames.
        positive_high: upper end.
        coverage: analysed / sampled.
        zones: the same of each zone in which a face was seen; what was in none is in no entry.
    """

    time_ms: int
    sampled: int
    analysed: int
    dropped: dict[str, int]
    people: int
    seen_s: float
    read_s: float
    expression_s: dict[str, float]
    status_s: dict[str, float]
    positive_share: float | None
    positive_low: float | None
    positive_high: float | None
    coverage: float
    zones: dict[str, ZoneMinute] = {}


class ReadBy(Struct, frozen=True):
    """From when on a net read the faces of an epoch.

    Attributes:
        seq: number of the first frame.
        time_ms: its event time.
        model: the net: `<name>@<first twelve digits of its SHA-256>`.
    """

    seq: int
    time_ms: int
    model: str


class EpochInfo(Struct, frozen=True):
    """One unbroken opening of a source.

    Attributes:
        camera: the camera's name.
        epoch: its name within the camera.
        recipe: hash of everything that made its values; empty before the first reading.
        mode: live, replay, or file.
        source: the source, without any password.
        rate: sampled frames a second; 0 means every frame.
        width: pixels of a frame.
        height: pixels of a frame.
        from_ms: time of its first frame.
        to_ms: time of the last frame written.
        last_seq: number of the last frame written; -1 before the first.
        arrived_ms: ingest's clock at that frame, for staleness; not event time.
        closed: why it ended; None while it is open or if it was cut off.
        closed_seq: number of the last frame sampled, as ingest counted; None without an end.
        damaged: pictures that the decoder refused or repaired.
        clamped: frames whose time stepped back and was held.
        models: which net read its faces, from when on; more than one if a live camera was given another.
    """

    camera: str
    epoch: str
    recipe: str
    mode: Mode
    source: str
    rate: float
    width: int
    height: int
    from_ms: int
    to_ms: int
    last_seq: int
    arrived_ms: int
    closed: str | None
    closed_seq: int | None
    damaged: int
    clamped: int
    models: tuple[ReadBy, ...] = ()
