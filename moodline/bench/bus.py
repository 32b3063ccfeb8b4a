"""Messages a second through the loop of a worker whose stage does nothing, beside bare kafka-python in the same run.

Used by `bench bus`. The bare loop consumes, produces, flushes and commits with the settings that our own clients have,
as many records at a time, of the same size, without headers, and passes their values on as they are. Ours decodes,
checks and encodes every message, and counts what is in flight. The two take turns, so that whatever else the machine
does meets both.
"""

import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

import numpy as np

from common import wire
from common.bus import topics
from common.bus.kafka import KafkaBus
from common.bus.kafka_client import make_admin, make_consumer, make_producer
from common.bus.kafka_settings import KafkaSettings
from common.bus.routes import Routes
from common.errors import BrokerError
from common.garbage import calm
from common.messages import Frame, Message, Spine
from common.worker import Intake, Worker

SIDES = (40, 32)
"""Width and height of the frames; with them a record has 2 kB."""
SILENCE_S = 60.0

PLACES = {"bare": (topics.SCORES, topics.READINGS), "ours": (topics.FRAMES, topics.FACES)}
"""The topics that each loop reads and writes."""


class Passes(NamedTuple):
    """How much is measured: messages of each pass, passes of each loop, and messages at a time, at most."""

    messages: int
    rounds: int
    batch: int


class Taken(NamedTuple):
    """What a message took: seconds by the clock in one pass, and seconds of the processor in each of its turns."""

    wall_s: float
    cpu_s: list[float]


class Empty:
    """A stage that gives what it gets."""

    def process(self, messages: Sequence[Message]) -> Sequence[Message]:
        """See `Stage.process`."""
        return messages

    def forget(self, camera: str) -> None:
        """See `Stage.forget`; nothing is held."""

    def close(self) -> None:
        """See `Stage.close`."""


def bench_bus(kafka: KafkaSettings, passes: Passes) -> dict[str, Any]:
    """Measure both loops.

    Args:
        kafka: where Kafka is; topics of our own are made there, and deleted in the end.
        passes: how much is measured.

    Returns:
        Of each loop the median messages a second, and what the quickest quarter of all turns takes at most of the
        processor, all threads together, microseconds a message: other work on the machine only adds to that. The ratio
        of the former, ours to bare, and of the latter, bare to ours. The bytes of a record's value.
    """
    with _topics(kafka) as prefix:
        size = _fill(kafka, prefix, (passes.messages + 2 * passes.batch) * passes.rounds)
        calm()  # as a worker does before it begins
        taken: dict[str, list[Taken]] = {name: [] for name in PLACES}
        for number in range(passes.rounds):
            for name in sorted(PLACES, reverse=bool(number % 2)):
                taken[name].append(LOOPS[name](kafka, prefix, passes))
    rate = {name: statistics.median(1 / one.wall_s for one in some) for name, some in taken.items()}
    cpu = {name: 1e6 * _quarter([turn for one in some for turn in one.cpu_s]) for name, some in taken.items()}
    return {
        "value_bytes": size,
        "messages_per_second": {name: round(value, 1) for name, value in rate.items()},
        "cpu_us_per_message": {name: round(value, 2) for name, value in cpu.items()},
        "ratio": round(rate["ours"] / rate["bare"], 3),
        "cpu_ratio": round(cpu["bare"] / cpu["ours"], 3),
    }


def _ours(kafka: KafkaSettings, prefix: str, passes: Passes) -> Taken:
    source, output = (topics.name_of(prefix, topic) for topic in PLACES["ours"])
    routes = Routes()
    with (
        KafkaBus(source, kafka, routes, group=f"{prefix}.ours") as inputs,
        KafkaBus(output, kafka, routes, "raw") as outputs,
    ):
        worker = Worker(Empty(), inputs, outputs, None, Intake(passes.batch), threading.Event())
        return _timed(worker.turn, passes.messages)


def _bare(kafka: KafkaSettings, prefix: str, passes: Passes) -> Taken:
    source, output = (topics.name_of(prefix, topic) for topic in PLACES["bare"])
    consumer = make_consumer(kafka, f"{prefix}.bare")
    producer = make_producer(kafka)
    consumer.subscribe([source])

    def turn() -> int:
        count = 0
        for records in consumer.poll(timeout_ms=500, max_records=passes.batch).values():
            for record in records:
                producer.send(output, record.value, record.key, partition=record.partition)
            count += len(records)
        producer.flush()
        if count:
            consumer.commit()
        return count

    with closing(consumer), closing(producer):
        return _timed(turn, passes.messages)


LOOPS: dict[str, Callable[[KafkaSettings, str, Passes], Taken]] = {"bare": _bare, "ours": _ours}


def _timed(turn: Callable[[], int], messages: int) -> Taken:
    """Time so many messages, from the end of the first turn that had any."""
    deadline = time.monotonic() + SILENCE_S
    while not turn():
        if time.monotonic() > deadline:
            raise BrokerError("Kafka gives none of the messages that were written for the measurement; try it again")
    done, turns, began = 0, [], time.perf_counter()
    while done < messages:
        before = time.process_time()
        count = turn()
        if count:
            turns.append((time.process_time() - before) / count)
        done += count
    return Taken((time.perf_counter() - began) / done, turns)


def _quarter(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 4]


def _fill(kafka: KafkaSettings, prefix: str, count: int) -> int:
    """Write what both loops are to read; gives the bytes of a value."""
    width, height = SIDES
    planes = np.random.default_rng(0).integers(0, 256, (height * 3 // 2, width), np.uint8)
    size = 0
    with closing(make_producer(kafka)) as producer:
        for number in range(count):
            partition = number % kafka.partitions
            camera = f"camera{partition}"
            spine = Spine(camera, "bench", number, number * 100, "file", 0.0, number * 100, "file")
            value, headers = wire.encode(Frame(spine, width, height, planes), "raw")
            size = len(value)
            for name in PLACES:
                topic = topics.name_of(prefix, PLACES[name][0])
                producer.send(topic, value, camera.encode(), headers if name == "ours" else None, partition)
        producer.flush()
    return size


@contextmanager
def _topics(kafka: KafkaSettings) -> Iterator[str]:
    prefix = f"bench{uuid.uuid4().hex[:8]}"
    topics.ensure(kafka, prefix)
    try:
        yield prefix
    finally:
        with closing(make_admin(kafka)) as admin:
            admin.delete_topics([topic.name for topic in topics.wanted(kafka, prefix)])
