"""Counting records that were deleted before they were read: gaps in the offsets; used by `common.bus.kafka_reader`.

A topic keeps its records for a time, read or not. A consumer whose next record is gone goes on with the first one that
is left, and its library does not say so.
"""


class Gaps:
    """Knows of each partition which offset comes next."""

    def __init__(self) -> None:
        self._next: dict[int, int] = {}

    def knows(self, partition: int) -> bool:
        """Whether it is known what comes next."""
        return partition in self._next

    def begin(self, partition: int, offset: int) -> None:
        """Take note of where the reading of a partition begins."""
        self._next[partition] = offset

    def see(self, partition: int, first: int, last: int) -> int:
        """Take note of records that were read.

        Args:
            partition: where they stand; one that is not known begins here.
            first: offset of the first one.
            last: offset of the last one.

        Returns:
            How many before them are missing.
        """
        missing = max(first - self._next.get(partition, first), 0)
        self._next[partition] = last + 1
        return missing

    def leave(self, partition: int) -> None:
        """Forget a partition, which another reads from now on."""
        self._next.pop(partition, None)
