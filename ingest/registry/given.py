"""Cameras that are named at once, in place of a registry that others may change; used by `moodline run`."""

from collections.abc import Sequence

from ingest.registry.camera import Camera
from ingest.registry.registry import Registered
from ingest.registry.workers import Beat


class GivenCameras:
    """Stands in for a `Registry`; its cameras never change.

    Args:
        cameras: the cameras.
    """

    def __init__(self, cameras: Sequence[Camera]) -> None:
        self._registered = Registered(0, {camera.name: camera for camera in cameras})

    def serial(self) -> int:
        """See `Registry.serial`."""
        return self._registered.serial

    def read(self) -> Registered:
        """See `Registry.read`."""
        return self._registered


class Alone:
    """Stands in for `Workers` where cameras are shared with nobody.

    Args:
        owner: name of this worker.
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def beat(self) -> Beat:
        """See `Workers.beat`."""
        return Beat((self._owner,), missed=False)

    def leave(self) -> None:
        """See `Workers.leave`."""
