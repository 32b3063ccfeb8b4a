"""The sink as a stage: readings of many cameras, interleaved, become series in the store; the last of the pipeline.

Everything that one call of `process` adds to an epoch is one transaction. When the store fails, what is in memory is
forgotten: the next call goes on from the state that is saved beside the entries, so a retry neither loses nor
repeats anything.

**Public records** are published before the transaction that they belong to, never after it. The store is what says
that a frame has been dealt with: once it has a frame, a delivery again is a repeat, whose values are not computed
again. Published after it, what a crash left unpublished would never come. Published before it, a crash only repeats:
the store still has the old state, the frames come again, and the same state and frames make the same records under
the same ids. So `publish` must not return before its records are held safely, and repeats and late frames are not
published.

While Redis is away nothing is published over and over: an attempt fails where the epoch is looked up, before any
record is made. A Redis that is full still answers that, and fails only the transaction; therefore what was published
is remembered until the call succeeds, and an attempt in between does not publish it again. That is no more than the
records of the messages in hand.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from common.errors import MoodlineError
from common.messages import Closed, Finished, Message, Opened, Readings, coordinates, recipe_of
from sink.batch import Batch, EpochLog, is_live
from sink.epoch import EpochState, Rules, is_sound
from sink.late import Written
from sink.public import AnyRecord, PublicRecord
from sink.publishing import closed_of, opened_of
from sink.series import SERIES_VERSION, Smoothing
from sink.settings import SinkSettings
from sink.store import RedisStore

log = logging.getLogger(__name__)

BATCH_ENTRIES = 2000
"""Entries of one transaction, at most one frame more."""
OPEN_EPOCHS = 512
"""Epochs held in memory; one that is not can be read back from the store at any time."""

Key = tuple[str, str]
Publish = Callable[[Sequence[PublicRecord]], None]
"""Takes public records and returns once they are held safely; raises if they cannot be, and nothing is written."""


class Counters(msgspec.Struct):
    """What this sink has dealt with so far, for progress and for the table at the end.

    Attributes:
        frames: frames written.
        faces: faces written.
        readings: faces written, by status.
        dropped: frames written that were not analysed, by reason.
        duplicates: frames that were there already.
        late: entries that came too late for their series.
        epochs: epochs closed.
        tracks: tracks begun.
    """

    frames: int = 0
    faces: int = 0
    readings: dict[str, int] = {}
    dropped: dict[str, int] = {}
    duplicates: int = 0
    late: int = 0
    epochs: int = 0
    tracks: int = 0

    def add(self, batch: Batch, written: Written) -> None:
        """Count a batch that was written."""
        self.outcome(written)
        if written.fenced:
            return
        self.frames += batch.frames - written.duplicates
        self.epochs += batch.closed is not None
        if written.duplicates:
            return
        self.tracks += len(batch.fresh)
        for total, counts in ((self.readings, batch.statuses), (self.dropped, batch.dropped)):
            for name, count in counts.items():
                total[name] = total.get(name, 0) + count
        self.faces += sum(batch.statuses.values())

    def outcome(self, written: Written) -> None:
        """Count what was not written plainly."""
        self.duplicates += written.duplicates
        self.late += written.late


class _OpenEpoch(msgspec.Struct):
    """An epoch in memory: what made its readings, what stands in the store, and what is to be written next."""

    made: str
    closed: Closed | None
    batch: Batch

    @property
    def state(self) -> EpochState:
        return self.batch.state


class SinkStage:
    """A `Stage` that writes readings and gives nothing.

    Args:
        store: where the series go.
        settings: how readings become a series.
        publish: where public records go, all of a batch before it is written; without it none are made.

    Attributes:
        counters: what was dealt with so far.
    """

    def __init__(self, store: RedisStore, settings: SinkSettings, publish: Publish | None = None) -> None:
        self._store = store
        self._settings = settings
        self._publish = publish
        self._published: dict[str, AnyRecord] = {}
        self._rules = rules_of(settings)
        self._open: OrderedDict[Key, _OpenEpoch] = OrderedDict()
        self._repeats: list[Readings] = []
        self._late: list[Readings] = []
        self.counters = Counters()

    def process(self, messages: Sequence[Message]) -> Iterable[Message]:
        """Write a batch of messages.

        Raises:
            StoreError: Redis is away, full, or refuses; the same messages may be given again.
            Exception: whatever `publish` raises; the same.
        """
        try:
            for message in messages:
                self._take(message)
            self._flush_all()
        except Exception:
            self._open.clear()
            self._repeats, self._late = [], []
            raise
        self._published.clear()
        return ()

    def forget(self, camera: str) -> None:
        """See `Stage.forget`; the store has all of it."""
        for key in [key for key in self._open if key[0] == camera]:
            del self._open[key]

    def close(self) -> None:
        """Release nothing: what was processed is written, and the client belongs to the caller."""

    def _take(self, message: Message) -> None:
        match message:
            case Opened():
                self._opened(message)
            case Readings():
                self._readings(message)
            case Closed():
                self._closed(message)
            case Finished():
                pass
            case _:
                raise MoodlineError(f"the sink was given {coordinates(message)} before it was read; join a classifier")

    def _opened(self, opened: Opened) -> None:
        self._forget((opened.camera, opened.epoch))
        self._end_older(opened)
        self._store.announce(opened)

    def _end_older(self, opened: Opened) -> None:
        """End the tracks of the epoch before, whoever wrote it: a live camera that is opened anew has left it."""
        older = self._store.live_epoch(opened.camera) if is_live(opened.mode) else None
        if older is None or older >= opened.epoch:
            return
        key = (opened.camera, older)
        self._forget(key)
        epoch = self._begun(*key)
        if epoch is not None:
            epoch.batch.add_step(epoch.state.time_ms, epoch.state.close(epoch.state.last_seq))
        self._forget(key)

    def _readings(self, readings: Readings) -> None:
        spine = readings.spine
        if not is_sound(readings):
            log.warning("%s: not a sound message; counted as dropped", coordinates(readings))
            readings = msgspec.structs.replace(readings, readings=(), dropped="dead_letter")
        epoch = None if readings.replayed else self._epoch_of(readings)
        if epoch is None and is_live(spine.mode) and not readings.replayed:
            self._repeats.append(readings)
        elif epoch is None:
            self._late.append(readings)
        elif spine.seq <= epoch.state.last_seq:
            self._repeats.append(readings)
        elif epoch.state.last_seq >= 0 and spine.time_ms < epoch.state.time_ms:
            log.warning("%s: its time is before that of the frame before it; kept as late", coordinates(readings))
            self._late.append(readings)
        else:
            epoch.batch.add_frame(readings, epoch.state.advance(readings, self._rules))
            if len(epoch.batch.entries) >= BATCH_ENTRIES:
                self._flush(epoch)

    def _epoch_of(self, readings: Readings) -> _OpenEpoch | None:
        """Give the epoch of a frame, begun or resumed as needed; None if it must not be added to what stands there."""
        spine = readings.spine
        key = (spine.camera, spine.epoch)
        epoch = self._open.get(key)
        if epoch is not None and epoch.made == readings.recipe:
            self._open.move_to_end(key)
            return epoch
        self._forget(key)
        opened = self._store.find_opened(*key) or _opened_by(readings)
        return self._begin(opened, self._recipe(readings.recipe, opened), spine.seq, readings.recipe)

    def _begin(self, opened: Opened, recipe: str, seq: int, made: str) -> _OpenEpoch | None:
        self._end_older(opened)
        standing = self._store.begin_epoch(opened, recipe, seq)
        if standing is None:
            return None
        batch = Batch(self._store.keys(opened.camera), EpochLog(opened, recipe), standing.state)
        if self._publish is not None:
            batch.public = [opened_of(opened, recipe)] if standing.state.last_seq < 0 else []
        epoch = _OpenEpoch(made, standing.closed, batch)
        self._open[opened.camera, opened.epoch] = epoch
        if len(self._open) > OPEN_EPOCHS:
            self._forget(next(iter(self._open)))
        return epoch

    def _closed(self, closed: Closed) -> None:
        epoch = self._open.get((closed.camera, closed.epoch)) or self._standing(closed)
        if epoch is None:
            self._end_unheld(closed)
            return
        repeated = epoch.closed is not None and closed.last_seq <= epoch.state.last_seq
        if not repeated and closed.last_seq >= epoch.state.last_seq:
            epoch.batch.add_end(closed, epoch.state.close(closed.last_seq))
        self._forget((closed.camera, closed.epoch))

    def _end_unheld(self, closed: Closed) -> None:
        """Note the end of an epoch that nothing may be added to: a live one that a higher one has ended."""
        found = self._store.find_log(closed.camera, closed.epoch)
        if found is None or not is_live(found.opened.mode):
            log.warning("%s: closes an epoch that was never opened", coordinates(closed))
            return
        if self._publish is not None:
            self._hand_out([closed_of(closed, found.recipe)], self._publish)
        self._store.note_end(closed)

    def _begun(self, camera: str, epoch: str) -> _OpenEpoch | None:
        """Give an epoch as it stands in the store; None if it has no frame."""
        found = self._store.find_log(camera, epoch)
        return self._begin(found.opened, found.recipe, 1, made="") if found is not None and found.recipe else None

    def _standing(self, closed: Closed) -> _OpenEpoch | None:
        """Give the epoch that an end without any frame in memory belongs to; an empty one is begun."""
        found = self._store.find_log(closed.camera, closed.epoch)
        if found is None:
            return None
        if found.recipe:
            return self._begin(found.opened, found.recipe, max(closed.last_seq, 1), made="")
        return self._begin(found.opened, self._recipe("", found.opened), 0, made="")

    def _recipe(self, made: str, opened: Opened) -> str:
        return recipe_of(made, opened.rate, opened.recipe, SERIES_VERSION, self._settings.recipe())

    def _forget(self, key: Key) -> None:
        epoch = self._open.pop(key, None)
        if epoch is not None:
            self._flush(epoch)

    def _flush_all(self) -> None:
        self._publish_all()
        for epoch in self._open.values():
            self._flush(epoch)
        repeats, self._repeats = self._repeats, []
        self.counters.outcome(self._store.late.sort(repeats))
        late, self._late = self._late, []
        self.counters.outcome(self._store.late.put(late))

    def _publish_all(self) -> None:
        """Publish what all epochs have, at once: Kafka's answer is waited for once, and not for each camera."""
        if self._publish is None:
            return
        batches = [epoch.batch for epoch in self._open.values() if epoch.batch.public and not epoch.batch.empty]
        self._hand_out([record for batch in batches for record in batch.public or ()], self._publish)
        for batch in batches:
            batch.public = []

    def _flush(self, epoch: _OpenEpoch) -> None:
        batch = epoch.batch
        if batch.empty:
            return
        if self._publish is not None and batch.public:
            self._hand_out(batch.public, self._publish)
        self.counters.add(batch, self._store.write(batch))
        epoch.batch = Batch(batch.keys, batch.log, batch.state, public=None if self._publish is None else [])

    def _hand_out(self, records: Sequence[AnyRecord], publish: Publish) -> None:
        """Publish what an earlier attempt at the same messages did not."""
        fresh = [one for one in records if self._published.get(one.id) != one]
        if fresh:
            publish(fresh)
            self._published.update((one.id, one) for one in fresh)


def _opened_by(readings: Readings) -> Opened:
    """Give the begin of an epoch whose own was lost, as far as its frame tells: no rate, size or source."""
    spine = readings.spine
    return Opened(spine.camera, spine.epoch, spine.time_ms, spine.mode, rate=0.0, width=0, height=0, source="")


def rules_of(settings: SinkSettings) -> Rules:
    """Give what a series depends on, from the settings."""
    return Rules(
        smoothing=Smoothing(settings.tau_s, settings.lead),
        track_gap_ms=settings.track_gap_s * 1000,
        facing_turn=settings.facing_turn,
    )
