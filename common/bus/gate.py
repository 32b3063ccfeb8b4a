"""How many bytes may be on their way to the broker at once; the Kafka bus passes everything it publishes through it.

The producer's library holds whatever it is given, so an outage of the broker would fill the memory. The gate makes
publishers wait instead. A message without a picture is so small that it need not wait for pictures: it may use a
spare allowance above the limit, which is bounded too.
"""

import threading
from collections import deque

from common.bus.base import BusClosed

SMALL_BYTES = 16 * 1024
"""What is at most so big may use the spare allowance: a message without its picture or crops."""


class ByteGate:
    """Counts bytes in flight, and makes whoever brings more of them wait; safe for many threads.

    Args:
        limit: bytes in flight at most; one message that is bigger alone passes when nothing else is in flight.
        spare: bytes on top of it that only small messages may use.
    """

    def __init__(self, limit: int, spare: int) -> None:
        self._limit = limit
        self._spare = spare
        self._held = 0
        self._left: deque[int] = deque()
        self._biggest = 0
        self._waiting = 0
        self._closed = False
        self._one_at_a_time = threading.Lock()
        self._changed = threading.Condition(self._one_at_a_time)

    @property
    def held(self) -> int:
        """Bytes in flight."""
        with self._one_at_a_time:
            return self._inside()

    @property
    def crowded(self) -> bool:
        """Whether another message as big as the biggest so far would have to wait."""
        held = self.held
        return held > 0 and held + self._biggest > self._limit

    def enter(self, size: int) -> None:
        """Wait until `size` more bytes may be in flight.

        Raises:
            BusClosed: the gate was closed.
        """
        with self._one_at_a_time:
            self._biggest = max(self._biggest, size)
            if not self._closed and not self._has_room(size):
                self._waiting += 1
                self._changed.wait_for(lambda: self._closed or self._has_room(size))
                self._waiting -= 1
            if self._closed:
                raise BusClosed
            self._held += size

    def leave(self, size: int) -> None:
        """Take back `size` bytes, which have arrived or failed; never waits for whoever is entering."""
        self._left.append(size)
        if self._waiting:
            with self._changed:
                self._changed.notify_all()

    def close(self) -> None:
        """Wake and end everybody who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        held = self._inside()
        if held == 0 or held + size <= self._limit:
            return True
        return size <= SMALL_BYTES and held + size <= self._limit + self._spare

    def _inside(self) -> int:
        while self._left:
            self._held -= self._left.popleft()
        return self._held
