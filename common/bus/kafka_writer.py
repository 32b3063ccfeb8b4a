"""The writing side of a Kafka bus: one topic, bounded memory, and nothing lost or reordered while a broker is away.

A record that is sent is tried until it is acknowledged, however long that takes; its partition waits behind it. Used
by `common.bus.kafka` and for the dead letters.
"""

import threading
from typing import Any

from kafka import errors as kafka_errors

from common.bus.base import BusClosed
from common.bus.gate import ByteGate
from common.bus.kafka_client import Outage, make_producer, sentence
from common.bus.kafka_settings import KafkaSettings
from common.errors import BrokerError
from common.wire import Packed

CLOSE_S = 5.0
_SLICE_S = 0.2
_OVERHEAD_BYTES = 1024
"""What the library holds for each record besides its bytes."""


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
        self._producer: Any = None
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
        self._gate.enter(size)
        try:
            self._raise_failure()
            future = self._send(partition, key, packed)
        except BaseException:
            self._gate.leave(size)
            raise
        future.add_callback(self._arrived, size)
        future.add_errback(self._failed, size)

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

    def _send(self, partition: int, key: bytes | None, packed: Packed) -> Any:
        while not self._closed.is_set():
            try:
                producer = self._producer or self._make()
                return producer.send(self._topic, packed.value, key, packed.headers, partition)
            except (kafka_errors.KafkaTimeoutError, BrokerError) as error:
                self._outage.note(error)
            except kafka_errors.IllegalStateError as error:
                raise BusClosed from error
        raise BusClosed

    def _make(self) -> Any:
        with self._making:
            if self._producer is None and not self._closed.is_set():
                self._producer = make_producer(self._settings)
            return self._producer

    def _arrived(self, size: int, _where: Any) -> None:
        self._gate.leave(size)

    def _failed(self, size: int, error: Exception) -> None:
        self._failure = self._failure or error
        self._gate.leave(size)

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
    return len(key or b"") + len(packed.value) + sum(len(name) + len(value) for name, value in packed.headers)
