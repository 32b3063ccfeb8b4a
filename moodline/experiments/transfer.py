"""`transfer`: what a net that learned from other pictures is worth on new ones, whole or as the place to begin."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from classifier.labels import FERPLUS_LABELS
from classifier.model import ModelSettings
from classifier.predictor import build, read_weights
from classifier.training.data import FaceData, ferplus_argmax
from classifier.training.folds import deal
from classifier.training.record import device_name
from classifier.training.scores import wilson
from moodline.experiments.experiment import Bench, Experiment, Result
from moodline.experiments.fit import FitSettings, Lesson, fit, say
from moodline.experiments.measured import pack
from moodline.experiments.official import epoch_seconds, learned, official
from moodline.experiments.parts import Work
from moodline.experiments.results import digest_of
from moodline.experiments.transfer_nets import KNOWN, Known, from_scratch, of_torchvision, on_body
from moodline.experiments.transfer_story import tell

NAMES = tuple(name for name in FERPLUS_LABELS if name != "neutral")
"""Labels of CK+, which has no neutral pictures; the head's outputs are in this order."""


@dataclass(frozen=True)
class TransferSettings:
    """What is compared; epochs are fixed beforehand, since CK+ has nothing to choose them by.

    Attributes:
        frozen: how a fresh last layer learns on a body that stays as it is.
        fine: how all of it learns.
        scratch: how the same net learns with nothing learned before.
        begun: how a net of torchvision learns from FER2013, given a file to begin with.
        alone: how it learns without one.
        folds: parts that the sequences of CK+ are dealt into.
        seeds: of every run under an hour.
        slow_seeds: of VGG16.
        timed: faces that the time of what is not learned is taken with.
        nets: of torchvision.
    """

    frozen: FitSettings
    fine: FitSettings
    scratch: FitSettings
    begun: FitSettings
    alone: FitSettings
    folds: int = 10
    seeds: tuple[int, ...] = (0, 1, 2)
    slow_seeds: tuple[int, ...] = (0,)
    timed: int = 256
    nets: tuple[Known, ...] = KNOWN


def run(bench: Bench) -> Result:
    """Learn CK+ in three ways, then FER2013 with nets of torchvision."""
    sha256 = digest_of(bench.weights)
    shape = build(read_weights(bench.weights), bench.weights).settings
    # Parts are named by what they depend on, so that another served net leaves the others as they are.
    ways: dict[str, tuple[str, Callable[[], nn.Module], FitSettings]] = {
        "frozen": (sha256[:12], partial(on_body, bench.weights, frozen=True), bench.settings.frozen),
        "fine": (sha256[:12], partial(on_body, bench.weights, frozen=False), bench.settings.fine),
        "scratch": (_key(shape), partial(from_scratch, shape), bench.settings.scratch),
    }
    works: dict[str, dict[str, Work]] = {
        name: {
            f"{name}-{key}-{seed}": partial(_ckplus, bench, make, how, (f"{name}-{key}-{seed}", seed))
            for seed in bench.settings.seeds
        }
        for name, (key, make, how) in ways.items()
    }
    known = {name: _torchvision(bench, name) for name in bench.settings.nets}
    nets = [runs for kinds in known.values() for runs in kinds.values()]
    found = bench.parts.share({name: work for runs in [*works.values(), *nets] for name, work in runs.items()})
    return {
        "ckplus": {name: [found[part] for part in runs] for name, runs in works.items()},
        "served": sha256,
        "torchvision": {name: _found(bench, name, kinds, found) for name, kinds in known.items()},
        "folds": bench.settings.folds,
    }


def _key(shape: ModelSettings) -> str:
    return hashlib.sha256(json.dumps(asdict(shape), sort_keys=True).encode()).hexdigest()[:8]


def _ckplus(bench: Bench, make: Callable[[], nn.Module], how: FitSettings, named: tuple[str, int]) -> dict[str, Any]:
    """Learn from all folds but one, read that one, and so on through all; score frames and sequences."""
    name, seed = named
    faces = bench.data.ckplus
    truth = np.array([NAMES.index(FERPLUS_LABELS[label]) for label in ferplus_argmax(faces.votes)])
    groups, make = _groups(faces), bench.placed(make)
    fold = deal(groups.astype(str).tolist(), truth.astype(str).tolist(), bench.settings.folds)
    said, taken = np.zeros((len(faces), len(NAMES)), np.float32), 0.0
    for number in range(bench.settings.folds):
        out = fold == number
        lesson = Lesson(faces.pixels[~out], truth[~out])
        fitted = fit(make, lesson, None, how, seed, bench.folder / f"{name}-fold-{number}")
        if out.any():
            said[out] = say(fitted.net, faces.pixels[out], how)[-1]
        taken += sum(line["seconds"] for line in fitted.curve)
    for number in range(bench.settings.folds):
        shutil.rmtree(bench.folder / f"{name}-fold-{number}")
    return {**_by_sequence(said, truth, groups), "seconds_learning": taken, "devices": [device_name(bench.device)]}


