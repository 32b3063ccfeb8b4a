"""Whose picture is analysed next, when several cameras have one and there is room for one; pure, used by `fleet`."""

from collections.abc import Mapping

from ingest.live.settings import Policy


class Turns:
    """Chooses among cameras.

    `fair` takes the camera that was served longest ago: with more pictures than can be analysed each camera gets the
    same number a second, unless it has fewer. `latest` takes the newest picture, whichever camera it is of.

    Args:
        policy: `fair` or `latest`.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._turn = 0
        self._served: dict[str, int] = {}

    def choose(self, offers: Mapping[str, float]) -> str | None:
        """Choose whom to serve.

        Args:
            offers: for each camera that has a picture, when it arrived, seconds.
        """
        if not offers:
            return None
        if self._policy == "latest":
            return max(offers, key=lambda camera: offers[camera])
        return min(offers, key=lambda camera: (self._served.get(camera, 0), offers[camera]))

    def served(self, camera: str) -> None:
        """Note that a camera's picture was taken."""
        self._turn += 1
        self._served[camera] = self._turn

    def forget(self, camera: str) -> None:
        """Forget a camera that has gone."""
        self._served.pop(camera, None)
