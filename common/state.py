"""State that survives its worker: the contract, and how it is kept in memory; used by `common.worker`.

Every save names the version that it follows. A save that does not follow the one that stands is refused: whoever made
it went on from an older state, because another worker has taken its camera over meanwhile. So saves only move forward,
and an old owner that wakes up changes nothing.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from msgspec import Struct

from common.bus.base import Place


class Saved(Struct, frozen=True):
    """What a stage knew of a camera, and up to where.

    Attributes:
        version: 1 for the first save of a camera, one more for each next one.
        bus: identity of the bus that the place belongs to.
        place: the last message that the state includes; it and all before it need not be processed again.
        state: the stage's own.
    """

    version: int
    bus: str
    place: Place
    state: bytes


class StateStore(Protocol):
    """Keeps one `Saved` for each camera of one stage."""

    def load(self, camera: str) -> Saved | None:
        """Give what was saved last; None if nothing was.

        Raises:
            StoreError: the store is away or refuses.
        """

    def save(self, changes: Mapping[str, Saved]) -> Collection[str]:
        """Save cameras, each whole or not at all.

        Returns:
            The cameras whose save was refused, since another version than the one before it stands.

        Raises:
            StoreError: the store is away, full, or refuses; cameras may have been saved or not.
        """


class MemoryStateStore:
    """A `StateStore` that lives as long as its process: for the simulation, and for tests."""

    def __init__(self) -> None:
        self._saved: dict[str, Saved] = {}

    def load(self, camera: str) -> Saved | None:
        """See `StateStore.load`."""
        return self._saved.get(camera)

    def save(self, changes: Mapping[str, Saved]) -> Collection[str]:
        """See `StateStore.save`."""
        refused = set()
        for camera, saved in changes.items():
            standing = self._saved.get(camera)
            if saved.version == (standing.version if standing else 0) + 1:
                self._saved[camera] = saved
            else:
                refused.add(camera)
        return refused
