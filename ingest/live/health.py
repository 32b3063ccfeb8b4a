"""The health of one live camera: its state, when to try it again, when to give a connection up; used by `fleet`.

Pure: times come in as arguments, seconds of any clock that never goes back. The owner opens and kills connections:

    if health.due(now_s):
        health.attempt(now_s)              # and start a reader
    if failure := health.must_reopen(now_s):
        turn = health.failed(now_s, failure)    # and kill the reader

It tells `connected`, `picture` and `failed` as they happen, and calls `tick` at least once a second. What comes too
late, such as a picture from a reader that was given up, changes nothing.

While a camera is down, it keeps its state through the attempts, so that there are no events without news. Only a
decoded picture makes it live.
"""

import random
from dataclasses import dataclass
from typing import Final

from ingest.live.hourly import Hourly
from ingest.live.reconnect import Chance, Reconnect
from ingest.live.states import Failure, Sight, State, Turn

_SEEN: Final = ("live", "frozen", "dark", "covered")
"""The states of a camera whose pictures come."""

_REASONS: Final[dict[Sight, str]] = {
    "clear": "pictures come",
    "frozen": "the picture does not change any more",
    "dark": "the picture is black",
    "covered": "something covers the lens",
}

_REACHED: Final = ("no_video", "decoder")
"""Failures of a camera that answers, so that it is not offline."""

_NO_PICTURE = "connected, but no picture"

_SMOOTHING = 0.1
"""Share of the newest gap in the mean frame interval."""


@dataclass(frozen=True)
class HealthLimits:
    """How long to wait before what is said.

    Attributes:
        connect_s: an attempt that is not connected after this time has failed, seconds.
        first_picture_s: a connection without any picture is given up after this time, seconds. It is twice as long if
            the connection before ended so too: some cameras send a whole picture only every ten seconds.
        stall_s: a connection whose pictures stop is given up after this time, seconds, or after ten frame intervals if
            that is longer,
        longest_stall_s: but frame intervals never make it longer than this, seconds.
        grace_s: for how long a camera stays live after its connection broke, seconds, so that one which is back at
            once makes no event.
    """

    connect_s: float = 8.0
    first_picture_s: float = 8.0
    stall_s: float = 5.0
    longest_stall_s: float = 20.0
    grace_s: float = 2.0


@dataclass
class _Link:
    """One connection, from the attempt on: when each of its steps was reached, seconds."""

    began_s: float
    up_s: float | None = None
    first_s: float | None = None
    last_s: float = 0.0

    @property
    def healthy_s(self) -> float:
        """For how long pictures came."""
        return 0.0 if self.first_s is None else self.last_s - self.first_s


