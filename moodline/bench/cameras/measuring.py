"""Watches a run of live cameras from outside while it is measured; used by `embedded` and `workers`."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple, Protocol

import redis

from common.errors import MoodlineError
from ingest.registry.board import CameraState, StateBoard
from ingest.registry.camera import Camera
from ingest.registry.registry import Registry
from moodline.bench.cameras.arrivals import Arrivals
from moodline.bench.cameras.load import Load, Outcome
from moodline.bench.cameras.processes import CpuMeter, Held, descendants, held
from moodline.chaos.cameras import Cameras

START_S = 120.0
"""Longest wait for the first frame, and for the end, seconds."""

Deed = tuple[float, Callable[[], None]]
"""Something that is done while it is measured, and after how many seconds."""


class Running(Protocol):
    """A run that goes on."""

    @property
    def feeding(self) -> int:
        """The process that reads the cameras; its descendants are the readers."""

    @property
    def others(self) -> Mapping[str, int]:
        """The run's other processes, by role."""

    def check(self) -> None:
        """Look whether it still goes on.

        Raises:
            MoodlineError: it does not.
        """


class Site(NamedTuple):
    """Where a run is watched.

    Attributes:
        client: the opened Redis.
        prefix: first part of every key.
        server: the cameras.
    """

    client: redis.Redis
    prefix: str
    server: Cameras

    def register(self, load: Load) -> None:
        """Register the cameras of a load."""
        registry = Registry(self.client, self.prefix)
        for name in load.names:
            registry.add(Camera(name=name, source=self.server.url(name), rate=load.rate))


def measure(load: Load, run: Running, site: Site, deeds: Sequence[Deed] = ()) -> Outcome:
    """Wait for the first frames, and until the cameras' clocks are believed; then measure.

    Args:
        load: what is offered.
        run: what it is offered to.
        site: where that is watched.
        deeds: what is done meanwhile, the first one first.

    Returns:
        All but what only the end of the run tells: `sampled` and `accounts`.

    Raises:
        MoodlineError: the run has ended, or gives no frames.
    """
    with Arrivals(site.client, site.prefix, load.names) as arrivals:
        _wait_for_first(load, run, arrivals)
        _sleep(load.warm_s, run, arrivals)
        return _measured(load, run, site, arrivals, deeds)


def _measured(load: Load, run: Running, site: Site, arrivals: Arrivals, deeds: Sequence[Deed]) -> Outcome:
    store: Any = site.client.info("server")
    others = {**run.others, "redis": store["process_id"], "cameras": site.server.process_id}
    meter, board, left = CpuMeter(run.feeding, others), StateBoard(site.client, site.prefix), list(deeds)
    outcome, began_s, first = Outcome(began_ms=time.time() * 1000), time.monotonic(), len(arrivals.seen)
    cpu, sent, before = meter.look(), _sent(site.server), _held(run)
    decoded, states = list[float](), dict[str, CameraState]()
    while (passed_s := time.monotonic() - began_s) < load.seconds:
        while left and passed_s >= left[0][0]:
            left.pop(0)[1]()
        _sleep(min(load.seconds - passed_s, 1.0), run, arrivals)
        states = board.get(load.names)
        outcome.clocks.update(state.clock or "none" for state in states.values())
        decoded.append(sum(state.frames_per_second or 0.0 for state in states.values()))
        meter.look()
    outcome.seconds, outcome.arrivals = time.monotonic() - began_s, arrivals.seen[first:]
    outcome.cpu_s = {role: seconds - cpu.get(role, 0.0) for role, seconds in meter.look().items()}
    outcome.decoded, outcome.sent = fmean(decoded), _sent(site.server) - sent
    outcome.held = before, _held(run)
    outcome.reconnects = sum(state.reconnects for state in states.values())
    return outcome


def _wait_for_first(load: Load, run: Running, arrivals: Arrivals) -> None:
    deadline = time.monotonic() + START_S
    while len({one.camera for one in arrivals.seen}) < load.cameras:
        _sleep(0.1, run, arrivals)
        if time.monotonic() > deadline:
            raise MoodlineError("the live run gives no frames of some of its cameras; see what it has logged")


def _sleep(seconds: float, run: Running, arrivals: Arrivals) -> None:
    time.sleep(seconds)
    run.check()
    if not arrivals.working:
        raise MoodlineError("the watch over the live run has ended before its time; see what it has logged")


def _sent(server: Cameras) -> int:
    return sum(one["pushed"]["video"] for one in server.stats()["cameras"].values())


def _held(run: Running) -> Held:
    return held([run.feeding, *run.others.values(), *descendants(run.feeding)])
