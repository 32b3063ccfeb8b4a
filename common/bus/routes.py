"""Which partition each camera has: the same number on every topic; shared by the buses of one worker.

The first stage gives a camera its partition by its slot; every later stage keeps the one it read the camera from.
"""

from collections.abc import Callable


class Routes:
    """Knows the partition of every camera seen so far.

    Args:
        first: gives the partition of a camera that was not seen yet; None where every camera is read before it is
            published.
    """

    def __init__(self, first: Callable[[str], int] | None = None) -> None:
        self._first = first
        self._known: dict[str, int] = {}

    def learn(self, camera: str, partition: int) -> None:
        """Keep where a camera was read from."""
        self._known[camera] = partition

    def partition(self, camera: str) -> int:
        """Give the partition of a camera.

        Raises:
            KeyError: the camera was not seen yet, and nothing says where it goes.
        """
        found = self._known.get(camera)
        if found is None and self._first is not None:
            found = self._known[camera] = self._first(camera)
        return self._known[camera] if found is None else found