class Health:
    """The state machine of one camera. It begins as `connecting`, with an attempt due at once.

    Args:
        now_s: the time, seconds.
        limits: how long to wait before what is said.
        chance: gives a number from 0 to 1; spreads the attempts.

    Attributes:
        state: how the camera is.
        reason: why, in plain words.
        since_s: when this state began, seconds.
        failure: the last one; None if there was none.
    """

    def __init__(self, now_s: float, limits: HealthLimits | None = None, chance: Chance = random.random) -> None:
        self.state: State = "connecting"
        self.reason = "started"
        self.since_s = now_s
        self.failure: Failure | None = None
        self._limits = limits or HealthLimits()
        self._reconnect = Reconnect(chance)
        self._reconnects, self._stalls = Hourly(), Hourly()
        self._link: _Link | None = None
        self._due_s: float | None = now_s
        self._lost_s = self._last_s = now_s
        self._interval_s = 0.0
        self._in_vain = self._was_up = False

    def due(self, now_s: float) -> bool:
        """Whether an attempt is due."""
        return self._link is None and self._due_s is not None and now_s >= self._due_s

    def must_reopen(self, now_s: float) -> Failure | None:
        """Say why the attempt or connection must be given up; None if it need not be.

        The owner kills the reader and hands what it got to `failed`.
        """
        link, limits = self._link, self._limits
        if link is None:
            return None
        if link.up_s is None:
            return _silent("no answer", limits.connect_s) if now_s - link.began_s >= limits.connect_s else None
        if link.first_s is not None:
            return _silent(_NO_PICTURE, self._stall_s) if now_s - link.last_s >= self._stall_s else None
        patience_s = limits.first_picture_s * (2 if self._in_vain else 1)
        return _silent(_NO_PICTURE, patience_s) if now_s - link.up_s >= patience_s else None

    def attempt(self, now_s: float) -> None:
        """Take note that a reader was started."""
        if self._link is None and self._due_s is not None:
            self._link = _Link(now_s)

    def connected(self, now_s: float) -> None:
        """Take note that the camera answered and promised video."""
        if self._link is None or self._link.up_s is not None:
            return
        self._link.up_s = now_s
        self._reconnect.accepted()
        if self._was_up:
            self._reconnects.add(now_s)
        self._was_up = True

    def picture(self, now_s: float, sight: Sight) -> Turn | None:
        """Take note that a picture was decoded, sampled or not; several at once may be told as one.

        Args:
            now_s: when, seconds.
            sight: what can be seen, as `SightJudge` said.
        """
        self.connected(now_s)
        link = self._link
        if link is None:
            return None
        if link.first_s is None:
            link.first_s = now_s
        else:
            self._interval_s += (now_s - link.last_s - self._interval_s) * _SMOOTHING
        link.last_s = self._last_s = now_s
        self._in_vain = False
        return self._become("live" if sight == "clear" else sight, _REASONS[sight], now_s)

    def failed(self, now_s: float, failure: Failure) -> Turn | None:
        """Take note that the attempt or the connection ended: the time of the next attempt is set."""
        link, self._link = self._link, None
        if link is None:
            return None
        self.failure, self._lost_s = failure, now_s
        if failure.kind == "auth":
            self._due_s = now_s + self._reconnect.refused()
            return self._become("auth_failed", failure.reason, now_s)
        self._due_s = max(now_s, link.began_s + self._reconnect.failed(link.healthy_s))
        silent = failure.kind == "silent" and link.up_s is not None
        self._in_vain = silent and link.first_s is None
        if link.first_s is not None and not silent:
            at_once = self._due_s - now_s < self._limits.grace_s
            return None if at_once else self._become("offline", failure.reason, now_s)
        reached = link.up_s is not None or failure.kind in _REACHED
        return self._become("stalled" if reached else "offline", failure.reason, now_s)

    def tick(self, now_s: float) -> Turn | None:
        """Let time pass."""
        seen = self.state in _SEEN
        if self._link is not None and self._link.up_s is not None:
            since_s, limit_s = self._link.up_s, self._limits.first_picture_s
            if seen or self._link.first_s is not None:
                since_s, limit_s = self._last_s, self._stall_s
            quiet = now_s - since_s >= limit_s
            return self._become("stalled", f"{_NO_PICTURE} for {limit_s:.2g} s", now_s) if quiet else None
        if self.failure is not None and seen and now_s - self._lost_s >= self._limits.grace_s:
            return self._become("offline", self.failure.reason, now_s)
        return None

    def disable(self, now_s: float, reason: str) -> Turn | None:
        """Make no more attempts until `resume`; the owner kills the reader."""
        self._link = self._due_s = None
        return self._become("disabled", reason, now_s)

    def resume(self, now_s: float) -> Turn | None:
        """Try at once, whatever the camera waits for; changes nothing while it is connected or being tried."""
        if self._link is not None:
            return None
        self._due_s = now_s
        self._reconnect.reset()
        self._in_vain = self._was_up = False
        return self._become("connecting", "resumed", now_s)

    def reconnects(self, now_s: float) -> int:
        """How often the camera was connected again within the last hour."""
        return self._reconnects.count(now_s)

    def stalls(self, now_s: float) -> int:
        """How often it became `stalled` within the last hour."""
        return self._stalls.count(now_s)

    @property
    def _stall_s(self) -> float:
        return max(self._limits.stall_s, min(10 * self._interval_s, self._limits.longest_stall_s))

    def _become(self, state: State, reason: str, now_s: float) -> Turn | None:
        before, self.state, self.reason = self.state, state, reason
        if state == before:
            return None
        self.since_s = now_s
        if state == "stalled":
            self._stalls.add(now_s)
        return Turn(before, state, reason)


def _silent(what: str, limit_s: float) -> Failure:
    return Failure("silent", f"{what} for {limit_s:.2g} s")
