"""The least time from one attempt at a camera to the next: longer each time, never in step with others.

Pure: the owner counts the time. Used by `health`.
"""

import random
from collections.abc import Callable

DELAYS_S = (0.0, 1.0, 2.0, 4.0, 5.0, 5.0, 8.0, 16.0, 30.0)
"""Seconds from one attempt to the next; the last one repeats.

The sum of the first six is more than ten seconds even where chance shortens them all, and none of them is longer than
five: an outage of up to ten seconds is met by an attempt at most six seconds after its end.
"""

REFUSED_DELAYS_S = (60.0, 120.0, 240.0, 480.0, 600.0)
"""The same after a wrong password: many cameras lock an account after a few of those."""

SPREAD = 0.2
"""By which share chance lengthens or shortens a delay."""

HEALTHY_S = 60.0
"""After so many seconds of pictures, the delays begin with the shortest again."""

Chance = Callable[[], float]
"""Gives a number from 0 to 1."""


class Reconnect:
    """The delays of one camera.

    Args:
        chance: gives a number from 0 to 1.
    """

    def __init__(self, chance: Chance = random.random) -> None:
        self._chance = chance
        self._step = 0
        self._refusals = 0

    def failed(self, healthy_s: float = 0.0) -> float:
        """Give the seconds that lie at least between the attempt that failed and the next one.

        Each share of `HEALTHY_S` with pictures takes one step back: whoever was well for a minute begins anew, but a
        camera that dies every few seconds is asked less and less often.

        Args:
            healthy_s: for how long the connection that ended had brought pictures, seconds.
        """
        self._step = max(self._step - int(healthy_s / HEALTHY_S * len(DELAYS_S)), 0)
        delay_s = DELAYS_S[min(self._step, len(DELAYS_S) - 1)]
        self._step = min(self._step + 1, len(DELAYS_S))
        return delay_s * (1 + SPREAD * (2 * self._chance() - 1))

    def refused(self) -> float:
        """Give the same after a wrong password. Chance only lengthens these, so that no account is locked."""
        delay_s = REFUSED_DELAYS_S[min(self._refusals, len(REFUSED_DELAYS_S) - 1)]
        self._refusals += 1
        return min(delay_s * (1 + SPREAD * self._chance()), REFUSED_DELAYS_S[-1])

    def accepted(self) -> None:
        """Take note that the password was right."""
        self._refusals = 0

    def reset(self) -> None:
        """Start again with the shortest delays: somebody wants it to be tried now."""
        self._step = self._refusals = 0
