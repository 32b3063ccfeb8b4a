"""Keeps one worker's cameras: what it holds, what it has lost, and what it is to hand back; used by the fleet.

It has no thread: whoever owns it calls `turn` every `TURN_S` seconds. A worker that was killed gives no sign of life
and renews nothing, so that after at most the time of a lease and a turn the others have its cameras; one that drains
hands them back as it stops each.

While Redis is away, `turn` raises and changes nothing: the worker goes on with what it has, since nobody can take its
cameras either. If another worker did take one, as only this worker was cut off, both read it for a while; all that this
one sends then has the lower fencing number and is dropped by whoever receives it, until the next `turn` that succeeds
names the camera as lost.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, Protocol

from msgspec import Struct

from ingest.registry.camera import Camera
from ingest.registry.lease import Leases
from ingest.registry.registry import Registered
from ingest.registry.share import share
from ingest.registry.workers import Beat

TURN_S = 2.0
"""How often `turn` is to be called, seconds; a lease must outlive several."""

_CALM_TURNS = 4
"""Turns without any taking after this worker had dropped out: mostly all had, because Redis was away, and each comes
back to its own cameras if nobody else is faster."""

Reason = Literal["shared", "paused", "removed", "draining"]
"""Why a camera is handed back: another worker is due it, an operator paused or removed it, or this worker ends."""


class Holding(Struct, frozen=True):
    """A camera that this worker holds.

    Attributes:
        camera: how it is registered now; its serial says whether that has changed.
        number: its fencing number; another one means that it was lost and taken again.
    """

    camera: Camera
    number: int


class Holdings(Struct, frozen=True):
    """What a turn came to; all by the names of the cameras.

    Attributes:
        held: the cameras to read.
        lost: cameras that another worker may hold by now: to be stopped at once. Named once; one that was taken again
            at once is in `held` too, under another number.
        giving: cameras to stop in good order and to tell as `released`; named until they are.
        elsewhere: cameras that are held by somebody who shares with nobody here, or is dead, and by whom.
    """

    held: Mapping[str, Holding]
    lost: frozenset[str]
    giving: Mapping[str, Reason]
    elsewhere: Mapping[str, str] = {}


class Cameras(Protocol):
    """The cameras there are, as `Registry` gives them."""

    def serial(self) -> int:
        """See `Registry.serial`."""

    def read(self) -> Registered:
        """See `Registry.read`."""


class Signs(Protocol):
    """The signs of life of those who share the cameras, as `Workers` gives them."""

    def beat(self) -> Beat:
        """See `Workers.beat`."""

    def leave(self) -> None:
        """See `Workers.leave`."""


class Keeper:
    """Keeps one worker's cameras.

    Args:
        registry: the registered cameras.
        leases: those of this worker.
        workers: the signs of life, under the same name as `leases`.
    """

    def __init__(self, registry: Cameras, leases: Leases, workers: Signs) -> None:
        self._registry, self._leases, self._workers = registry, leases, workers
        self._registered = Registered(-1, {})
        self._lost: set[str] = set()
        self._giving: dict[str, Reason] = {}
        self._elsewhere: dict[str, str] = {}
        self._draining = False
        self._calm = 0

    def turn(self) -> Holdings:
        """Give a sign of life, renew, look what has changed, take and let go.

        Raises:
            StoreError: Redis is away or refuses; go on as before.
        """
        alive = self._sign()
        self._renew()
        if self._registry.serial() != self._registered.serial:
            self._registered = self._registry.read()
        self._let_go()
        if self._calm:
            self._calm -= 1
        elif not self._draining:
            self._share(alive)
        lost, self._lost = frozenset(self._lost), set()
        return Holdings(self._held(), lost, dict(self._giving), self._elsewhere)

    def released(self, camera: str) -> None:
        """Hand a camera back that was stopped; another worker may take it from now on.

        Raises:
            StoreError: Redis is away or refuses; the camera stays among those to be handed back.
        """
        self._leases.release(camera)
        self._giving.pop(camera, None)

    def drain(self) -> None:
        """Take no more cameras, and hand all back: from the next turn on they are in `giving`."""
        self._draining = True

    def _sign(self) -> tuple[str, ...]:
        if self._draining:
            self._workers.leave()
            return ()
        beat = self._workers.beat()
        if beat.missed:
            self._calm = _CALM_TURNS
        return beat.alive

    def _renew(self) -> None:
        lost = self._leases.renew(list(self._leases.held))
        self._lost |= lost
        for camera in lost:
            self._giving.pop(camera, None)

    def _let_go(self) -> None:
        for name in self._leases.held:
            camera = self._registered.cameras.get(name)
            if camera is None:
                self._give([name], "removed")
            elif camera.paused:
                self._give([name], "paused")
            elif self._draining:
                self._give([name], "draining")

    def _share(self, alive: tuple[str, ...]) -> None:
        wanted = [name for name, camera in self._registered.cameras.items() if not camera.paused]
        owners = self._leases.owners(wanted)
        self._elsewhere = {name: owner for name, owner in owners.items() if owner not in alive}
        mine = share(self._leases.owner, alive, wanted, owners)
        self._give(mine.give, "shared")
        for name in mine.take:
            self._leases.acquire(name)

    def _give(self, cameras: Iterable[str], reason: Reason) -> None:
        for camera in cameras:
            self._giving.setdefault(camera, reason)

    def _held(self) -> dict[str, Holding]:
        cameras = self._registered.cameras
        return {
            name: Holding(cameras[name], number)
            for name, number in self._leases.held.items()
            if name not in self._giving
        }
