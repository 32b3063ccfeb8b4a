"""One epoch of one camera, frame by frame: what each frame adds to the series; pure, used by `sink.stage`.

The whole state is one struct of plain values that is saved in the transaction that writes its results, so that a
sink that was stopped anywhere goes on exactly where the store is. It holds only what is still open: the tracks in
view, the last frame, and the minutes it touches. Its size does not grow with the length of a recording.
"""

from math import isfinite

from msgspec import Struct, field

from common.labels import LABELS
from common.messages import READ, Reading, Readings, Status, track_name
from sink.minutes import MISSING, Held, MinuteTally, Partial, minute_of
from sink.records import EndReason, FrameFace, ReadBy, Sample, TrackSummary
from sink.series import Smoothing, TrackFilter, leading
from sink.tracks import TrackTally

HOLD_MS = 1000
"""The longest time for which one sample stands."""


class Rules(Struct, frozen=True):
    """What a series depends on besides its readings.

    Attributes:
        smoothing: the filter.
        track_gap_ms: time unseen after which a track has ended, milliseconds.
        facing_turn: sideways turn up to which a face counts as facing.
    """

    smoothing: Smoothing
    track_gap_ms: float
    facing_turn: float


class OpenTrack(Struct):
    """A track in view: its filter and its sums.

    Attributes:
        tally: its sums.
        filter: its filter.
        status: of its last sample; a face that is carried before any was read has waited too long to be.
    """

    tally: TrackTally
    filter: TrackFilter = field(default_factory=TrackFilter)
    status: Status = "expired"

    def status_of(self, reading: Reading) -> Status:
        """Give the status of the next sample: what is carried is the last reading, or the reason why it failed."""
        if reading.status != "carried" or reading.probabilities is not None:
            self.status = reading.status
        elif self.status in READ:
            self.status = "carried"
        return self.status


class Step(Struct):
    """What one frame, or the end, adds to the series.

    Attributes:
        samples: number of the track and sample, for each face.
        faces: number of the track and face, as the frame's own entry has them.
        fresh: tracks whose first sample this is.
        ended: tracks that ended, each with its place among all ends of the epoch.
        minutes: the sums of every minute that changed.
    """

    samples: list[tuple[int, Sample]] = []
    faces: list[tuple[int, FrameFace]] = []
    fresh: list[int] = []
    ended: list[tuple[int, TrackSummary]] = []
    minutes: dict[int, Partial] = {}


