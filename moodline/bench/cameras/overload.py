"""What happens when more comes than can be analysed; used by `moodline bench cameras overload`."""

from dataclasses import replace
from math import ceil
from typing import Any

from moodline.bench.cameras.figures import load_of
from moodline.bench.cameras.latency import bench_latency
from moodline.bench.cameras.load import Load, Way


def bench_overload(load: Load, times: float, way: Way) -> dict[str, Any]:
    """Find what the machine sustains, and offer so many times more, in two ways.

    Args:
        load: the cameras; for finding out, every picture of theirs is offered.
        times: how many times more.
        way: how the stages are run.

    Returns:
        `sustained`: the load of that first run; `by_rate`: every picture of as many cameras as it takes;
        `by_slow_stage`: `load` as it is, and a classifier that is too slow for it by so much.
    """
    every = replace(load, rate=0.0)
    sustained = load_of(way(replace(every, seconds=min(load.seconds, 30.0))))
    offered = times * sustained["frames_per_second"]["analysed"]
    many = replace(every, cameras=max(ceil(offered / load.form.rate), 1))
    slow = replace(load, slow_ms=1000 * times / (load.cameras * load.rate))
    return {
        "sustained": sustained,
        "by_rate": {"cameras": many.cameras, "rate": load.form.rate, **bench_latency(many, way)},
        "by_slow_stage": {"cameras": slow.cameras, "slow_ms": round(slow.slow_ms, 1), **bench_latency(slow, way)},
    }
