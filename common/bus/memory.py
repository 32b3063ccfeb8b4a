"""The bus of one machine: a bounded queue in memory; arrays are passed by reference, nothing is encoded.

Used by `moodline run` and by every test that needs a bus. A full bus makes its publisher wait, which is how a slow
stage slows a file down. Only what has content takes room: the word that a frame was dropped must not wait for pictures.
"""

import logging
import threading
from collections import deque
from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Self

from common.bus.base import BusClosed, Place
from common.messages import Message, has_content

log = logging.getLogger(__name__)

LIGHT = 1000
"""How many messages without content may wait for each with content."""
TOGETHER = 256
"""Messages without content that wake a poller, and messages that come with one poll at most."""
LINGER_S = 0.05
"""How long fewer of them wait for others, seconds: each waking costs more than the message."""


class MemoryBus:
    """A `Bus` between threads of one process.

    Args:
        capacity: messages with content held at most; of those without, `LIGHT` times as many.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held: deque[Message] = deque()
        self._full = 0
        self._places: list[Place] = []
        self._taken = 0
        self._finished = False
        self._aborted = False
        self._changed = threading.Condition()

    def publish(self, message: Message) -> None:
        """See `Bus.publish`."""
        with self._changed:
            heavy = has_content(message)
            self._changed.wait_for(lambda: self._aborted or self._has_room(heavy))
            if self._aborted or self._finished:
                raise BusClosed
            self._held.append(message)
            self._full += heavy
            if heavy or len(self._held) % TOGETHER == 0:
                self._changed.notify_all()

    @property
    def identity(self) -> str:
        """See `Bus.identity`."""
        return f"memory-{id(self)}"

    @property
    def crowded(self) -> bool:
        """See `Bus.crowded`."""
        with self._changed:
            return self._full >= self._capacity

    def flush(self) -> None:
        """See `Bus.flush`; what is in memory is as safe as it will be."""

    def poll(self, limit: int, timeout_s: float, fill_s: float = 0.0) -> Sequence[Message]:
        """See `Bus.poll`; a bus that is full is not waited for, since nothing more can come.

        The limit is of messages with content; those without come along.
        """
        with self._changed:
            self._wait_for_some(timeout_s)
            if fill_s and self._held:
                self._changed.wait_for(lambda: self._aborted or self._finished or self._is_enough(limit), fill_s)
            if self._aborted:
                raise BusClosed
            taken = self._take(limit)
            self._places = [Place(0, self._taken + index) for index in range(len(taken))]
            self._taken += len(taken)
            if taken:
                self._changed.notify_all()
            return taken

    def places(self) -> Sequence[Place]:
        """See `Bus.places`."""
        return self._places

    def taken_away(self) -> Collection[int]:
        """See `Bus.taken_away`; there is one partition, and one poller."""
        return ()

    def reject(self, place: Place, reason: str) -> None:
        """See `Bus.reject`; one machine has no dead letters, its log says what happened."""
        log.error("message %d cannot be dealt with: %s", place.offset, reason)

    def commit(self) -> None:
        """See `Bus.commit`; a message taken from memory cannot come again."""

    def finish(self) -> None:
        """See `Bus.finish`."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    @property
    def drained(self) -> bool:
        """See `Bus.drained`."""
        with self._changed:
            return self._finished and not self._held

    def abort(self) -> None:
        """See `Bus.abort`."""
        with self._changed:
            self._aborted = True
            self._held.clear()
            self._full = 0
            self._changed.notify_all()

    def _wait_for_some(self, timeout_s: float) -> None:
        while not self._changed.wait_for(self._is_pressing, min(timeout_s, LINGER_S)):
            timeout_s -= LINGER_S
            if self._held or timeout_s <= 0:
                return

    def _is_pressing(self) -> bool:
        return self._aborted or self._finished or self._full > 0 or len(self._held) >= TOGETHER

    def _take(self, limit: int) -> list[Message]:
        taken: list[Message] = []
        most = max(limit, TOGETHER)
        while self._held and len(taken) < most:
            heavy = has_content(self._held[0])
            if heavy and limit == 0:
                break
            limit -= heavy
            self._full -= heavy
            taken.append(self._held.popleft())
        return taken

    def _has_room(self, heavy: bool) -> bool:
        return self._full < self._capacity if heavy else len(self._held) < LIGHT * self._capacity

    def _is_enough(self, limit: int) -> bool:
        return self._full >= min(limit, self._capacity)

    def __len__(self) -> int:
        with self._changed:
            return len(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()
