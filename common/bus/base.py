"""The contract of a bus: one arrow between two stages. Runners use it; `memory` implements it on one machine."""

from collections.abc import Collection, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from common.messages import Message


class BusClosed(Exception):  # noqa: N818  # a state that ends a loop, not an error
    """The bus was aborted: nothing more can be published or polled."""


class Place(NamedTuple):
    """Where a message stands on its bus: all messages of a camera share a partition, and come by rising offset."""

    partition: int
    offset: int


class Bus(Protocol):
    """Carries messages in order, each camera's in the order in which it published them.

    What was polled and not committed comes again, to this poller or to another, if its poller ends or loses its
    partition; a bus in memory, which ends with its process, need not keep that promise.
    """

    @property
    def identity(self) -> str:
        """Name of this very bus; places of a bus with another identity mean nothing here."""

    def publish(self, message: Message) -> None:
        """Append one message; waits while the bus is full.

        Raises:
            BusClosed: the bus was aborted.
        """

    @property
    def crowded(self) -> bool:
        """Whether a message of full size would have to wait; what cannot wait leaves its picture behind."""

    def flush(self) -> None:
        """Wait until everything that was published is held safely.

        Raises:
            BusClosed: the bus was aborted.
        """

    def poll(self, limit: int, timeout_s: float, fill_s: float = 0.0) -> Sequence[Message]:
        """Take up to `limit` messages, in order; those without content need not be counted.

        Args:
            limit: messages at most.
            timeout_s: longest wait for the first message, seconds.
            fill_s: longest wait, from then on, for `limit` messages to be there.

        Raises:
            BusClosed: the bus was aborted.
        """

    def places(self) -> Sequence[Place]:
        """Give the place of each message of the last poll."""

    def taken_away(self) -> Collection[int]:
        """Give the partitions that went to another poller since this was last asked."""

    def reject(self, place: Place, reason: str) -> None:
        """Put a message of the last poll among the dead letters; its spine goes on as dropped all the same."""

    def commit(self) -> None:
        """Everything polled so far has been dealt with and need not come again."""

    def finish(self) -> None:
        """Say that no more messages will be published."""

    @property
    def drained(self) -> bool:
        """Whether no more messages will come: finished, and everything was polled."""

    def abort(self) -> None:
        """Wake and end everybody who waits."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
