"""`attention`: squeeze-and-excitation and CBAM, on and off in the same body, with the same recipe."""

import time
from dataclasses import dataclass
from functools import partial
from statistics import mean
from typing import Any

from matplotlib.figure import Figure

from moodline.experiments.attention_net import KINDS, AttentionNet, AttentionShape, Kind
from moodline.experiments.experiment import Bench, Claim, Experiment, Picture, Result, Story, Table
from moodline.experiments.fit import FitSettings
from moodline.experiments.measured import COLUMNS, EXPLAINED, compare, over_seeds, row, seconds
from moodline.experiments.official import epoch_seconds, learned, official
from moodline.experiments.turns import in_turns

TIMED = 512
"""Faces that an epoch is timed with."""

NAMES = {"none": "no attention", "se": "squeeze-and-excitation", "cbam": "CBAM"}


@dataclass(frozen=True)
class AttentionSettings:
    """What is compared.

    Attributes:
        shape: of the body.
        fit: how it learns.
        seeds: of the runs.
    """

    shape: AttentionShape
    fit: FitSettings
    seeds: tuple[int, ...] = (0, 1, 2)


def run(bench: Bench) -> Result:
    """Learn with every kind of attention and every seed; then time all kinds in turns."""
    seeds = bench.settings.seeds
    found = bench.parts.share({f"{kind}-{seed}": partial(_one, bench, kind, seed) for kind in KINDS for seed in seeds})
    runs: Result = {kind: [found[f"{kind}-{seed}"] for seed in seeds] for kind in KINDS}
    return {**runs, "cost": bench.parts.do("cost", partial(_cost, bench))}


def _one(bench: Bench, kind: Kind, seed: int) -> dict[str, Any]:
    settings = bench.settings
    make = bench.placed(partial(AttentionNet, settings.shape, kind))
    return learned(official(bench.data.fer2013), make, settings.fit, seed, bench.folder / f"{kind}-{seed}")


def _cost(bench: Bench) -> dict[str, Any]:
    """Time learning and reading with every kind in turns, on one core."""
    settings: AttentionSettings = bench.settings
    makes = {kind: partial(AttentionNet, settings.shape, kind) for kind in KINDS}
    faces = bench.data.fer2013["Training"]

    def learning(kind: Kind) -> float:
        return epoch_seconds(makes[kind], faces, TIMED, settings.fit, bench.folder)

    nets = {kind: make() for kind, make in makes.items()}

    def reading(kind: Kind, batch: int) -> float:
        return seconds(nets[kind], settings.fit, batch, clock=time.process_time)

    return {
        "epoch": in_turns({kind: partial(learning, kind) for kind in KINDS}),
        "alone": in_turns({kind: partial(reading, kind, 1) for kind in KINDS}),
        "of_64": in_turns({kind: partial(reading, kind, 64) for kind in KINDS}),
    }


def tell(found: Result) -> Story:
    """Tell whether attention reads more faces rightly, and what it costs."""
    without = found["none"]
    says, better = [], False
    for kind in KINDS[1:]:
        told = compare(without, found[kind])
        better = better or told["verdict"] == "better"
        slower = found["cost"]["epoch"][kind]["times"]
        says.append(
            f"{NAMES[kind]} {_reads(found[kind])} ({100 * told['gain']:+.1f} points, {told['verdict']}; {slower:.2f} "
            "times the time to learn)"
        )
    answer = (
        f"{'Yes' if better else 'Not clearly'}: the body reads {_reads(without)} of PrivateTest rightly without "
        f"attention, with {' and with '.join(says)}."
    )
    what = (
        "Both kinds learn weights from 0 to 1 with which a net multiplies what it computed. Squeeze-and-excitation "
        "(Hu, Shen and Sun, CVPR 2018) has one weight for each channel; CBAM (Woo et al., ECCV 2018) one for each "
        "channel and one for each place in the picture. They come after each of the four steps of a small body of "
        "3×3 convolutions; everything else is the same."
    )
    rows = [row(NAMES[kind], found[kind], without if kind != "none" else None) for kind in KINDS]
    table = Table(f"Each kind against no attention. {EXPLAINED}", ("", *COLUMNS), rows)
    costs = [
        (
            NAMES[kind],
            f"{found[kind][0]['parameters']:,}",
            f"{found['cost']['epoch'][kind]['seconds']:.0f} s ({found['cost']['epoch'][kind]['times']:.2f})",
            *(_ms(found["cost"][size][kind]) for size in ("alone", "of_64")),
        )
        for kind in KINDS
    ]
    cost = Table(
        "What each kind costs: numbers that are learned; and in time of one processor core, all kinds timed in turns, "
        f"an epoch of learning, from {TIMED} faces, and reading a face, alone and in batches of 64, with the net as it "
        "learns (with parallel branches, which are folded into one convolution where a net is served). Brackets: how "
        "many times as long as without attention, the median of the turns; the minutes above are by the clock.",
        ("", "parameters", "an epoch", "ms alone", "ms of 64"),
        costs,
    )
    return Story(answer, [what, table, cost, _curves(found)], [_claim(found)])


def _curves(found: Result) -> Picture:
    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for kind, colour in zip(KINDS, ("#666666", "#2f6fc0", "#c04a2f"), strict=True):
            for number, one in enumerate(found[kind]):
                epochs = [line["epoch"] for line in one["curve"]]
                judged = [100 * line["judged"] for line in one["curve"]]
                axes.plot(epochs, judged, color=colour, linewidth=1, label=None if number else NAMES[kind])
        axes.set(xlabel="epoch", ylabel="accuracy on PublicTest, %")
        axes.legend(loc="lower right")

    return Picture("attention-curves", "Accuracy on PublicTest after each epoch, a line for each seed.", draw)


def _claim(found: Result) -> Claim:
    best = max(KINDS[1:], key=lambda kind: mean(one["accuracy"] for one in found[kind]))
    told = compare(found["none"], found[best])
    return Claim(
        "attention in the net",
        "not tried; expected to make fewer mistakes in difficult cases",
        f"{NAMES[best]}: {_reads(found[best])}, without {_reads(found['none'])}: {told['verdict']}",
        "the same body, recipe and seeds; over all faces, since the thesis does not say which cases are difficult",
    )


def _reads(group: list[dict[str, Any]]) -> str:
    return over_seeds([one["accuracy"] for one in group])


def _ms(timed: dict[str, float]) -> str:
    return f"{1000 * timed['seconds']:.2f} ({timed['times']:.2f})"


_FIT = FitSettings(
    epochs=24,
    batch=128,
    optimiser="sgd",
    rate=0.05,
    cosine=True,
    warmup=1,
    decay=5e-4,
    standardised=True,
    augmented=True,
    smoothing=0.1,
)

EXPERIMENT = Experiment(
    name="attention",
    title="Attention",
    question="Does a net that weighs channels or places, by squeeze-and-excitation or CBAM, read more faces rightly?",
    needs=("fer2013",),
    hours=2.5,
    version=1,
    settings=AttentionSettings(AttentionShape(), _FIT),
    tiny=AttentionSettings(AttentionShape(widths=(4, 8), depth=1), FitSettings(epochs=1, standardised=True), (0, 1)),
    run=run,
    tell=tell,
)
