"""The bus between processes and machines: one Kafka topic as a `Bus`; used by the workers.

A worker reads from one such bus and writes to another; the two share the cameras' `Routes` and the `DeadLetters`. A
record that cannot be decoded is a dead letter, and its spine, which stands in its headers, goes on as dropped. While a
broker is away the bus waits, within bounded memory, for as long as it takes; only the first contact must succeed.
"""

import logging
from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Any, Literal, Self

from common import wire
from common.bus.ahead import Ahead
from common.bus.base import Place
from common.bus.dead_letters import NEVER_WRITTEN, DeadLetters, Letter
from common.bus.kafka_reader import KafkaReader
from common.bus.kafka_settings import KafkaSettings
from common.bus.kafka_writer import KafkaWriter, size_of
from common.bus.routes import Routes
from common.bus.topics import describe
from common.errors import MoodlineError
from common.messages import Finished, Message, camera_of, has_content

log = logging.getLogger(__name__)


class KafkaBus:
    """A `Bus` on one topic.

    Args:
        topic: whole name of the topic, which must be there.
        settings: where Kafka is.
        routes: which partition each camera has; filled by what is polled.
        codec: how frames that are published travel.
        group: the group as whose member messages are polled; None for a bus that is only published to.
        dead: where records go that cannot be dealt with; without it they are only logged.

    Raises:
        BrokerError: no broker answers within `connect_s`, or it refuses, or there is no such topic.
        SettingsError: a file of a certificate cannot be used.
    """

    def __init__(
        self,
        topic: str,
        settings: KafkaSettings,
        routes: Routes,
        codec: Literal["jpeg", "raw"] = "jpeg",
        group: str | None = None,
        dead: DeadLetters | None = None,
    ) -> None:
        found = describe(settings, topic)
        self._topic = topic
        self._identity = found.identity
        self.partitions = found.partitions
        self._limit = settings.max_record_bytes
        self._routes = routes
        self._codec = codec
        self._dead = dead
        self._ahead: Ahead | None = None
        self._writer = KafkaWriter(topic, settings)
        self._reader = KafkaReader(topic, found.partitions, settings, group) if group else None
        self._polled: Sequence[Any] = ()
        self._places: list[Place] = []

    @property
    def identity(self) -> str:
        """See `Bus.identity`: the topic's name, and the number that the broker gave it."""
        return self._identity

    @property
    def crowded(self) -> bool:
        """See `Bus.crowded`; also if those who read are too far behind."""
        return self._writer.crowded or (self._ahead is not None and self._ahead.is_too_far)

    @property
    def refused_commits(self) -> int:
        """How many commits were refused so far; what they covered came, or comes, again."""
        return self._reader.refused_commits if self._reader else 0

    @property
    def unanswered(self) -> bool:
        """Whether the last commit, as the bus was left, had no answer; what it covers may come again."""
        return self._reader is not None and self._reader.unanswered

    @property
    def deleted_unread(self) -> int:
        """How many records were deleted before they could be polled."""
        return self._reader.deleted_unread if self._reader else 0

    def stay_near(self, ahead: Ahead) -> None:
        """From now on a message with content waits while the readers are too far behind; the bus closes `ahead`."""
        self._ahead = ahead
        self._writer.tell(ahead.published)

    def publish(self, message: Message) -> None:
        """See `Bus.publish`; a message that is too large is a dead letter, and goes on as dropped.

        Raises:
            BusClosed: the bus was aborted.
            BrokerError: the broker refuses for good.
        """
        if self._ahead is not None and has_content(message):
            self._ahead.wait()
        camera = camera_of(message)
        partition = message.partition if isinstance(message, Finished) else self._routes.partition(camera or "")
        key = None if camera is None else camera.encode()
        packed = wire.encode(message, self._codec)
        size = size_of(key, packed)
        if size > self._limit:
            letter = Letter(self._topic, partition, NEVER_WRITTEN, key, packed.value, packed.headers)
            self._bury(letter, f"too_large: {size} bytes, at most {self._limit} go over the bus")
            rest = wire.dropped(packed.headers)
            if rest is None:
                return
            packed = wire.encode(rest, self._codec)
            size = size_of(key, packed)
        self._writer.send(partition, key, packed, size)

    def flush(self) -> None:
        """See `Bus.flush`. Raises as `publish`."""
        self._writer.flush()
        if self._dead is not None:
            self._dead.flush()

    def poll(self, limit: int, timeout_s: float, fill_s: float = 0.0) -> Sequence[Message]:
        """See `Bus.poll`; of several partitions, each one's messages stand together.

        Raises:
            BusClosed: the bus was aborted.
            BrokerError: the broker refuses for good.
        """
        self._polled = self._source.poll(limit, timeout_s, fill_s)
        messages = []
        self._places = []
        for record in self._polled:
            message = self._read(record)
            if message is None:
                continue
            camera = camera_of(message)
            if camera is not None:
                self._routes.learn(camera, record.partition)
            messages.append(message)
            self._places.append(Place(record.partition, record.offset))
        return messages

    def places(self) -> Sequence[Place]:
        """See `Bus.places`."""
        return self._places

    def taken_away(self) -> Collection[int]:
        """See `Bus.taken_away`."""
        return self._source.taken_away()

    def reject(self, place: Place, reason: str) -> None:
        """See `Bus.reject`. Raises as `publish`."""
        for record in self._polled:
            if (record.partition, record.offset) == place:
                self._bury(_letter_of(record), reason)
                return
        raise MoodlineError(f"{place} is not of the last poll of '{self._topic}'")

    def commit(self) -> None:
        """See `Bus.commit`; dead letters are safe before it. Raises as `publish`."""
        if self._dead is not None:
            self._dead.flush()
        self._source.commit()

    def finish(self) -> None:
        """See `Bus.finish`: says so in every partition, after all that was published. Raises as `publish`."""
        for partition in range(self.partitions):
            self.publish(Finished(partition))

    @property
    def drained(self) -> bool:
        """See `Bus.drained`: the whole group has committed the end of every partition, and each is finished."""
        return self._source.drained

    def abort(self) -> None:
        """See `Bus.abort`."""
        self._writer.abort()
        if self._ahead is not None:
            self._ahead.abort()
        if self._reader is not None:
            self._reader.abort()
        if self._dead is not None:
            self._dead.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        if self._ahead is not None:
            self._ahead.close()
        if self._reader is not None:
            self._reader.close()

    @property
    def _source(self) -> KafkaReader:
        if self._reader is None:
            raise MoodlineError(f"the bus on '{self._topic}' has no group, so nothing can be polled from it")
        return self._reader

    def _read(self, record: Any) -> Message | None:
        """Decode a record; one that cannot be is a dead letter, of which only the spine goes on."""
        value = record.value or b""
        if len(value) <= self._limit:
            try:
                return wire.decode(value, record.headers)
            except wire.WireError as error:
                reason = str(error)
        else:
            reason = f"too_large: {len(value)} bytes, at most {self._limit} go over the bus"
        self._bury(_letter_of(record), reason)
        return wire.dropped(record.headers)

    def _bury(self, letter: Letter, reason: str) -> None:
        if self._dead is not None:
            self._dead.put(letter, reason)
        else:
            log.error("%s/%d/%d is given up: %s", letter.topic, letter.partition, letter.offset, reason)


def _letter_of(record: Any) -> Letter:
    return Letter(record.topic, record.partition, record.offset, record.key, record.value or b"", record.headers)
