"""Reading a topic from outside: from its begin to where it ends now, as no member of any group, changing nothing.

Used by `moodline dead` and `moodline ledger`.
"""

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from kafka import TopicPartition

from common.bus.base import Place
from common.bus.kafka_client import asking, make_admin, make_consumer
from common.bus.kafka_settings import KafkaSettings
from common.bus.topics import describe
from common.errors import BrokerError

SILENCE_S = 30.0
"""Longest time without any progress before the reading is given up, seconds."""
_POLL_MS = 500
_ASK_MS = 10_000


class TopicReader:
    """Reads topics; use it as a context, which closes its connection.

    Args:
        settings: where Kafka is.

    Raises:
        BrokerError: Kafka is away or refuses; so does every method.
        SettingsError: a file of a certificate cannot be used.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._consumer = make_consumer(settings, None)

    def read(self, topic: str, starts: Mapping[int, int] | None = None) -> Iterator[Any]:
        """Give the records of a topic that are there now, each partition's in order.

        Args:
            topic: its whole name.
            starts: first offset of a partition; a partition without one is read from its begin.
        """
        partitions = [TopicPartition(topic, number) for number in range(describe(self._settings, topic).partitions)]
        with asking(self._settings):
            ends = self._consumer.end_offsets(partitions, timeout_ms=_ASK_MS)
            begins = self._consumer.beginning_offsets(partitions, timeout_ms=_ASK_MS)
        first = {one: max(begins[one], (starts or {}).get(one.partition, 0)) for one in partitions}
        yield from self._between({one: (first[one], ends[one]) for one in partitions if first[one] < ends[one]})

    def find(self, topic: str, place: Place) -> Any | None:
        """Give one record; None if it is not there, or no longer."""
        where = TopicPartition(topic, place.partition)
        if place.partition >= describe(self._settings, topic).partitions:
            return None
        with asking(self._settings):
            begin = self._consumer.beginning_offsets([where], timeout_ms=_ASK_MS)[where]
            end = self._consumer.end_offsets([where], timeout_ms=_ASK_MS)[where]
        if not begin <= place.offset < end:
            return None
        return next(self._between({where: (place.offset, place.offset + 1)}), None)

    def _between(self, spans: Mapping[TopicPartition, tuple[int, int]]) -> Iterator[Any]:
        left = dict(spans)
        with asking(self._settings):
            self._consumer.assign(list(spans))
            self._consumer.resume(*spans)  # one that was read to its end before is still paused
            for one, (first, _) in spans.items():
                self._consumer.seek(one, first)
        progress = time.monotonic()
        while left:
            with asking(self._settings):
                found = self._consumer.poll(timeout_ms=_POLL_MS)
                done = [one for one, (_, end) in left.items() if (self._consumer.position(one, _ASK_MS) or 0) >= end]
                self._consumer.pause(*done)
            for where, records in found.items():
                yield from (record for record in records if record.offset < spans[where][1])
            for one in done:
                del left[one]
            if found or done:
                progress = time.monotonic()
            elif time.monotonic() - progress > SILENCE_S:
                raise BrokerError(f"Kafka at {self._settings.bootstrap_servers} stopped answering; try again later")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close(autocommit=False)


def committed(settings: KafkaSettings, group: str, topic: str) -> dict[int, int]:
    """Give up to where a group is through with a topic: the next offset, by partition; none of what it never committed.

    Raises:
        BrokerError: Kafka is away or refuses.
        SettingsError: a file of a certificate cannot be used.
    """
    admin = make_admin(settings)
    try:
        with asking(settings):
            found = admin.list_group_offsets([group])[group]
    finally:
        admin.close()
    return {where.partition: stands.offset for where, stands in found.items() if where.topic == topic}
