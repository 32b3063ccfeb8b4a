"""How long a picture takes from the camera to the store; used by `moodline bench cameras latency`."""

from typing import Any

from moodline.bench.cameras.figures import accounts, latencies, load_of, shares
from moodline.bench.cameras.load import Load, Way


def bench_latency(load: Load, way: Way) -> dict[str, Any]:
    """Measure a run with cameras of this machine, whose clock is that of event time.

    Args:
        load: what is offered.
        way: how the stages are run.

    Returns:
        Latency in milliseconds, frames by what became of them, and what was used.
    """
    outcome = way(load)
    return {
        "latency_ms": latencies(outcome),
        "frames": accounts(outcome),
        "shares": shares(outcome, load.names),
        "load": load_of(outcome),
    }
