"""The wall clock of a live run is set ahead by an hour, and back again; used by `moodline bench cameras clock`."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from moodline.bench.cameras.arrivals import Arrival
from moodline.bench.cameras.embedded import run_embedded
from moodline.bench.cameras.figures import accounts
from moodline.bench.cameras.load import Load
from moodline.chaos.set_clock import SetClock

AHEAD_S = {"true": 0.0, "ahead": 3600.0, "back": 0.0}
"""How far the clock is ahead in each phase, seconds; the phases take a third of the time each."""


def bench_clock(load: Load) -> dict[str, Any]:
    """Measure an embedded run whose wall clock is set; cameras and Redis keep the true one.

    Args:
        load: what is offered.

    Returns:
        For each phase frames by what became of them, the longest time without one, and how fast event time ran; over
        all its largest leap and how often it went back, the epochs of each camera, and whether all is accounted for.

    Raises:
        SourceError: GStreamer or a C compiler is missing.
        MoodlineError: the run failed.
    """
    third_s = load.seconds / len(AHEAD_S)
    with TemporaryDirectory() as folder, SetClock(Path(folder)) as clock:
        deeds = [(number * third_s, partial(clock.set, ahead_s)) for number, ahead_s in enumerate(AHEAD_S.values())]
        outcome = run_embedded(load, deeds, clock.environment())
    spans = pairwise(outcome.began_ms + number * third_s * 1000 for number in range(len(AHEAD_S) + 1))
    steps = [step for of_camera in _by_camera(outcome.arrivals) for step in _steps_ms(of_camera)]
    return {
        **{name: stretch(outcome.arrivals, load.rate, span) for name, span in zip(AHEAD_S, spans, strict=True)},
        "largest_leap_s": round(max(steps, default=0) / 1000, 1),
        "steps_back": sum(step < 0 for step in steps),
        "epochs": len(outcome.accounts) / load.cameras,
        "frames": accounts(outcome),
    }


def stretch(arrivals: Sequence[Arrival], rate: float, span: tuple[float, float]) -> dict[str, Any]:
    """Give what came in a phase.

    Args:
        arrivals: the frames of the whole run.
        rate: sampled frames a second of each camera.
        span: begin and end of the phase, Unix milliseconds of the true clock.

    Returns:
        `frames`, those `analysed`, `gap_s`: the longest time in which none of a camera came, and `speed` of event time:
        the median over all pairs of frames of a camera of how far they lie apart, as a share of how far they should.
    """
    begin_ms, end_ms = span
    there = [one for one in arrivals if begin_ms <= one.seen_ms < end_ms]
    cameras = _by_camera(there)
    gaps = [late - early for one in cameras for early, late in pairwise([begin_ms, *(a.seen_ms for a in one), end_ms])]
    steps = [step for one in cameras for step in _steps_ms(one)]
    return {
        "frames": len(there),
        "analysed": sum(one.dropped is None for one in there),
        "gap_s": round(max(gaps, default=0.0) / 1000, 2),
        "speed": round(median(steps) * rate / 1000, 3) if steps else None,
    }


def _by_camera(arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    found: defaultdict[str, list[Arrival]] = defaultdict(list)
    for one in arrivals:
        found[one.camera].append(one)
    return list(found.values())


def _steps_ms(of_camera: Sequence[Arrival]) -> list[int]:
    return [late.time_ms - early.time_ms for early, late in pairwise(of_camera)]
