"""What is believed only once it has lasted, and given up only once it is gone for a while; pure, used by `sight`."""

import math

LONGEST_STEP_S = 1.0
"""A longer time between two looks counts as this much, seconds: nobody knows what was between."""


class Lasting:
    """A condition with hysteresis in time.

    Args:
        enter_s: how long it must hold before it is believed, seconds.
        leave_s: how long it must be gone before it is no longer, seconds.
        forget: how many times faster a look that says otherwise counts than one that agrees; without a limit, one such
            look starts the wait anew.

    Attributes:
        believed: whether it is.
    """

    def __init__(self, enter_s: float, leave_s: float, forget: float = math.inf) -> None:
        self.believed = False
        self._enter_s = enter_s
        self._leave_s = leave_s
        self._forget = forget
        self._against_s = 0.0
        self._last_s: float | None = None

    def update(self, holds: bool | None, now_s: float) -> None:
        """Take a look.

        Args:
            holds: whether it holds now; None if that cannot be said, which speaks neither for nor against it.
            now_s: when, seconds.
        """
        step_s = 0.0 if self._last_s is None else min(now_s - self._last_s, LONGEST_STEP_S)
        self._last_s = now_s
        if holds is None:
            return
        if holds != self.believed:
            self._against_s += step_s
        elif step_s > 0:
            self._against_s = max(self._against_s - self._forget * step_s, 0.0)
        if self._against_s >= (self._leave_s if self.believed else self._enter_s):
            self.believed, self._against_s = holds, 0.0
