"""A simulated topic: partitions, the group that reads it, and its dead letters. Used by `bus`, whose views share it.

The simulator decides what a broker decides: which member of the group owns which partition, whether a commit of one
that lost a partition is refused, and where a new owner begins. A member learns what it lost only when it polls.
"""

import threading
from collections.abc import Callable, Iterable
from itertools import count
from typing import NamedTuple

from common.bus.base import Place
from common.messages import Finished, Message, coordinates

_numbers = count()


class Rejected(NamedTuple):
    """A dead letter: the place of a message that could not be dealt with, and why."""

    place: Place
    reason: str


class Topic:
    """What all views of one simulated bus share.

    Args:
        name: its name.
        partitions: how many it has.
        route: gives the partition of a camera.
        patience: share of every timeout that is really waited: 1 among threads, 0 in a simulation, where all that can
            come is there.
        unreadable: whether a record cannot be decoded.
    """

    def __init__(
        self,
        name: str,
        partitions: int = 1,
        route: Callable[[str], int] = lambda _: 0,
        patience: float = 1.0,
        unreadable: Callable[[Message], bool] = lambda _: False,
    ) -> None:
        self.identity = f"{name}:{next(_numbers)}"
        self.logs: list[list[Message]] = [[] for _ in range(partitions)]
        self.dead: list[Rejected] = []
        self.route = route
        self.patience = patience
        self.unreadable = unreadable
        self.changed = threading.Condition()
        self.group = Group(partitions)

    def append(self, partition: int, messages: Iterable[Message]) -> None:
        """Write messages to the end of a partition."""
        with self.changed:
            self.logs[partition].extend(messages)
            self.changed.notify_all()

    @property
    def told(self) -> list[list[str]]:
        """The coordinates of all messages of each partition."""
        return [[coordinates(message) for message in log] for log in self.logs]

    @property
    def drained(self) -> bool:
        """Whether the group committed the end of every partition, and each ends with the word that it is finished."""
        return self.caught_up and all(log and isinstance(log[-1], Finished) for log in self.logs)

    @property
    def caught_up(self) -> bool:
        """Whether the group committed everything."""
        return self.group.committed == [len(log) for log in self.logs]


class Group:
    """The members that share the partitions of a topic.

    Attributes:
        committed: for each partition, the offset from which a new owner begins.
        refused: commits that came from members which had lost the partition.
    """

    def __init__(self, partitions: int) -> None:
        self.committed = [0] * partitions
        self.refused = 0
        self._owners: list[object | None] = [None] * partitions
        self._terms = [0] * partitions
        self._members: list[object] = []
        self._turn = 0

    def rotate(self, by: int = 1) -> None:
        """Want another assignment; each member gives up what it should not have at its next poll."""
        self._turn += by

    def leave(self, member: object) -> None:
        """Take everything from a member at once, as for one that fell silent; it may join again."""
        if member in self._members:
            self._members.remove(member)
        self._owners = [None if owner is member else owner for owner in self._owners]

    def join(self, member: object) -> None:
        """Let a member have its share."""
        if member not in self._members:
            self._members.append(member)

    def wants(self, member: object) -> set[int]:
        """Give the partitions that a member should have."""
        place = self._members.index(member)
        return {p for p in range(len(self._owners)) if (p + self._turn) % len(self._members) == place}

    def term(self, member: object, partition: int) -> int | None:
        """Give the number of a member's present term as an owner; None if it is not the owner."""
        return self._terms[partition] if self._owners[partition] is member else None

    def take(self, member: object, partition: int) -> int | None:
        """Begin a term as owner of a partition that nobody has; gives its number, None if somebody has it."""
        if self._owners[partition] is not None:
            return None
        self._owners[partition] = member
        self._terms[partition] += 1
        return self._terms[partition]

    def give_up(self, member: object, partition: int) -> None:
        """End a term in good order."""
        if self._owners[partition] is member:
            self._owners[partition] = None

    def commit(self, member: object, partition: int, term: int, offset: int) -> None:
        """Commit an offset, or refuse it, if the term is over."""
        if self.term(member, partition) == term:
            self.committed[partition] = offset
        else:
            self.refused += 1
