"""Filling the ledger from Kafka and Redis while the workers go on; used by `moodline ledger`.

The order of reading makes the accounts right although everything moves: first how far each group of workers is
through, then the topics, the store last. What a group was through with had left its results on the next topic, or in
the store, before. So a frame that moves on meanwhile is seen where it was or where it went, never at neither.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from common import wire
from common.bus import topics
from common.bus.base import Place
from common.bus.kafka_settings import KafkaSettings
from common.dead import unpack
from common.messages import Closed, Spine
from common.wire_headers import Envelope, Headers, read
from moodline.ledger.accounts import Ends, Key, Ledger, Sighting, Where
from moodline.topic_reader import TopicReader, committed
from moodline.worker.stages import INPUT, ReaderName
from sink.reader import SeriesReader
from sink.records import EpochInfo


@dataclass(frozen=True)
class Scope:
    """How much the ledger is to read.

    Attributes:
        camera: only this camera; all of them without it.
        since_ms: only frames from this event time on.
        every_frame: also the pictures on `frames` that the detectors are through with: many gigabytes with many
            cameras; needed only to tell at what time a frame was that the detectors lost.
    """

    camera: str | None = None
    since_ms: int | None = None
    every_frame: bool = False

    def holds(self, camera: str, time_ms: int) -> bool:
        """Whether a frame is to be accounted for."""
        return self.camera in {None, camera} and (self.since_ms is None or time_ms >= self.since_ms)

    @property
    def first_seq(self) -> int | None:
        """Number of the first frame of an epoch to account for; None if the begin of an epoch may be out of scope."""
        return 0 if self.since_ms is None else None


@dataclass(frozen=True)
class Store:
    """The series in Redis: their reader, and for how much event time live samples are kept, milliseconds."""

    reader: SeriesReader
    trim_ms: int


def fill(ledger: Ledger, scope: Scope, kafka: KafkaSettings, prefix: str, store: Store) -> None:
    """Read everything that says what became of a frame.

    Raises:
        BrokerError: Kafka is away or refuses.
        StoreError: Redis is away or refuses.
        SettingsError: a file of a certificate cannot be used.
    """
    through = {
        stage: committed(kafka, f"{prefix}.{stage}", topics.name_of(prefix, topic)) for stage, topic in INPUT.items()
    }
    with TopicReader(kafka) as reader:
        for stage, topic in INPUT.items():
            starts = through[stage] if stage == "detector" and not scope.every_frame else None
            records = reader.read(topics.name_of(prefix, topic), starts)
            add_topic(ledger, scope, stage, records, through[stage])
        add_dead(ledger, scope, reader.read(topics.name_of(prefix, topics.DEAD)))
    add_store(ledger, scope, store)


class _TopicAccount:
    """What one topic says of each epoch: of one that was begun again, only what came after."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._frames: defaultdict[Key, dict[int, Sighting]] = defaultdict(dict)
        self._last: dict[Key, int] = {}

    def take(self, record: Any, told: Envelope, where: Where) -> None:
        """Take the next record of a partition."""
        if isinstance(told.spine, Spine):
            one = _sighting(told.spine, where, told.dropped)
            if self._scope.holds(one.camera, one.time_ms):
                self._frames[one.camera, one.epoch][one.seq] = one
        elif told.kind == "opened" and told.spine is not None:
            self._frames.pop((told.spine.camera, told.spine.epoch), None)
            self._last.pop((told.spine.camera, told.spine.epoch), None)
        elif told.kind == "closed":
            self._last.update(_closed(record))

    def give(self, ledger: Ledger) -> None:
        """Add all of it to the ledger."""
        for sightings in self._frames.values():
            for one in sightings.values():
                ledger.see(one)
        for (camera, epoch), seq in self._last.items():
            # Without any frame in scope the epoch may be out of it too; the store knows when it was.
            if self._scope.camera in {None, camera} and (
                self._scope.since_ms is None or (camera, epoch) in self._frames
            ):
                ledger.know(camera, epoch, Ends(None, self._scope.first_seq, seq))


def add_topic(
    ledger: Ledger, scope: Scope, stage: ReaderName, records: Iterable[Any], through: Mapping[int, int]
) -> None:
    """Add what stands on a stage's topic.

    Args:
        ledger: where to.
        scope: how much.
        stage: the stage that reads the topic.
        records: the topic's records, each partition's in order.
        through: the next offset of each partition that the stage has to deal with.
    """
    account = _TopicAccount(scope)
    for record in records:
        told = _envelope_of(record.headers)
        # A record that cannot be read, or was given back, is accounted for by its dead letter.
        if told is not None and not wire.is_replayed(record.headers):
            waits = record.offset >= through.get(record.partition, 0)
            account.take(record, told, stage if waits else "passed")
    account.give(ledger)


def add_dead(ledger: Ledger, scope: Scope, records: Iterable[Any]) -> None:
    """Add the dead letters that still have the place of their frame."""
    for record in records:
        letter = unpack(record.value, record.headers, Place(record.partition, record.offset), record.key)
        told = _envelope_of(letter.headers)
        if told is not None and isinstance(told.spine, Spine) and scope.holds(told.spine.camera, told.spine.time_ms):
            ledger.see(_sighting(told.spine, "dead", told.dropped))


def add_store(ledger: Ledger, scope: Scope, store: Store) -> None:
    """Add the series, and what stands beside them."""
    for camera in store.reader.cameras():
        if scope.camera not in {None, camera}:
            continue
        infos = [info for info in store.reader.epochs(camera) if scope.since_ms is None or info.to_ms >= scope.since_ms]
        newest = max((info.to_ms for info in infos if info.mode == "live"), default=0)
        for info in infos:
            trimmed = info.mode == "live" and info.from_ms < newest - store.trim_ms
            ledger.know(camera, info.epoch, _ends_of(info, scope, trimmed))
            for frame in store.reader.frames(camera, info.epoch, scope.since_ms):
                ledger.see(Sighting(camera, info.epoch, frame.seq, frame.time_ms, "stored", frame.dropped))
        for frame in store.reader.late_frames(camera):
            if scope.holds(camera, frame.time_ms):
                ledger.see(Sighting(camera, frame.epoch, frame.seq, frame.time_ms, "late", frame.dropped))


def _ends_of(info: EpochInfo, scope: Scope, trimmed: bool) -> Ends:
    whole = not trimmed and (scope.since_ms is None or info.from_ms >= scope.since_ms)
    return Ends(info.from_ms, 0 if whole else None, info.closed_seq)


def _sighting(spine: Spine, where: Where, dropped: str | None) -> Sighting:
    return Sighting(spine.camera, spine.epoch, spine.seq, spine.time_ms, where, dropped)


def _envelope_of(headers: Headers) -> Envelope | None:
    """Read a record's headers; None for one whose headers cannot be read, which is no frame of any camera."""
    try:
        return read(headers)
    except wire.WireError:
        return None


def _closed(record: Any) -> dict[Key, int]:
    """Give the last number of the epoch that a record closes; one that cannot be read leaves its epoch open."""
    try:
        message = wire.decode(record.value or b"", record.headers)
    except wire.WireError:
        return {}
    return {(message.camera, message.epoch): message.last_seq} if isinstance(message, Closed) else {}
