"""Builders of records on topics, for the tests of dead letters and of the ledger."""

from typing import Any, NamedTuple

from kafka import OffsetAndMetadata, TopicPartition

from common import wire
from common.bus import topics
from common.bus.kafka_client import make_consumer, make_producer
from common.dead import DeadLetter, pack
from common.messages import Closed, Faces, Frame, Message, Opened, Readings, Spine, camera_of

START_MS = 1_777_626_000_000


class Record(NamedTuple):
    """A record as a consumer gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def spine(seq, camera="shop", epoch="e1", step_ms=100, mode="file"):
    time_ms = START_MS + seq * step_ms
    return Spine(camera, epoch, seq, time_ms, "file", 0.0, time_ms + 5, mode)


def frame(seq, dropped=None, **names):
    return Frame(spine(seq, **names), 64, 48, None, dropped or "behind")


def faces(seq, dropped=None, **names):
    return Faces(spine(seq, **names), (), "0123456789ab", dropped)


def readings(seq, dropped=None, **names):
    return Readings(spine(seq, **names), (), "0123456789ab", dropped)


def opened(camera="shop", epoch="e1"):
    return Opened(camera, epoch, START_MS, "file", 10.0, 64, 48, "shop.mp4", "0123456789ab")


def closed(last_seq, camera="shop", epoch="e1", reason="end"):
    return Closed(camera, epoch, START_MS + max(last_seq, 0) * 100, last_seq, reason, 0, 0)


def records(*messages: Message, topic="moodline.faces", partition=0, offset=0):
    """Records of these messages, one after the other in one partition."""
    made = []
    for place, message in enumerate(messages, offset):
        key = (camera_of(message) or "").encode()
        made.append(Record(topic, partition, place, key, *wire.encode(message, "raw")))
    return made


def letter(message: Message, topic="moodline.scores", **changes) -> DeadLetter:
    """The dead letter of a message."""
    (record,) = records(message, topic=topic)
    given = {
        "topic": topic,
        "partition": 0,
        "offset": 5,
        "key": record.key,
        "reason": "the body is not a message",
        "stage": "sink",
        "dead_ms": START_MS,
        "size": len(record.value or b""),
        "headers": record.headers,
        "value": record.value or b"",
    }
    return DeadLetter(**(given | changes))


def dead_record(one: DeadLetter, offset=0):
    return Record("moodline.dead", 0, offset, one.key, *pack(one))


class Kafka:
    """Topics of one prefix in a real broker, filled by hand."""

    def __init__(self, settings, prefix):
        self.settings, self.prefix = settings, prefix
        topics.ensure(settings, prefix)
        self._producer = make_producer(settings)

    def name(self, topic):
        return topics.name_of(self.prefix, topic)

    def put(self, topic, *messages, partition=0):
        for one in records(*messages):
            self._send(topic, partition, one.key, one.value, one.headers)

    def put_raw(self, topic, value, key=b"shop", headers=(), partition=0):
        self._send(topic, partition, key, value, list(headers))

    def bury(self, *letters):
        for one in letters:
            value, headers = pack(one)
            self._send(topics.DEAD, 0, one.key, value, headers)

    def commit(self, stage, topic, offset, partition=0):
        consumer = make_consumer(self.settings, f"{self.prefix}.{stage}")
        where = TopicPartition(self.name(topic), partition)
        consumer.assign([where])
        consumer.commit({where: OffsetAndMetadata(offset, "", -1)})
        consumer.close(autocommit=False)

    def _send(self, topic, partition, key, value, headers) -> Any:
        self._producer.send(self.name(topic), value, key, headers, partition).get(30)

    def close(self):
        self._producer.close()