def _groups(faces: FaceData) -> npt.NDArray[np.int64]:
    assert faces.group is not None  # noqa: S101  # every picture of CK+ is of a sequence
    return faces.group


def _by_sequence(
    said: npt.NDArray[np.float32], truth: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Score each sequence once, by the mean of its frames, and the frames; recall by label over sequences."""
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    mean = np.zeros((len(first), said.shape[1]))
    np.add.at(mean, place, said)
    right, labels = mean.argmax(1) == truth[first], truth[first]
    recall = {
        name: {"right": int(right[labels == number].sum()), "of": int((labels == number).sum())}
        for number, name in enumerate(NAMES)
    }
    return {
        "images": len(right),
        "accuracy": float(right.mean()),
        "interval": wilson(int(right.sum()), len(right)),
        "right": pack(right),
        "recall": recall,
        "frames": {"images": len(truth), "accuracy": float((said.argmax(1) == truth).mean())},
    }


def _torchvision(bench: Bench, name: Known) -> dict[str, dict[str, Work]]:
    """Give the parts of a net of torchvision that learns FER2013: from a file, and without one where that is quick."""
    settings: TransferSettings = bench.settings
    seeds = settings.slow_seeds if name == "vgg16" else settings.seeds
    start = bench.starts.get(name)
    kinds: dict[str, dict[str, Work]] = {}
    if start is not None:
        digest = digest_of(start)[:12]
        parts = {f"{name}-{digest}-{seed}": seed for seed in seeds}
        kinds["begun"] = {part: partial(_fer2013, bench, name, start, (part, seed)) for part, seed in parts.items()}
    if name == "resnet18":
        parts = {f"{name}-alone-{seed}": seed for seed in seeds}
        kinds["alone"] = {part: partial(_fer2013, bench, name, None, (part, seed)) for part, seed in parts.items()}
    else:
        kinds["cost"] = {f"cost-{name}": partial(_cost, bench, name)}
    return kinds


def _found(bench: Bench, name: Known, kinds: dict[str, dict[str, Work]], found: dict[str, Any]) -> dict[str, Any]:
    runs = {kind: [found[part] for part in parts] for kind, parts in kinds.items()}
    start = bench.starts.get(name)
    return {
        "file": None if start is None else {"name": start.name, "sha256": digest_of(start)},
        "begun": runs.get("begun"),
        "alone": runs.get("alone"),
        "cost": runs["cost"][0] if "cost" in runs else None,
    }


def _fer2013(bench: Bench, name: Known, start: Path | None, named: tuple[str, int]) -> dict[str, Any]:
    part, seed = named
    how = bench.settings.alone if start is None else bench.settings.begun
    make, split = bench.placed(partial(of_torchvision, name, start)), official(bench.data.fer2013)
    return learned(split, make, how, seed, bench.folder / part)


def _cost(bench: Bench, name: Known) -> dict[str, Any]:
    settings: TransferSettings = bench.settings
    make, faces = partial(of_torchvision, name, None), bench.data.fer2013["Training"]
    epoch = epoch_seconds(make, faces, settings.timed, settings.begun, bench.folder)
    hours = {key: epoch * getattr(settings, key).epochs / 3600 for key in ("begun", "alone")}
    return {"epoch": epoch, "hours": hours, "parameters": sum(one.numel() for one in make().parameters())}


_SGD = FitSettings(
    epochs=30,
    optimiser="sgd",
    rate=0.05,
    cosine=True,
    warmup=1,
    decay=5e-4,
    standardised=True,
    augmented=True,
    watched=64,
)
_FER2013 = replace(_SGD, epochs=10, batch=128, standardised=False, watched=3589)
_TINY = replace(_SGD, epochs=1)

EXPERIMENT = Experiment(
    name="transfer",
    title="Transfer",
    question="What is it worth to begin with a net that learned from other pictures?",
    needs=("fer2013", "ckplus"),
    hours=1.8,
    version=1,
    settings=TransferSettings(
        frozen=_SGD,
        fine=replace(_SGD, epochs=15, rate=0.01),
        scratch=replace(_SGD, epochs=40),
        begun=replace(_FER2013, epochs=8, rate=0.01),
        alone=_FER2013,
    ),
    tiny=TransferSettings(
        _TINY, _TINY, _TINY, _TINY, replace(_FER2013, epochs=1), folds=2, seeds=(0,), nets=("resnet18",)
    ),
    run=run,
    tell=tell,
    reads_served="some",
)
