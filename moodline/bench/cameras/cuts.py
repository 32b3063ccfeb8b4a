"""One camera is cut off and mended again and again; used by `moodline bench cameras cuts`."""

import os
import time
from collections.abc import Sequence
from typing import Any

from ingest.live.post import Watched
from moodline.bench.cameras.figures import slope, spread
from moodline.bench.cameras.processes import Held, descendants, held
from moodline.bench.cameras.watch import FleetWatch
from moodline.chaos.cameras import Cameras, CameraSpec
from moodline.chaos.proxy import FaultProxy

HOLE_S = 1.0
"""How long the network swallows everything, every second time, seconds."""
_LIVE_S = 60.0


def bench_cuts(times: int, rate: float, rest_s: float = 7.0) -> dict[str, Any]:
    """Cut a camera's connection: with a reset, and by a network that swallows everything for a second, in turns.

    Args:
        times: how often.
        rate: sampled frames a second.
        rest_s: how long the camera is well in between, seconds; so long that the next attempt is made soon each time.

    Returns:
        Threads, handles, memory and processes of this process and of its readers, after the first cut and after the
        last, and by how much they rise in a hundred, fitted to all; the seconds until the camera was back.
    """
    with Cameras(CameraSpec("cam0")) as server, FaultProxy(server.port) as proxy, FleetWatch(rate) as watch:
        watch.fleet.put(Watched("cam0", proxy.through(server.url("cam0")), "cam0", rate))
        watch.need(["cam0"], _LIVE_S)
        back_s, rows = [], list[Held]()
        for number in range(times + 1):  # the first cut loads what is loaded late
            began_s = time.monotonic()
            _cut(proxy, hole=bool(number % 2))
            back_s.append(watch.wait_for_picture("cam0", time.monotonic(), _LIVE_S))
            watch.need(["cam0"], _LIVE_S)
            time.sleep(rest_s)
            rows.append(_held(server))
            seconds = time.monotonic() - began_s
        reconnects = len(watch.attempts[watch.fleet.posts["cam0"].watched.address])
    return {
        "cuts": times,
        "seconds_each": round(seconds, 1),
        "attempts": reconnects,
        "back_s": spread([one for one in back_s if one is not None]),
        "not_back": back_s.count(None),
        "before": rows[0]._asdict(),
        "after": rows[-1]._asdict(),
        "rise_in_100": _rises(rows),
    }


def _cut(proxy: FaultProxy, *, hole: bool) -> None:
    if not hole:
        proxy.cut()
        return
    proxy.black_hole()
    time.sleep(HOLE_S)
    proxy.lift()


def _held(server: Cameras) -> Held:
    """Say what this process, its readers and what starts them hold; the cameras are no part of what is measured."""
    ours = {os.getpid(), *descendants(os.getpid())} - {server.process_id}
    return held(ours)


def _rises(rows: Sequence[Held]) -> dict[str, float]:
    numbers = range(len(rows))
    return {name: 100 * slope(numbers, [getattr(row, name) for row in rows]) for name in Held._fields}
