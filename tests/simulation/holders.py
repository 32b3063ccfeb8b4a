"""Live cameras in the simulation: each is held by one worker of ingest, which is paused, and then by another.

The first holder wakes up at any step and goes on under its old epoch, beside the new holder; what it had published and
not flushed may be written at any later time.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile

from msgspec.structs import replace

from common.messages import Closed, Frame, Message, Opened
from tests.simulation.bus import SimulatedBus
from tests.simulation.footage import Footage, footage
from tests.simulation.pipeline import Ingest, Process, World

OLD, NEW = "0000000a0001", "0000000b0001"
LATER_MS = 60_000
"""By how much the event time of the new holder is later than that of the old one at the same place."""


@lru_cache(64)
def live_footage(seed: int) -> Footage:
    """Make live cameras: of each, the messages of the old holder and then those of the new one."""
    made, other = footage(seed), footage(seed + 1)
    cameras = {}
    for camera, messages in made.cameras.items():
        second = other.cameras.get(camera, other.cameras["c0"])
        cameras[camera] = [*_held(messages, camera, OLD, 0), *_held(second, camera, NEW, LATER_MS)]
    return Footage(cameras, made.partitions)


def of_epoch(messages: Sequence[Message], epoch: str) -> list[Message]:
    """Give the messages of one epoch."""
    return [one for one in messages if (one.spine.epoch if isinstance(one, Frame) else one.epoch) == epoch]


def _held(messages: Sequence[Message], camera: str, epoch: str, later_ms: int) -> Iterator[Message]:
    """Give the first epoch of a recording as a live one."""
    for message in [*takewhile(lambda one: not isinstance(one, Closed), messages), _end(messages)]:
        if isinstance(message, Frame):
            time_ms = message.spine.time_ms + later_ms
            named = {"camera": camera, "epoch": epoch, "time_ms": time_ms, "arrived_ms": time_ms, "mode": "live"}
            yield replace(message, spine=replace(message.spine, **named))
        elif isinstance(message, Opened):
            yield replace(message, camera=camera, epoch=epoch, time_ms=message.time_ms + later_ms, mode="live")
        elif isinstance(message, Closed):
            reason = "handed_over" if epoch == OLD else "removed"
            yield replace(message, camera=camera, epoch=epoch, time_ms=message.time_ms + later_ms, reason=reason)


def _end(messages: Sequence[Message]) -> Closed:
    return next(one for one in messages if isinstance(one, Closed))


class Holders(Ingest):
    """The two holders of one camera, in one turn after another."""

    def __init__(self, world: World, camera: str) -> None:
        Process.__init__(self, world, "ingest")
        messages = world.footage.cameras[camera]
        self._old, self._new = of_epoch(messages, OLD), of_epoch(messages, NEW)
        self._buses = SimulatedBus(world.frames, self), SimulatedBus(world.frames, self)
        self._paused_at = world.chance.randint(0, len(self._old))
        self.done = False

    def turn(self) -> None:
        """See `Process.turn`."""
        for _ in range(self.world.chance.randint(1, 6)):
            if self._is_old_ones_turn():
                self._buses[0].publish(self._old.pop(0))
            elif self._new:
                self._buses[1].publish(self._new.pop(0))
        if not self._old and not self._new and not self.done:
            for bus in self._buses:
                bus.flush()
            self.done = True

    def end(self) -> None:
        """See `Process.end`."""
        for bus in self._buses:
            bus.abort()

    def _is_old_ones_turn(self) -> bool:
        if not self._old or len(self._old) > self._paused_at:
            return bool(self._old)
        return not self._new or (not isinstance(self._new[0], Opened) and self.world.chance.random() < 0.5)


class LiveWorld(World):
    """A simulated run with live cameras that change hands."""

    footage_of = staticmethod(live_footage)
    feed = Holders
