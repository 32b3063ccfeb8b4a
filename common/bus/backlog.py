"""What was published and is not yet read by the next stage: its bytes and its age; used by `common.bus.ahead`.

A topic keeps its records for a time, read or not, so that a publisher which runs far ahead of its readers loses them.
Records are counted together in pieces, each of which counts as unread until all of it was read; so the memory that
this takes is bounded by the time and the bytes that a publisher may be ahead.
"""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass

PIECES = 64
"""Into how many pieces the limits are cut, of each partition."""


@dataclass
class _Piece:
    """Neighbouring records: the offset of the last one, their bytes, and when the first one was published, seconds."""

    last: int
    size: int
    since_s: float


class Backlog:
    """Counts; safe for many threads.

    Args:
        limit_bytes: how much of it is too much.
        limit_s: how old is too old, seconds. What is more than twice as old is forgotten: nobody can read it any more.
    """

    def __init__(self, limit_bytes: int, limit_s: float) -> None:
        self._limit_bytes = limit_bytes
        self._limit_s = limit_s
        self._pieces: defaultdict[int, deque[_Piece]] = defaultdict(deque)
        self._bytes = 0
        self._oldest_s = float("inf")
        self._one_at_a_time = threading.Lock()

    @property
    def unread_bytes(self) -> int:
        """Bytes that were published and not read."""
        return self._bytes

    def age_s(self, now_s: float) -> float:
        """Give how long ago the oldest of it was published, seconds; 0 if all was read."""
        return max(now_s - self._oldest_s, 0.0)

    def is_too_much(self, now_s: float) -> bool:
        """Whether a limit is passed."""
        return self._bytes > self._limit_bytes or self.age_s(now_s) > self._limit_s

    def add(self, partition: int, offset: int, size: int, now_s: float) -> None:
        """Count a record that was published; those of a partition come by rising offset.

        Args:
            partition: where it stands.
            offset: its offset there.
            size: its bytes.
            now_s: the time, seconds, of any clock that never goes back.
        """
        with self._one_at_a_time:
            pieces = self._pieces[partition]
            if not pieces or self._is_whole(pieces[-1], now_s):
                pieces.append(_Piece(offset, 0, now_s))
                self._forget(pieces, now_s)
            last = pieces[-1]
            last.last = max(last.last, offset)
            last.size += size
            self._bytes += size
            self._oldest_s = min(self._oldest_s, now_s)

    def read(self, partition: int, offset: int) -> None:
        """Take note of how far a partition was read: all before `offset`."""
        with self._one_at_a_time:
            pieces = self._pieces[partition]
            while pieces and pieces[0].last < offset:
                self._bytes -= pieces.popleft().size
            self._find_oldest()

    def _is_whole(self, piece: _Piece, now_s: float) -> bool:
        return piece.size >= self._limit_bytes / PIECES or now_s - piece.since_s >= self._limit_s / PIECES

    def _forget(self, pieces: "deque[_Piece]", now_s: float) -> None:
        while now_s - pieces[0].since_s > 2 * self._limit_s:
            self._bytes -= pieces.popleft().size
            self._find_oldest()

    def _find_oldest(self) -> None:
        self._oldest_s = min((pieces[0].since_s for pieces in self._pieces.values() if pieces), default=float("inf"))
