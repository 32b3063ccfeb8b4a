"""A topic with its dead letters and the buses on it, and how to publish and take; for the tests of the Kafka bus."""

import threading
import time
from contextlib import ExitStack, contextmanager

from common.bus import topics
from common.bus.dead_letters import DeadLetters
from common.bus.kafka import KafkaBus
from common.bus.kafka_client import make_consumer
from common.bus.routes import Routes
from common.dead import unpack
from common.messages import Finished
from tests.builders_messages import empty_frame

LONG_S = 90.0
"""So long that a test which really waits for it has failed."""

CAMERAS = ("a", "b", "c", "d", "e", "f")


class Place:
    """One topic and its dead letters, and buses on it; everything is closed in the end."""

    def __init__(self, settings, prefix):
        self.settings, self.prefix = settings, prefix
        self.name = topics.name_of(prefix, topics.FRAMES)
        self.stack = ExitStack()
        topics.ensure(settings, prefix)
        self.dead = self.stack.enter_context(
            DeadLetters(topics.name_of(prefix, topics.DEAD), "detector", settings, lambda: 12345)
        )

    def bus(self, group=None, **options):
        routes = Routes(lambda camera: CAMERAS.index(camera) % self.settings.partitions)
        bus = KafkaBus(self.name, self.settings, routes, group=group, dead=self.dead, codec="raw", **options)
        return self.stack.enter_context(bus)

    def letters(self, count):
        """Read the dead letters there are, which must be `count`."""
        self.dead.flush()
        consumer = make_consumer(self.settings, "letters")
        consumer.subscribe([topics.name_of(self.prefix, topics.DEAD)])
        found, deadline = [], time.monotonic() + LONG_S
        try:
            while len(found) < count and time.monotonic() < deadline:
                for records in consumer.poll(500).values():
                    found += [unpack(one.value, one.headers, (one.partition, one.offset), one.key) for one in records]
        finally:
            consumer.close(timeout_ms=5000)
        assert len(found) == count
        return found


def until(condition):
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def take(bus, count, *, commit=True):
    """Poll until `count` messages have come, without the marks of the end."""
    taken, deadline = [], time.monotonic() + LONG_S
    while len(taken) < count:
        assert time.monotonic() < deadline, f"{len(taken)} of {count} came"
        taken += [one for one in bus.poll(50, 0.5) if not isinstance(one, Finished)]
        if commit:
            bus.commit()
    return taken


def seqs(messages):
    """Give the sequence numbers of each camera, in the order in which they came."""
    found = {}
    for message in messages:
        found.setdefault(message.spine.camera, []).append(message.spine.seq)
    return found


def publish(bus, count, *, first=0, cameras=CAMERAS):
    for seq in range(first, first + count):
        for camera in cameras:
            bus.publish(empty_frame(seq, camera=camera))


@contextmanager
def in_background(job):
    errors = []

    def run():
        try:
            job()
        except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield thread
    thread.join(LONG_S)
    assert not thread.is_alive()
    if errors:
        raise errors[0]
