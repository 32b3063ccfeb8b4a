"""Operators add, pause, resume and remove cameras while others are watched; used by `moodline bench cameras churn`."""

import random
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from common.redis_client import open_client
from ingest.live.supervisor import Place, Sampling, Supervisor
from ingest.registry.camera import Camera
from ingest.registry.registry import Registry
from moodline.bench.cameras.own_redis import own_redis
from moodline.bench.cameras.watch import FleetWatch
from moodline.chaos.cameras import Cameras, CameraSpec
from moodline.times import now_ms
from moodline.watching import keeper_of, worker_name

Step = Literal["add", "pause", "resume", "remove"]

STEPS: dict[str, tuple[Step, ...]] = {
    "absent": ("add",),
    "watched": ("pause", "remove"),
    "paused": ("resume", "remove"),
}
"""What an operator may do with a camera, by how it is registered."""

_AFTER: dict[Step, str] = {"add": "watched", "pause": "paused", "resume": "watched", "remove": "absent"}
_LIVE_S = 20.0
_SETTLE_S = 2.0
"""A camera begins with several pictures at once, of which only the newest is taken."""


def bench_churn(cameras: int, times: int, rate: float, every_s: float = 2.0, seed: int = 0) -> dict[str, Any]:
    """Change as many cameras at random as stay as they are.

    Args:
        cameras: how many stay, and how many come and go.
        times: changes in all.
        rate: sampled frames a second of each.
        every_s: mean time between two changes, seconds.
        seed: of chance.

    Returns:
        The changes by kind, what those lost that stayed, and whether in the end just the registered ones are live.
    """
    chance = random.Random(seed)
    steady, loose = [f"steady{n}" for n in range(cameras)], [f"loose{n}" for n in range(cameras)]
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        server = stack.enter_context(Cameras(*map(CameraSpec, [*steady, *loose])))
        store = own_redis(home)
        client = stack.enter_context(open_client(store))
        operator = _Operator(Registry(client, store.key_prefix), server, loose)
        for name in steady:
            operator.do("add", name)
        watch = FleetWatch(rate)
        keeper, place = keeper_of(client, store.key_prefix, ()), Place(client, store.key_prefix, worker_name())
        # Entered before the supervisor, so that it is there until that has handed all back.
        stack.enter_context(watch)
        stack.enter_context(Supervisor(watch.fleet, keeper, place, Sampling(rate, "tcp"), now_ms))
        watch.need(steady, _LIVE_S)
        time.sleep(_SETTLE_S)
        began_s = time.monotonic()
        for _ in range(times):
            operator.do_something(chance)
            time.sleep(chance.uniform(0, 2 * every_s))
        ended_s = time.monotonic()
        wanted = {*steady, *operator.watched}
        settled_s = watch.wait(lambda: _live(watch) == wanted == set(watch.fleet.posts), _LIVE_S)
        losses = {name: watch.losses(name, began_s, ended_s) for name in steady}
    return {
        "changes": dict(operator.done),
        "seconds": round(ended_s - began_s, 1),
        "steady": {name: one.frames for name, one in losses.items()},
        "lost": dict(sum((one.lost for one in losses.values()), Counter())),
        "largest_gap_s": max(one.gap_s for one in losses.values()),
        "watched_in_the_end": sorted(wanted),
        "settled_s": None if settled_s is None else round(settled_s, 2),
    }


class _Operator:
    """Changes the registry as `moodline cameras` does."""

    def __init__(self, registry: Registry, server: Cameras, loose: list[str]) -> None:
        self.done: Counter[str] = Counter()
        self._registry, self._server = registry, server
        self._are = dict.fromkeys(loose, "absent")

    @property
    def watched(self) -> list[str]:
        """The cameras that came and went, and should be watched now."""
        return [name for name, how in self._are.items() if how == "watched"]

    def do_something(self, chance: random.Random) -> None:
        """Do something with one of the cameras."""
        name = chance.choice(list(self._are))
        step = chance.choice(STEPS[self._are[name]])
        self.do(step, name)
        self._are[name] = _AFTER[step]
        self.done[step] += 1

    def do(self, step: Step, name: str) -> None:
        """Do one thing with a camera."""
        registry = self._registry
        match step:
            case "add":
                registry.add(Camera(name=name, source=self._server.url(name)))
            case "pause":
                registry.pause(name)
            case "resume":
                registry.resume(name)
            case "remove":
                registry.remove(name)


def _live(watch: FleetWatch) -> set[str]:
    return {name for name, post in watch.fleet.posts.items() if post.health.state == "live"}
