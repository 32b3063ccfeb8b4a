"""The bus of one machine: a bounded queue in memory; arrays are passed by reference, nothing is encoded.

Used by `moodline run` and by every test that needs a bus. A full bus makes its publisher wait, which is how a slow
stage slows a file down.
"""

import threading
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from common.bus.base import BusClosed
from common.messages import Message


class MemoryBus:
    """A `Bus` between threads of one process.

    Args:
        capacity: messages held at most.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held: deque[Message] = deque()
        self._finished = False
        self._aborted = False
        self._changed = threading.Condition()

    def publish(self, message: Message) -> None:
        """See `Bus.publish`."""
        with self._changed:
            self._changed.wait_for(lambda: self._aborted or len(self._held) < self._capacity)
            if self._aborted or self._finished:
                raise BusClosed
            self._held.append(message)
            self._changed.notify_all()

    def poll(self, limit: int, timeout_s: float, fill_s: float = 0.0) -> Sequence[Message]:
        """See `Bus.poll`; a bus that is full is not waited for, since nothing more can come."""
        enough = min(limit, self._capacity)
        with self._changed:
            self._changed.wait_for(lambda: self._aborted or self._finished or bool(self._held), timeout_s)
            if fill_s and self._held:
                self._changed.wait_for(lambda: self._aborted or self._finished or len(self._held) >= enough, fill_s)
            if self._aborted:
                raise BusClosed
            taken = [self._held.popleft() for _ in range(min(limit, len(self._held)))]
            if taken:
                self._changed.notify_all()
            return taken

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
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return len(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()
