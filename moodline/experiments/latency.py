"""How long one face takes: nearest neighbour, support vector machine, the thesis's net, the served one, larger ones."""

from dataclasses import dataclass
from functools import partial

import torch

from moodline.experiments.experiment import Bench, Experiment, Result
from moodline.experiments.latency_story import tell
from moodline.experiments.race import Order, run_apart
from moodline.experiments.subjects import CLASSICAL, MAKERS, Sizes


@dataclass(frozen=True)
class LatencySettings:
    """What is timed, and how long.

    Attributes:
        subjects: names of what is timed.
        batches: faces at once.
        cores: at once, each in a process of its own.
        seconds: of turns with each, at least.
        gpu_seconds: the same on a GPU, where turns are short and alike.
        turns: of each, at least.
        known: faces that the nearest neighbour is sought among.
        supports: faces that the support vector machine compares with.
        components: numbers that it sees of a face.
        cell: of its histograms of gradients, pixels.
    """

    subjects: tuple[str, ...] = tuple(MAKERS)
    batches: tuple[int, ...] = (1, 64)
    cores: tuple[int, ...] = (1, 2)
    seconds: float = 10.0
    gpu_seconds: float = 3.0
    turns: int = 3
    known: int = 28_709
    supports: int = 24_000
    components: int = 128
    cell: int = 6


def run(bench: Bench) -> Result:
    """Time everything on each number of cores, and the nets on a GPU where there is one."""
    settings, do = bench.settings, bench.parts.do
    found = {}
    for cores in settings.cores:
        order = _order(bench, settings.subjects, "cpu", cores)
        found[f"{cores} core{'s' if cores > 1 else ''}"] = do(f"cores-{cores}", partial(run_apart, order))
    nets = tuple(name for name in settings.subjects if name not in CLASSICAL)
    order = _order(bench, nets, "cuda", 1)
    gpu = do("gpu", partial(run_apart, order)) if torch.cuda.is_available() else bench.parts.kept("gpu")
    if gpu is not None:
        found["GPU"] = gpu
    sizes = {"known": settings.known, "supports": settings.supports, "components": settings.components}
    return {"places": found, "sizes": sizes}


def _order(bench: Bench, subjects: tuple[str, ...], device: str, threads: int) -> Order:
    settings = bench.settings
    sizes = Sizes(settings.known, settings.supports, settings.components, settings.cell)
    seconds = settings.seconds if device == "cpu" else settings.gpu_seconds
    return Order(subjects, settings.batches, seconds, settings.turns, str(bench.weights), device, threads, sizes)


EXPERIMENT = Experiment(
    name="latency",
    title="Time per face",
    question="How long does one face take, from its crop to its class?",
    needs=(),
    hours=0.25,
    version=1,
    settings=LatencySettings(),
    tiny=LatencySettings(
        subjects=("bare", "nearest", "svm", "plain"),
        batches=(1, 2),
        cores=(1,),
        seconds=0.0,
        gpu_seconds=0.0,
        turns=1,
        known=50,
        supports=70,
        components=8,
    ),
    run=run,
    tell=tell,
)
