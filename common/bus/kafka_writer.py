"""The writing side of a Kafka bus: one topic, bounded memory, and nothing lost or reordered while a broker is away.

A record that is sent is tried until it is acknowledged, however long that takes; its partition waits behind it. Used
by `common.bus.kafka` and for the dead letters.
"""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from kafka import TopicPartition
from kafka import errors as kafka_errors

from common.bus.base import BusClosed
from common.bus.gate import ByteGate
from common.bus.kafka_client import Outage, Producer, make_producer, sentence
from common.bus.kafka_settings import KafkaSettings
from common.errors import BrokerError
from common.wire import Packed

CLOSE_S = 5.0
_SLICE_S = 0.2
_OVERHEAD_BYTES = 1024
"""What the library holds for each record besides its bytes."""
_QUICK_BYTES = 64 * 1024
"""Up to this size what the library does for each record costs more than its bytes do."""


class KafkaWriter:
    """Publishes records to one topic; safe for many threads. Its producer is made when it is first needed.

    Args:
        topic: whole name of the topic.
        settings: where Kafka is, and how much may be in flight.
    """

    def __init__(self, topic: str, settings: KafkaSettings) -> None:
        self._topic = topic
        self._settings = settings
        limit = settings.inflight_mb * 2**20
        self._outage = Outage(settings)
        self._gate = ByteGate(limit, limit // 8)
        self._producer: Producer | None = None
        self._known = False
        self._told = (self._arrived, self._failed)
        self._tell: Callable[[int, int, int], None] | None = None
        self._places: dict[int, TopicPartition] = {}
        self._making = threading.Lock()
        self._closed = threading.Event()
        self._failure: Exception | None = None

    @property
    def crowded(self) -> bool:
        """Whether a record of full size would have to wait."""
        return self._gate.crowded

    @property
    def in_flight(self) -> int:
        """Bytes that are not acknowledged yet."""
        return self._gate.held

    def tell(self, arrived: Callable[[int, int, int], None]) -> None:
        """From now on, tell of each record that the broker has: its partition, its offset there, and its bytes."""
        self._tell = arrived

    def send(self, partition: int, key: bytes | None, packed: Packed, size: int | None = None) -> None:
        """Append one record; waits while too much is in flight.

        Args:
            partition: where it goes.
            key: its key.
            packed: its value and headers.
            size: its size as `size_of` gives it, where that is known.

        Raises:
            BusClosed: the writer was aborted.
            BrokerError: a record was refused for good; what was sent since the last flush may be lost.
        """
        size = (size_of(key, packed) if size is None else size) + _OVERHEAD_BYTES
        try:
            self._gate.enter(size)
        except BusClosed:
            self._raise_failure()
            raise
        try:
            if self._known and size <= _QUICK_BYTES:
                self._append(partition, key, packed)
            else:
                self._send(partition, key, packed)
        except BaseException:
            self._gate.leave(size)
            raise

    def flush(self) -> None:
        """Wait until everything that was sent is acknowledged. Raises as `send`."""
        while (producer := self._producer) is not None:
            if self._closed.is_set():
                raise BusClosed
            try:
                producer.flush(_SLICE_S)
            except kafka_errors.KafkaError as error:
                self._outage.note(error)
            else:
                self._outage.over()
                break
        self._raise_failure()

    def abort(self) -> None:
        """Wake and end everybody who waits."""
        self._closed.set()
        self._gate.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up what is still in flight, and release the connection."""
        self.abort()
        with self._making:
            producer, self._producer = self._producer, None
        if producer is None:
            return
        if self._gate.held:
            # `close` of the library raises, and stays open, as long as something is in flight.
            producer._sender.force_close()  # noqa: SLF001  # there is no other way to give up
            producer._sender.join(CLOSE_S)  # noqa: SLF001  # the same
        producer.close(CLOSE_S)

    def _append(self, partition: int, key: bytes | None, packed: Packed) -> None:
        where = self._places.get(partition)
        if where is None:
            where = self._places[partition] = TopicPartition(self._topic, partition)
        producer = self._producer
        if producer is None:
            raise BusClosed
        try:
            producer.append(where, key, packed.value, packed.headers, self._told)
        except kafka_errors.IllegalStateError as error:
            raise BusClosed from error

    def _send(self, partition: int, key: bytes | None, packed: Packed) -> None:
        while not self._closed.is_set():
            try:
                producer = self._producer or self._make()
                future = producer.send(self._topic, packed.value, key, packed.headers, partition)
            except (kafka_errors.KafkaTimeoutError, BrokerError) as error:
                self._outage.note(error)
            except kafka_errors.IllegalStateError as error:
                raise BusClosed from error
            else:
                future.add_callback(self._arrived)
                future.add_errback(self._failed)
                self._known = True
                return
        raise BusClosed

    def _make(self) -> Producer:
        with self._making:
            if self._producer is None and not self._closed.is_set():
                self._producer = make_producer(self._settings)
            if self._producer is None:
                raise BusClosed
            return self._producer

    def _arrived(self, told: Any) -> None:
        size = max(told.serialized_key_size, 0) + told.serialized_value_size + max(told.serialized_header_size, 0)
        self._gate.leave(size + _OVERHEAD_BYTES)
        if self._tell is not None:
            self._tell(told.partition, told.offset, size)

    def _failed(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._gate.close()

    def _raise_failure(self) -> None:
        if self._failure is None:
            return
        if self._closed.is_set():
            raise BusClosed
        raise BrokerError(
            f"topic '{self._topic}' took not all that was sent; start this worker again, which sends it again "
            f"({sentence(self._failure, self._settings)})"
        ) from self._failure


def size_of(key: bytes | None, packed: Packed) -> int:
    """Give the size of a record: its key, value and headers, bytes."""
    size = len(packed.value) if key is None else len(key) + len(packed.value)
    for name, value in packed.headers:
        size += len(name.encode()) + len(value)
    return size