class EpochState(Struct):
    """An epoch between two frames.

    Attributes:
        camera: the camera's name.
        epoch: the epoch.
        last_seq: number of the last frame taken; -1 before the first.
        time_ms: its event time.
        arrived_ms: ingest's clock at that frame.
        hold_ms: how long the frame before it stood.
        held: the faces of the last frame.
        tracks: the tracks in view, by number.
        minutes: the minutes that may still change, by begin.
        ended: how many tracks have ended.
        models: which net read its faces, from when on; one more whenever it changes.
    """

    camera: str
    epoch: str
    last_seq: int = -1
    time_ms: int = 0
    arrived_ms: int = 0
    hold_ms: int = 0
    held: list[Held] = []
    tracks: dict[int, OpenTrack] = {}
    minutes: dict[int, MinuteTally] = {}
    ended: int = 0
    models: list[ReadBy] = []

    def advance(self, readings: Readings, rules: Rules) -> Step:
        """Take the next frame: its number above `last_seq`, its time not below `time_ms`."""
        spine, step = readings.spine, Step()
        if self.last_seq >= 0:
            self._settle(min(spine.time_ms - self.time_ms, HOLD_MS), step)
        self._end_lost(spine.time_ms, rules, step)
        minute = self._minute(spine.time_ms, step)
        if spine.seq > self.last_seq + 1:
            minute.drop(MISSING, spine.seq - self.last_seq - 1)
        self.last_seq, self.time_ms, self.arrived_ms = spine.seq, spine.time_ms, spine.arrived_ms
        if readings.dropped is not None:
            minute.drop(readings.dropped)
            return step
        if readings.model and (not self.models or self.models[-1].model != readings.model):
            self.models.append(ReadBy(spine.seq, spine.time_ms, readings.model))
        for reading in readings.readings:
            self._take(reading, rules, step)
        minute.frame(self.held)
        return step

    def close(self, last_seq: int) -> Step:
        """End every track: the epoch is over. The last frame stands for as long as the one before it.

        Args:
            last_seq: number of the last frame that was sampled; what never arrived is counted as missing.
        """
        step = Step()
        self._settle(self.hold_ms, step)
        if last_seq > self.last_seq:
            self._minute(self.time_ms, step).drop(MISSING, last_seq - self.last_seq)
        for number in sorted(self.tracks):
            self._end(number, "closed", step)
        self.minutes = {}
        return step

    def _settle(self, hold_ms: int, step: Step) -> None:
        """Add that the last frame's faces have stood for `hold_ms`."""
        self.hold_ms = hold_ms
        if not self.held:
            return
        self._minute(self.time_ms, step).hold(self.held, hold_ms)
        for face in self.held:
            self.tracks[face.track].tally.hold(face, hold_ms)
        self.held = []

    def _minute(self, time_ms: int, step: Step) -> MinuteTally:
        """Give the minute of a time, which is now the oldest that may still change."""
        begin = minute_of(time_ms)
        tally = self.minutes.get(begin)
        if tally is None:
            tally = MinuteTally()
            self.minutes = {begin: tally}
        step.minutes[begin] = tally.partial
        return tally

    def _take(self, reading: Reading, rules: Rules, step: Step) -> None:
        number, time_ms = reading.track, self.time_ms
        track = self.tracks.get(number)
        if track is None:
            track = self.tracks[number] = OpenTrack(TrackTally(from_ms=time_ms, to_ms=time_ms))
            step.fresh.append(number)
        track.tally.sample(time_ms, reading.quality)
        status = track.status_of(reading)
        raw = reading.probabilities if status in READ else None
        if raw is not None:
            track.filter.step(time_ms, raw, reading.quality.left, rules.smoothing)
        elif status == "carried":
            track.filter.carry(time_ms, rules.smoothing)
        smoothed = track.filter.smoothed() if status in READ else None
        label = track.filter.label if status in READ else None
        facing = status != "turned_away" and reading.quality.turn <= rules.facing_turn
        self.held.append(Held(number, status, label, facing, reading.zone))
        name = LABELS[label] if label is not None else None
        step.samples.append(
            (
                number,
                Sample(
                    time_ms=time_ms,
                    seq=self.last_seq,
                    status=status,
                    label=name,
                    raw=raw,
                    smoothed=smoothed,
                    box=reading.box,
                    score=reading.score,
                    quality=reading.quality,
                    zone=reading.zone,
                ),
            )
        )
        raw_label = LABELS[leading(raw)] if raw is not None else None
        full = track_name(self.camera, self.epoch, number)
        step.faces.append((number, FrameFace(full, reading.box, status, name, raw_label, reading.zone)))

    def _end_lost(self, time_ms: int, rules: Rules, step: Step) -> None:
        lost = [n for n, track in self.tracks.items() if time_ms - track.tally.to_ms > rules.track_gap_ms]
        for number in sorted(lost):
            self._end(number, "lost", step)

    def _end(self, number: int, reason: EndReason, step: Step) -> None:
        track = self.tracks.pop(number)
        name = track_name(self.camera, self.epoch, number)
        step.ended.append((self.ended, track.tally.summary(name, track.filter.changes, reason)))
        self.ended += 1


def is_sound(readings: Readings) -> bool:
    """Whether a frame can be taken: no track twice, every number finite, every probability vector complete."""
    numbers = {reading.track for reading in readings.readings}
    return len(numbers) == len(readings.readings) and all(map(_is_sound_face, readings.readings))


def _is_sound_face(reading: Reading) -> bool:
    box, quality, vector = reading.box, reading.quality, reading.probabilities
    measured = quality.height + quality.sharpness + quality.turn + quality.light + quality.inside
    place = box.x + box.y + box.width + box.height + reading.score
    return isfinite(measured + place) and (vector is None or (len(vector) == len(LABELS) and isfinite(sum(vector))))
