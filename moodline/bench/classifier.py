"""The speed of the expression net beside the processor's: faces a second, one face's latency, loading time.

Used by `moodline bench classifier`. The measure is the fastest product of two matrices that torch can do on a core
here, in the arithmetic of the net and measured between the net's own turns. The best of several turns counts: what else
runs can only make one longer. Shares are of processor time, which says the same on a machine that others use too.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.flop_counter import FlopCounterMode

from classifier.engine import KINDS
from classifier.predictor import Predictor, Serving, build, read_weights
from classifier.settings import ClassifierSettings
from common.errors import UsageError

TURNS = 15
"""Turns of everything that is measured."""
LATENCIES = 300
"""Looks at a single face."""
SIDES = (384, 512, 1024)
"""Sides of the matrices, one of which suits the caches best."""
GIGA = 1e9


class Spent(NamedTuple):
    """What some work took: seconds by the clock, and of the processor."""

    wall_s: float
    cpu_s: float

    def best(self, other: "Spent") -> "Spent":
        """Give the lesser of each."""
        return Spent(min(self.wall_s, other.wall_s), min(self.cpu_s, other.cpu_s))


NEVER = Spent(float("inf"), float("inf"))


class Row(NamedTuple):
    """Faces that were handed over at once.

    Attributes:
        cores: passes at a time.
        faces: how many faces.
        faces_per_second: by the clock.
        faces_per_cpu_second: in a second of one core.
        share_of_peak: the arithmetic of that as a share of what a matrix product does in a second of one core.
    """

    cores: int
    faces: int
    faces_per_second: float
    faces_per_cpu_second: float
    share_of_peak: float


def measure(settings: ClassifierSettings, counts: Sequence[int], cores: Sequence[int]) -> dict[str, Any]:
    """Measure the net of the settings on the processor.

    Args:
        settings: weights, precision and shape.
        counts: how many faces are handed over at once, each measured.
        cores: how many passes run at a time, each measured.

    Returns:
        `model`, `precision`, `shape`, `mflop_per_face`; `load_s`, `load_cpu_s`; `single_face_ms` on one core (`best`,
        `median`, `cpu`); `peak_gflops` of one core; `rows`, see `Row`.

    Raises:
        ModelError: the weights cannot be used.
        UsageError: the settings name another device.
    """
    if settings.device not in {"auto", "cpu"}:
        raise UsageError("the bench measures the net on the processor; set MOODLINE_CLASSIFIER_DEVICE to cpu")
    loading = spent(lambda: _predictor(settings, 1))
    predictors = {number: _predictor(settings, number) for number in cores}
    single = _predictor(settings, 1)
    single.warm_up()
    faces = np.random.default_rng(0).integers(0, 256, (max(counts), single.size, single.size), np.uint8)
    flop, peak = flop_of(settings.weights), 0.0
    best: dict[tuple[int, int], Spent] = {}
    for _ in range(TURNS):
        peak = max(peak, _peak(KINDS[single.precision]))
        for number, predictor in predictors.items():
            for count in counts:
                once = spent(partial(predictor.look, faces[:count]))
                best[number, count] = once.best(best.get((number, count), NEVER))
    rows = [
        Row(number, count, count / once.wall_s, count / once.cpu_s, count / once.cpu_s * flop / peak)
        for (number, count), once in best.items()
    ]
    return {
        "model": f"{single.name} {single.sha256[:12]}",
        "precision": single.precision,
        "shape": settings.shape,
        "mflop_per_face": flop / 1e6,
        "load_s": loading.wall_s,
        "load_cpu_s": loading.cpu_s,
        "single_face_ms": _latency_ms(single, faces[:1]),
        "peak_gflops": peak / GIGA,
        "rows": [row._asdict() for row in rows],
    }


def flop_of(weights: Path) -> int:
    """Count the floating-point operations of one look at one face, a multiplication and an addition as two."""
    net = build(read_weights(weights), weights).fuse()
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        net.look(torch.zeros(1, 1, net.settings.size, net.settings.size))
    return int(counter.get_total_flops())


def _predictor(settings: ClassifierSettings, threads: int) -> Predictor:
    chosen = settings.model_dump(include={"precision", "shape"})
    return Predictor(settings.weights, Serving(device="cpu", threads=threads, **chosen))


def _latency_ms(predictor: Predictor, face: npt.NDArray[np.uint8]) -> dict[str, float]:
    looks = [spent(lambda: predictor.look(face, live=True)) for _ in range(LATENCIES)]
    walls = [look.wall_s * 1e3 for look in looks]
    return {"best": min(walls), "median": median(walls), "cpu": median(look.cpu_s for look in looks) * 1e3}


def _peak(kind: torch.dtype) -> float:
    """Give the operations that the best matrix product of one turn does in a second of one core."""
    best = 0.0
    for side in SIDES:
        matrix = torch.ones((side, side), dtype=kind)
        seconds = min(spent(partial(torch.mm, matrix, matrix)).cpu_s for _ in range(4))
        best = max(best, 2 * side**3 / seconds)
    return best


def spent(work: Callable[[], object]) -> Spent:
    """Measure some work."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)
