"""Writing dead letters: records that could not be dealt with, with their place and reason; used by the Kafka bus.

What a letter looks like is in `common.dead`.
"""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from common.bus.kafka_settings import KafkaSettings
from common.bus.kafka_writer import KafkaWriter
from common.dead import HEADER_BYTES, DeadLetter, one_sentence, pack
from common.wire import Packed

log = logging.getLogger(__name__)


NEVER_WRITTEN = -1
"""The offset of what never stood on its topic: it was too large, or its stages are fused."""


class Letter(NamedTuple):
    """A record that could not be dealt with."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes | None]]


class DeadLetters(KafkaWriter):
    """Writes dead letters; shared by the buses of one worker, which flush it before they commit.

    Args:
        topic: whole name of the topic of dead letters, which has one partition.
        stage: who could not deal with them.
        settings: where Kafka is.
        now_ms: gives the time, Unix milliseconds.
    """

    def __init__(self, topic: str, stage: str, settings: KafkaSettings, now_ms: Callable[[], int]) -> None:
        super().__init__(topic, settings)
        self._stage = stage
        self._now_ms = now_ms
        self.written = 0

    def put(self, letter: Letter, reason: str, stage: str | None = None) -> None:
        """Write one letter; `reason` is one sentence, `stage` another one than the worker's own.

        Raises:
            BusClosed: the dead letters were aborted.
            BrokerError: Kafka refuses for good.
        """
        self.written += 1
        log.error("dead letter: %s/%d/%d: %s", letter.topic, letter.partition, letter.offset, one_sentence(reason))
        key = None if letter.key is None else letter.key[:HEADER_BYTES]
        value, headers = pack(
            DeadLetter(
                topic=letter.topic,
                partition=letter.partition,
                offset=letter.offset,
                key=key,
                reason=reason,
                stage=stage or self._stage,
                dead_ms=self._now_ms(),
                size=len(letter.value),
                headers=[(name, held or b"") for name, held in letter.headers],
                value=letter.value,
            )
        )
        self.send(0, key, Packed(value, headers))
