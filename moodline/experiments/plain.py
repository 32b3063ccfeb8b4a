"""`plain`: the convolutional net of the thesis, on the official split and on random ones, with its learning curve."""

from dataclasses import dataclass, replace
from functools import partial
from statistics import mean
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from classifier.training.data import SIDE, FaceData
from classifier.training.scores import wilson
from moodline.experiments.experiment import Bench, Claim, Experiment, Picture, Result, Story, Table
from moodline.experiments.fit import FitSettings
from moodline.experiments.measured import over_seeds, where_of
from moodline.experiments.official import Split, learned, official
from moodline.experiments.plain_net import PlainNet, PlainShape
from moodline.experiments.score import percent

CLAIMED = 0.92
"""Accuracy that the thesis states."""

LINES = (("training", "#c04a2f", "learned from"), ("judged", "#2f6fc0", "PublicTest"))
"""What a curve shows: its key in the result, its colour, its name."""

CLAIMED_SECONDS = 180
"""Of training, as the thesis states."""


@dataclass(frozen=True)
class PlainSettings:
    """What is learned with: the thesis's Adam at 0.001 and cross-entropy; batch and epochs are not given there.

    Attributes:
        shape: of the net.
        fit: how it learns.
        seeds: of the runs on the official split, and of the random splits.
        learn, judge: shares of a random split; the rest is what it is measured on.
        long_epochs: at most, of the run without dropout, which ends when `until` of the faces learned from are right.
        until: that share.
    """

    shape: PlainShape
    fit: FitSettings
    seeds: tuple[int, ...] = (0, 1, 2)
    learn: float = 0.7
    judge: float = 0.2
    long_epochs: int = 40
    until: float = CLAIMED


def run(bench: Bench) -> Result:
    """Learn on every split with every seed, then once without dropout until the faces learned from are known."""
    settings: PlainSettings = bench.settings
    kinds = {"official": _official, "random": _random}
    works = {f"{kind}-{seed}": partial(one, bench, seed) for kind, one in kinds.items() for seed in settings.seeds}
    found = bench.parts.share({**works, "official-undropped": partial(_undropped, bench)})
    runs = {kind: [found[f"{kind}-{seed}"] for seed in settings.seeds] for kind in kinds}
    return {**runs, "undropped": found["official-undropped"]}


def shuffled(splits: dict[str, FaceData], settings: PlainSettings, seed: int) -> Split:
    """Throw the official splits together and deal all faces out at random, as the thesis does.

    Returns:
        Faces to learn from, to choose by and to measure on; the last with `duplicate` set anew.
    """
    pixels = np.concatenate([split.pixels for split in splits.values()])
    labels = np.concatenate([split.fer2013 for split in splits.values()])
    votes = np.concatenate([split.votes for split in splits.values()])
    order = np.random.default_rng(seed).permutation(len(pixels))
    ends = [round(settings.learn * len(order)), round((settings.learn + settings.judge) * len(order))]
    parts = []
    known: set[bytes] = set()
    for rows in np.split(order, ends):
        twice = np.array([pixels[row].tobytes() in known for row in rows], bool)
        parts.append(FaceData(pixels[rows], labels[rows], votes[rows], twice))
        known = known or {pixels[row].tobytes() for row in rows}
    return Split(*parts)


def _official(bench: Bench, seed: int) -> dict[str, Any]:
    settings, name = bench.settings, f"official-{seed}"
    make = bench.placed(partial(PlainNet, settings.shape))
    return learned(official(bench.data.fer2013), make, settings.fit, seed, bench.folder / name)


def _random(bench: Bench, seed: int) -> dict[str, Any]:
    settings, name = bench.settings, f"random-{seed}"
    make = bench.placed(partial(PlainNet, settings.shape))
    split = shuffled(bench.data.fer2013, settings, seed)
    return learned(split, make, settings.fit, seed, bench.folder / name)


def _undropped(bench: Bench) -> dict[str, Any]:
    settings = bench.settings
    make = bench.placed(partial(PlainNet, replace(settings.shape, drop_maps=0.0, drop_hidden=0.0)))
    longer = replace(settings.fit, epochs=settings.long_epochs, until=settings.until)
    folder = bench.folder / "official-undropped"
    return learned(official(bench.data.fer2013), make, longer, settings.seeds[0], folder)


def tell(found: Result) -> Story:
    """Tell how much the net reads, where a higher figure may come from, and how long it takes."""
    whole, random, undropped = found["official"], found["random"], found["undropped"]
    reads, known = _mean(whole, "accuracy"), undropped["curve"][-1]
    top = max(max(line["training"] for line in one["curve"]) for one in whole)
    answer = (
        f"The net that the thesis describes reads {percent(reads)} of PrivateTest rightly (mean of {len(whole)} "
        f"seeds), {'less' if reads < CLAIMED else 'not less'} than the {percent(CLAIMED)} of the thesis. Without "
        f"dropout it reads {percent(known['training'])} of the faces that it learned from rightly after "
        f"{known['epoch']} epochs, and then {percent(known['judged'])} of faces that it did not."
    )
    net = (
        "The thesis names the layers (convolutions with ReLU, each followed by max pooling; dropout; fully connected; "
        "softmax), Adam at a rate of 0.001 and cross-entropy, but no sizes. Taken here is the usual reading: three "
        f"3×3 convolutions, one hidden layer, {whole[0]['parameters']:,} parameters; faces of {SIDE}×{SIDE} gray "
        "pixels from 0 to 1, no augmentation. The epoch is chosen by the faces for judging (PublicTest in the official "
        "split), and only then the faces for measuring are read, once."
    )
    curve = (
        f"With dropout the highest accuracy on faces learned from was {percent(top)}. The run without dropout ended "
        "once that accuracy passed the thesis's figure, or at its last epoch; the epoch of it that read PublicTest "
        f"best reads {percent(undropped['accuracy'], undropped['interval'])} of PrivateTest."
    )
    blocks: list[str | Table | Picture] = [net, _splits(whole, random), _by_class(whole), curve, _curves(found)]
    return Story(answer, blocks, _claims(found))


