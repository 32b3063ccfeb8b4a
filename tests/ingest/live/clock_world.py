"""A world for clocks: a camera, a network that delays and stalls, and a host whose clock may be set."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from ingest.live.clock import CameraClock, ClockLimits, ClockStep
from ingest.live.host_time import HostTime

BEGIN_MS = 1_770_000_000_000.0
"""True time at the beginning, Unix milliseconds."""

BOOTED_S = 5000.0
"""The host's monotonic clock at the beginning."""

WRAP_MS = 2**32 / 90


def right(t: float) -> float:
    return BEGIN_MS + 1000 * t


@dataclass
class World:
    """What goes wrong; all functions take seconds since the beginning.

    Attributes:
        stamp: timestamp of the picture taken then, milliseconds; None for none.
        camera: the camera's clock then, Unix milliseconds; None where it does not say.
        wall_off: how far the host's wall clock is off when it reads, milliseconds.
        stalls: nothing arrives from the first to the second; then all of it.
        away: there are no pictures from the first to the second, and then a new connection.
    """

    seconds: float = 300.0
    fps: float = 5.0
    least_delay_ms: float = 30.0
    jitter_ms: float = 20.0
    stamp: Callable[[float], float | None] = lambda t: 1000 * t
    camera: Callable[[float], float | None] = lambda _: None
    wall_off: Callable[[float], float] = lambda _: 0.0
    stalls: tuple[tuple[float, float], ...] = ()
    away: tuple[float, float] | None = None
    not_before_ms: int | None = None
    host: HostTime = field(default_factory=HostTime)
    seed: int = 1


@dataclass
class Dated:
    """A picture: when it was taken, seconds since the beginning, and what the clock said."""

    taken_s: float
    step: ClockStep

    @property
    def off_ms(self) -> float:
        return self.step.time_ms - right(self.taken_s)


def live_through(world: World) -> list[Dated]:
    chance = random.Random(world.seed)
    clock = CameraClock(ClockLimits(), world.host, world.not_before_ms)
    clock.reopened(frame_ms=40.0)
    dated, arrived_s, reopened = [], 0.0, world.away is None
    for number in range(int(world.seconds * world.fps)):
        t = number / world.fps
        if world.away and world.away[0] <= t < world.away[1]:
            continue
        if not reopened and world.away and t >= world.away[1]:
            clock.reopened(frame_ms=40.0)
            reopened = True
        delay_s = (world.least_delay_ms + chance.expovariate(1 / world.jitter_ms)) / 1000
        stalled_s = max((end for begin, end in world.stalls if begin <= t < end), default=0.0)
        arrived_s = max(arrived_s, t + delay_s, stalled_s)
        wall_ms = right(arrived_s) + world.wall_off(arrived_s)
        dated.append(Dated(t, clock.step(world.stamp(t), world.camera(t), BOOTED_S + arrived_s, wall_ms)))
    return dated


def kinds(dated: list[Dated]) -> list[tuple[str, str]]:
    """What was found, in order."""
    return [(note.kind, note.change) for each in dated for note in each.step.notes]


def within_claim(dated: list[Dated]) -> float:
    """Share of the pictures whose event time is off by no more than was claimed (and a millisecond of rounding)."""
    return sum(abs(each.off_ms) <= each.step.error_ms + 1 for each in dated) / len(dated)


def longest_leap_ms(dated: list[Dated]) -> float:
    """By how much event time went ahead at most beyond the time that passed between two pictures."""
    pairs = itertools.pairwise(dated)
    return max(b.step.time_ms - a.step.time_ms - 1000 * (b.taken_s - a.taken_s) for a, b in pairs)


def clocks(dated: list[Dated], after_s: float) -> set[str]:
    """Which clocks gave event time after a moment."""
    return {each.step.clock for each in dated if each.taken_s >= after_s}
