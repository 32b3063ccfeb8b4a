"""The figures of a measured run: latency, growth, shares, what was used; pure, used by the scenarios."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from moodline.bench.cameras.arrivals import Arrival
from moodline.bench.cameras.load import Outcome

MINUTE_MS = 60_000


def latencies(outcome: Outcome) -> dict[str, Any]:
    """Give the latency of analysed frames: event time until the reading is in Redis.

    Returns:
        `all`: percentiles of all frames, milliseconds; `in_time`: of those whose faces were not too old to be read;
        `minutes`: of each minute; `growth_ms_per_minute`: slope of the minutes' medians, None for less than three
        minutes.
    """
    analysed = [one for one in outcome.arrivals if one.dropped is None]
    minutes: dict[int, list[Arrival]] = {}
    for one in analysed:
        minutes.setdefault(int((one.seen_ms - outcome.began_ms) // MINUTE_MS), []).append(one)
    rows = [spread([one.latency_ms for one in minutes[minute]]) for minute in sorted(minutes)]
    growth = slope(sorted(minutes), [row["p50"] for row in rows]) if len(rows) > 2 else None
    return {
        "all": spread([one.latency_ms for one in analysed]),
        "in_time": spread([one.latency_ms for one in analysed if one.in_time]),
        "minutes": rows,
        "growth_ms_per_minute": growth,
    }


def accounts(outcome: Outcome) -> dict[str, Any]:
    """Give what became of the frames of the whole run.

    Returns:
        `sampled` by ingest, `analysed`, `dropped` by reason, and `uncounted`: those of which nothing is left, which
        must be 0.
    """
    dropped: Counter[str] = sum((row.dropped for row in outcome.accounts), Counter())
    accounted = sum(row.accounted for row in outcome.accounts)
    return {
        "sampled": outcome.sampled,
        "analysed": sum(row.analysed for row in outcome.accounts),
        "dropped": dict(dropped),
        # What ingest said last is a tenth of a second old; the store knows the last number of each epoch.
        "uncounted": max(outcome.sampled - accounted, sum(row.unaccounted for row in outcome.accounts)),
    }


def shares(outcome: Outcome, cameras: Sequence[str]) -> dict[str, float]:
    """Give how evenly the cameras were served.

    Returns:
        Frames a second that were analysed in time of the least (`min`) and the most served camera (`max`), the mean
        (`fair`), and `min_of_fair`, the least as a share of the mean.
    """
    counts = Counter(one.camera for one in outcome.arrivals if one.in_time)
    rates = [counts[name] / outcome.seconds for name in cameras]
    fair = sum(rates) / len(rates)
    return {
        "min": round(min(rates), 3),
        "max": round(max(rates), 3),
        "fair": round(fair, 3),
        "min_of_fair": round(min(rates) / fair, 3) if fair else 0.0,
    }


def phase(outcome: Outcome, cameras: Sequence[str], span_ms: tuple[float, float]) -> dict[str, Any]:
    """Give what came into the store within a part of the time.

    Args:
        outcome: what a run did.
        cameras: its cameras.
        span_ms: begin and end, Unix milliseconds.

    Returns:
        Frames a second that were analysed in time and too late, the latency of the former, and the longest time in
        which none of them came of some camera.
    """
    since_ms, until_ms = span_ms
    analysed = [one for one in outcome.arrivals if since_ms <= one.seen_ms < until_ms and one.dropped is None]
    good = [one for one in analysed if one.in_time]
    seconds = (until_ms - since_ms) / 1000
    return {
        "in_time_per_second": round(len(good) / seconds, 2),
        "too_late_per_second": round((len(analysed) - len(good)) / seconds, 2),
        "latency_ms": spread([one.latency_ms for one in good]),
        "longest_gap_s": max(_gap_s([one.seen_ms for one in good if one.camera == name], span_ms) for name in cameras),
    }


def _gap_s(seen_ms: Sequence[float], span_ms: tuple[float, float]) -> float:
    """Give the longest time in which nothing came, seconds."""
    marks = [span_ms[0], *seen_ms, span_ms[1]]
    return round(max(after - before for before, after in pairwise(marks)) / 1000, 2)


def load_of(outcome: Outcome) -> dict[str, Any]:
    """Give what the run did and used while it was measured, frames and processor seconds a second, memory in bytes."""
    arrivals, seconds = outcome.arrivals, outcome.seconds
    before, after = outcome.held
    return {
        "seconds": round(seconds, 1),
        "clocks": dict(outcome.clocks),
        "frames_per_second": {
            "sent": round(outcome.sent / seconds, 1),
            "decoded": round(outcome.decoded, 1),
            "sampled": round(len(arrivals) / seconds, 2),
            "analysed": round(sum(one.dropped is None for one in arrivals) / seconds, 2),
            "in_time": round(sum(one.in_time for one in arrivals) / seconds, 2),
        },
        "cpu": {role: round(used / seconds, 3) for role, used in outcome.cpu_s.items()},
        "memory_bytes": {"begin": before.memory_bytes, "end": after.memory_bytes},
        "readings": dict(outcome.readings),
        "reconnects": outcome.reconnects,
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Give the median, two high percentiles, the largest and the number of values; zeros for none."""
    if not values:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0, "count": 0}
    p50, p95, p99, most = np.percentile(values, (50, 95, 99, 100))
    return {
        "p50": round(float(p50), 1),
        "p95": round(float(p95), 1),
        "p99": round(float(p99), 1),
        "max": round(float(most), 1),
        "count": len(values),
    }


def slope(places: Sequence[float], values: Sequence[float]) -> float:
    """Give the slope of the straight line through points, values for each one of place."""
    return round(float(np.polyfit(places, values, 1)[0]), 4)
