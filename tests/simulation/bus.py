"""A bus whose every move a simulator decides; used by the simulation, and by the contract of all buses.

It promises what Kafka promises and no more. What was published and not flushed may be written now, later, or never if
its publisher dies, and a producer that hears nothing may write its latest messages twice. A consumer whose partitions
went to another goes on until it polls again, and only its commits are refused.
"""

from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Protocol, Self

from msgspec.structs import replace

from common.bus.base import BusClosed, Place
from common.errors import MoodlineError
from common.messages import Faces, Finished, Frame, Message, Readings, camera_of
from tests.simulation.topic import Rejected, Topic


class Chance(Protocol):
    """What may happen to one process at each of its calls."""

    def reach(self, call: str) -> None:
        """Be told that a call begins (`poll`) or has had its effect (`polled`); may raise, and may run others."""

    def some(self, most: int) -> int:
        """Say how many of so many, 0 to all, get through now."""

    def twice(self, most: int) -> int:
        """Say how many of the latest so many are written once more."""


class Calm:
    """A `Chance` by which nothing happens."""

    def reach(self, call: str) -> None:
        """See `Chance.reach`."""

    def some(self, most: int) -> int:
        """See `Chance.some`."""
        return most

    def twice(self, most: int) -> int:
        """See `Chance.twice`."""
        del most
        return 0


class SimulatedBus:
    """A `Bus`: the view that one process has of a topic, as a producer, as a consumer, or as both.

    Args:
        topic: the topic.
        chance: what may happen.
    """

    def __init__(self, topic: Topic, chance: Chance | None = None) -> None:
        self._topic = topic
        self._chance = chance or Calm()
        self._waiting: list[list[Message]] = [[] for _ in topic.logs]
        self._flying: list[list[Message]] = [[] for _ in topic.logs]
        self._terms: dict[int, int] = {}
        self._next: dict[int, int] = {}
        self._polled: dict[int, tuple[int, int]] = {}
        self._left: set[int] = set()
        self._places: list[Place] = []
        self._rejected: list[Rejected] = []
        self._aborted = False

    @property
    def identity(self) -> str:
        """See `Bus.identity`."""
        return self._topic.identity

    @property
    def crowded(self) -> bool:
        """See `Bus.crowded`; there is always room."""
        return False

    def publish(self, message: Message) -> None:
        """See `Bus.publish`."""
        self._alive()
        self._chance.reach("publish")
        camera = camera_of(message)
        partition = message.partition if isinstance(message, Finished) else self._topic.route(camera or "")
        with self._topic.changed:
            self._waiting[partition].append(message)
            self._write(partition, self._chance.some(len(self._waiting[partition])))
        self._chance.reach("published")

    def flush(self) -> None:
        """See `Bus.flush`."""
        self._alive()
        self._chance.reach("flush")
        with self._topic.changed:
            for partition, waiting in enumerate(self._waiting):
                self._write(partition, len(waiting))
                self._flying[partition] = []
            self._bury()
        self._chance.reach("flushed")

    def poll(self, limit: int, timeout_s: float, fill_s: float = 0.0) -> Sequence[Message]:
        """See `Bus.poll`."""
        self._alive()
        self._chance.reach("poll")
        with self._topic.changed:
            self._wait(1, timeout_s)
            if fill_s and self._ready():
                self._wait(limit, fill_s)
            self._alive()
            taken = self._take(self._chance.some(limit))
        self._chance.reach("polled")
        return taken

    def places(self) -> Sequence[Place]:
        """See `Bus.places`."""
        return self._places

    def taken_away(self) -> Collection[int]:
        """See `Bus.taken_away`."""
        left, self._left = self._left, set()
        return left

    def reject(self, place: Place, reason: str) -> None:
        """See `Bus.reject`."""
        if place not in self._places:
            raise MoodlineError(f"{place} is not of the last poll of '{self.identity}'")
        self._chance.reach("reject")
        self._rejected.append(Rejected(place, reason))

    def commit(self) -> None:
        """See `Bus.commit`."""
        self._chance.reach("commit")
        with self._topic.changed:
            self._bury()
            for partition, (term, offset) in self._polled.items():
                self._topic.group.commit(self, partition, term, offset)
            self._polled = {}
        self._chance.reach("committed")

    def finish(self) -> None:
        """See `Bus.finish`."""
        for partition in range(len(self._topic.logs)):
            self.publish(Finished(partition))

    @property
    def drained(self) -> bool:
        """See `Bus.drained`."""
        with self._topic.changed:
            return not self._polled and self._topic.drained

    def abort(self) -> None:
        """See `Bus.abort`; what was not flushed is lost, and the partitions are free."""
        with self._topic.changed:
            self._aborted = True
            self._topic.group.leave(self)
            self._topic.changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def _alive(self) -> None:
        if self._aborted:
            raise BusClosed

    def _write(self, partition: int, count: int) -> None:
        """Write the first of what waits, and perhaps the latest of what is in flight once more."""
        waiting, flying = self._waiting[partition], self._flying[partition]
        self._waiting[partition] = waiting[count:]
        flying += waiting[:count]
        repeated = self._chance.twice(len(flying)) if count else 0
        self._topic.append(partition, waiting[:count] + flying[len(flying) - repeated :])

    def _bury(self) -> None:
        self._topic.dead += self._rejected
        self._rejected = []

    def _wait(self, count: int, timeout_s: float) -> None:
        """Wait until so many messages are there, nothing more can come, or the time is over."""
        seconds = timeout_s * self._topic.patience
        self._topic.changed.wait_for(lambda: self._aborted or len(self._ready()) >= count or self._ends(), seconds)

    def _ends(self) -> bool:
        return any(isinstance(self._topic.logs[place.partition][place.offset], Finished) for place in self._ready())

    def _ready(self) -> list[Place]:
        self._balance()
        ends = {partition: len(self._topic.logs[partition]) for partition in self._next}
        return [Place(p, offset) for p, begin in self._next.items() for offset in range(begin, ends[p])]

    def _balance(self) -> None:
        """Learn what was lost, give up what is to be another's, take what is free."""
        group = self._topic.group
        group.join(self)
        wanted = group.wants(self)
        for partition, term in list(self._terms.items()):
            if group.term(self, partition) != term or partition not in wanted:
                group.give_up(self, partition)
                self._left.add(partition)
                for known in (self._terms, self._next, self._polled):
                    known.pop(partition, None)
        for partition in wanted - self._terms.keys():
            term = group.take(self, partition)
            if term is not None:
                self._terms[partition] = term
                self._next[partition] = group.committed[partition]

    def _take(self, limit: int) -> list[Message]:
        self._places = self._ready()[:limit]
        taken = []
        for place in self._places:
            message = self._topic.logs[place.partition][place.offset]
            if self._topic.unreadable(message):
                self._rejected.append(Rejected(place, "cannot be decoded"))
                message = without_content(message)
            taken.append(message)
            self._next[place.partition] = place.offset + 1
            self._polled[place.partition] = (self._terms[place.partition], place.offset + 1)
        return taken


def without_content(message: Message) -> Message:
    """Give what is left of a message of which only the headers can be read."""
    match message:
        case Frame():
            return replace(message, planes=None, dropped="dead_letter")
        case Faces():
            return replace(message, faces=(), dropped="dead_letter")
        case Readings():
            return replace(message, readings=(), dropped="dead_letter")
        case _:
            return message