def _splits(whole: list[dict[str, Any]], random: list[dict[str, Any]]) -> Table:
    rows = []
    for name, group in (("official", whole), ("random 70/20/10", random)):
        for told, picked in (("all", group), ("without duplicates", [one["fresh"] for one in group])):
            images = round(mean(one["images"] for one in picked))
            accuracies = [one["accuracy"] for one in picked]
            interval = wilson(round(mean(accuracies) * images), images)
            rows.append((name, told, f"{images:,}", over_seeds(accuracies), percent(mean(accuracies), interval)))
    caption = (
        "The same net and recipe on two ways to split FER2013. A duplicate is a face whose every pixel also stands "
        "among those learned from. After ±: the standard deviation over seeds. The interval is that of one measurement "
        "on so many faces."
    )
    return Table(caption, ("split", "faces measured on", "number", "accuracy over seeds", "with interval"), rows)


def _by_class(whole: list[dict[str, Any]]) -> Table:
    rows = []
    for name, first in whole[0]["per_class"].items():
        picked = [one["per_class"][name] for one in whole]
        recall = mean(one["recall"] for one in picked)
        interval = wilson(round(recall * first["images"]), first["images"])
        means = [percent(mean(one[key] for one in picked)) for key in ("precision", "f1")]
        rows.append((name, str(first["images"]), means[0], percent(recall, interval), means[1]))
    caption = (
        "By apparent expression, official split, mean of the seeds. Precision: of the faces called so, how many are "
        "so. Recall: of the faces that are so, how many are called so. F1: their harmonic mean."
    )
    return Table(caption, ("expression", "faces", "precision", "recall", "F1"), rows)


def _curves(found: Result) -> Picture:
    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, 2, sharey=True)
        runs = (found["official"], [found["undropped"]])
        for part, group, title in zip(axes, runs, ("as in the thesis, with dropout", "without dropout"), strict=True):
            for number, one in enumerate(group):
                epochs = [line["epoch"] for line in one["curve"]]
                for key, colour, label in LINES:
                    shown = [100 * line[key] for line in one["curve"]]
                    part.plot(epochs, shown, color=colour, label=None if number else label)
            part.axhline(100 * CLAIMED, color="#666666", linestyle=":", label="thesis")
            part.set(title=title, xlabel="epoch", ylim=(0, 100))
        axes[0].set_ylabel("accuracy, %")
        axes[0].legend(loc="lower right")

    caption = (
        "Learning curves on the official split, a line for each seed: accuracy on faces that were learned from, and on "
        "PublicTest, which was not. Where the two part, the net learns faces by heart instead of what they show."
    )
    return Picture("plain-curves", caption, draw)


def _claims(found: Result) -> list[Claim]:
    whole = found["official"]
    why = (
        "learned from, chosen and measured on separate official splits; see `leak` for what other ways to measure give"
    )
    recalls = {name: _of_class(whole, name, "recall") for name in ("happy", "sad", "fear")}
    precisions = [_of_class(whole, name, "precision") for name in whole[0]["per_class"]]
    learning = [one["seconds_learning"] for one in whole]
    alone, many = (1000 * mean(one["seconds_per_face"][key] for one in whole) for key in ("alone", "of_64"))
    epochs, faces = len(whole[0]["curve"]), whole[0]["learned_from"]
    return [
        Claim("plain net: accuracy", "92 %", over_seeds([one["accuracy"] for one in whole]), why),
        Claim("plain net: F1", "91 %", percent(_mean(whole, "macro_f1")), "mean over the classes; as above"),
        Claim(
            "plain net: precision by class",
            "85 % (fear) to 95 % (happy)",
            f"{percent(min(precisions))} to {percent(max(precisions))}",
            "as above",
        ),
        Claim(
            "plain net: recall",
            "happy 96 %, sad 88 %, fear 85 %",
            ", ".join(f"{name} {percent(value)}" for name, value in recalls.items()),
            "as above",
        ),
        Claim(
            "plain net: training time",
            f"{CLAIMED_SECONDS} s",
            f"{mean(learning):.0f} s",
            f"{epochs} epochs over {faces:,} faces on {where_of(whole)}; the thesis names neither machine nor epochs",
        ),
        Claim(
            "plain net: time per face",
            "15 ms, elsewhere 102 ms",
            f"{alone:.2f} ms alone, {many:.2f} ms in batches of 64",
            f"{where_of(whole)}, the net alone; the thesis names a GPU and not what was timed; see `latency`",
        ),
    ]


def _mean(group: list[dict[str, Any]], key: str) -> float:
    return float(mean(one[key] for one in group))


def _of_class(group: list[dict[str, Any]], name: str, key: str) -> float:
    return float(mean(one["per_class"][name][key] for one in group))


EXPERIMENT = Experiment(
    name="plain",
    title="The convolutional net of the thesis",
    question="How many faces does the thesis's plain convolutional net read rightly, and where may 92 % come from?",
    needs=("fer2013",),
    hours=1.3,
    version=1,
    settings=PlainSettings(PlainShape(), FitSettings(epochs=24)),
    tiny=PlainSettings(
        shape=PlainShape(widths=(4, 8), hidden=8), fit=FitSettings(epochs=2), seeds=(0, 1), long_epochs=2
    ),
    run=run,
    tell=tell,
)
