"""How long a picture takes from the camera to the store; used by `moodline bench cameras latency`."""

from typing import Any

from moodline.bench.cameras.embedded import Load, run_embedded
from moodline.bench.cameras.figures import accounts, latencies, load_of, shares


def bench_latency(load: Load) -> dict[str, Any]:
    """Measure the embedded run with cameras of this machine, whose clock is that of event time.

    Args:
        load: what is offered.

    Returns:
        Latency in milliseconds, frames by what became of them, and what was used.
    """
    outcome = run_embedded(load)
    return {
        "latency_ms": latencies(outcome),
        "frames": accounts(outcome),
        "shares": shares(outcome, load.names),
        "load": load_of(outcome),
    }
