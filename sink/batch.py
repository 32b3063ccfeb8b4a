"""What one transaction of the store writes: all that a batch of frames added to one epoch; made by `sink.stage`."""

from msgspec import Struct

from common.messages import Closed, Mode, Opened, Readings
from sink.codec import (
    ENDED_FIELD,
    FRAME_FIELD,
    entry_id,
    pack_ended,
    pack_frame,
    sample_fields,
)
from sink.epoch import EpochState, Step
from sink.keys import CameraKeys
from sink.minutes import Partial
from sink.public import AnyRecord
from sink.publishing import closed_of, ended_of, frame_of


class Entry(Struct, frozen=True):
    """One entry of a stream, under an id that it has in every run.

    Attributes:
        key: the stream.
        identity: its id, see `sink.codec.entry_id`.
        fields: its fields; mostly one.
        trimmed: whether the stream is live and loses its oldest samples.
    """

    key: str
    identity: str
    fields: dict[bytes, bytes]
    trimmed: bool

    @property
    def flat(self) -> list[bytes]:
        """Names and values of the fields, in turn, as Redis takes them."""
        return [part for field in self.fields.items() for part in field]


class EpochLog(Struct, frozen=True):
    """How an epoch was opened and closed; the JSON in the hash of epochs.

    Attributes:
        opened: its begin.
        recipe: hash of everything that made its values; empty before the first reading.
        closed: its end; None without one.
    """

    opened: Opened
    recipe: str = ""
    closed: Closed | None = None

    @property
    def cut_short(self) -> bool:
        """Whether a recording was closed before its end, so that a repeat from its start must replace it."""
        return self.closed is not None and self.closed.reason in {"interrupted", "read_error"}


class Batch(Struct):
    """The writes of one epoch that belong together.

    Attributes:
        keys: the keys of the camera.
        log: how the epoch was opened, and its recipe.
        state: the state after these writes.
        entries: new entries of all streams, in the order in which they are appended.
        fresh: tracks seen for the first time, with that time.
        minutes: sums of the minutes that changed.
        frames: how many frames are in it.
        statuses: how many faces there are, by status.
        dropped: how many frames were not analysed, by reason.
        closed: the end of the epoch, if it is in it.
        public: the same for other programs, in order; None where nobody listens.
    """

    keys: CameraKeys
    log: EpochLog
    state: EpochState
    entries: list[Entry] = []
    fresh: dict[int, int] = {}
    minutes: dict[int, Partial] = {}
    frames: int = 0
    statuses: dict[str, int] = {}
    dropped: dict[str, int] = {}
    closed: Closed | None = None
    public: list[AnyRecord] | None = None

    @property
    def epoch(self) -> str:
        """The epoch's name."""
        return self.log.opened.epoch

    @property
    def live(self) -> bool:
        """Whether the epoch is of a live camera."""
        return is_live(self.log.opened.mode)

    def add_frame(self, readings: Readings, step: Step) -> None:
        """Add a frame and what it gave."""
        spine, epoch, live = readings.spine, self.epoch, self.live
        identity = entry_id(spine.time_ms, spine.seq)
        frame = pack_frame(epoch, readings.dropped, step.faces)
        self.entries.append(Entry(self.keys.readings(epoch, live), identity, {FRAME_FIELD: frame}, live))
        for number, sample in step.samples:
            key = self.keys.track(epoch, number)
            self.entries.append(Entry(key, identity, sample_fields(sample), live))
            self.statuses[sample.status] = self.statuses.get(sample.status, 0) + 1
        if readings.dropped is not None:
            self.dropped[readings.dropped] = self.dropped.get(readings.dropped, 0) + 1
        self.fresh.update(dict.fromkeys(step.fresh, spine.time_ms))
        self.frames += 1
        if self.public is not None:
            self.public.append(frame_of(readings, step, self.log.recipe))
        self.add_step(spine.time_ms, step)

    def add_step(self, time_ms: int, step: Step) -> None:
        """Add the minutes that changed and the tracks that ended at a time."""
        self.minutes.update(step.minutes)
        key = self.keys.ended(self.epoch, self.live)
        for place, summary in step.ended:
            fields = {ENDED_FIELD: pack_ended(summary)}
            self.entries.append(Entry(key, entry_id(time_ms, place), fields, trimmed=False))
        if self.public is not None:
            self.public.extend(ended_of(self.keys.camera, self.epoch, step, self.log.recipe))

    def add_end(self, closed: Closed, step: Step) -> None:
        """Add the end of the epoch, and what it gave."""
        self.add_step(self.state.time_ms, step)
        self.closed = closed
        if self.public is not None:
            self.public.append(closed_of(closed, self.log.recipe))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.frames or self.entries or self.minutes or self.closed is not None)


def is_live(mode: Mode) -> bool:
    """Whether samples of this mode are trimmed by event time; the others are recordings, replaced whole."""
    return mode == "live"
