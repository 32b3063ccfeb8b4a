"""Keeping a publisher near those who read its topic; used by the worker that begins with ingest, on its output.

A recording is read as fast as it can be, and nothing else slows ingest down across Kafka: without this a long one would
fill the broker's disk, and be deleted by the topic's retention before the next stage has read it. A live camera waits
for nobody; what would have to wait in the topic is dropped before it is sent.
"""

import logging
import threading
import time
from typing import Any, NamedTuple

from kafka import errors as kafka_errors

from common.bus.backlog import Backlog
from common.bus.base import BusClosed
from common.bus.kafka_client import asking, make_admin
from common.bus.kafka_settings import KafkaSettings
from common.errors import BrokerError

log = logging.getLogger(__name__)

ASK_S = 1.0
"""How often it is asked how far the readers are, seconds."""
CONNECT_S = 2.0
_LOOK_S = 0.2
_LEAVE_S = 1.0


class Near(NamedTuple):
    """How near a publisher stays.

    Attributes:
        limit_s: age of the oldest record that is not read from which it is too far ahead, seconds.
        ask_s: how often it is asked how far the readers are, seconds.
        waits: whether the publisher waits then; otherwise it only asks whether it is too far.
    """

    limit_s: float
    ask_s: float = ASK_S
    waits: bool = True


class Ahead:
    """Knows how far a publisher is ahead of the group that reads its topic, and makes it wait when that is too far.

    A thread of its own asks how far the group is; nobody waits for the answer. While no broker answers, what was known
    last stands. A group that never committed has read nothing. Whether one may ask is found out at once.

    Args:
        topic: whole name of the topic.
        group: the group of the next stage.
        settings: where Kafka is, and how many bytes are too far.
        near: how near the publisher stays.
        stop: once set, nothing waits any more, so that what is in hand can be finished.

    Raises:
        BrokerError: Kafka does not allow to ask.
    """

    def __init__(self, topic: str, group: str, settings: KafkaSettings, near: Near, stop: threading.Event) -> None:
        self._topic = topic
        self._group = group
        self._settings = settings.model_copy(update={"connect_s": CONNECT_S})
        self._backlog = Backlog(settings.ahead_mb * 2**20, near.limit_s)
        self._near = near
        self._stop = stop
        self._closed = threading.Event()
        self._read = threading.Event()
        self._thread: threading.Thread | None = None
        self._admin: Any = None
        self._failure: Exception | None = None
        self._said = False
        self._ask()

    @property
    def is_too_far(self) -> bool:
        """Whether a publisher has to wait."""
        return self._backlog.is_too_much(time.monotonic())

    def published(self, partition: int, offset: int, size: int) -> None:
        """Take note of a record that the broker has: its partition, its offset there, and its bytes."""
        self._backlog.add(partition, offset, size, time.monotonic())
        if self._thread is None and not self._closed.is_set():
            self._thread = threading.Thread(target=self._watch, name="ahead", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Wait until the readers are near enough, if the publisher is one that waits.

        Raises:
            BusClosed: it was aborted.
        """
        while self._near.waits and self.is_too_far and not self._stop.is_set():
            if self._closed.is_set():
                raise BusClosed
            if self._failure is not None:
                raise self._failure
            if not self._said:
                self._said = True
                log.info("waiting now and then for '%s', which reads '%s' more slowly", self._group, self._topic)
            self._read.clear()
            self._read.wait(_LOOK_S)

    def abort(self) -> None:
        """Wake and end everybody who waits."""
        self._closed.set()
        self._read.set()

    def close(self) -> None:
        """End the asking."""
        self.abort()
        if self._thread is not None:
            self._thread.join(_LEAVE_S)
        else:
            self._hang_up()

    def _watch(self) -> None:
        try:
            while not self._closed.wait(self._near.ask_s):
                if self._backlog.unread_bytes:
                    self._ask()
        except Exception as error:  # noqa: BLE001  # raised by the publisher, which waits for this thread
            self._failure = error
        finally:
            self._hang_up()

    def _ask(self) -> None:
        """Ask once how far the group is; raises only what will not pass by itself."""
        try:
            self._admin = self._admin or make_admin(self._settings)
            with asking(self._settings):
                found = self._admin.list_group_offsets([self._group])[self._group]
        except (BrokerError, OSError) as error:
            self._hang_up()
            if isinstance(error.__cause__, kafka_errors.AuthorizationError):
                raise
            log.debug("not known how far '%s' is: %s", self._group, error)
            return
        for where, stands in found.items():
            if where.topic == self._topic:
                self._backlog.read(where.partition, stands.offset)
        self._read.set()

    def _hang_up(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()
