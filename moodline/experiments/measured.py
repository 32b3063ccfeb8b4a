"""What a net that learned says of the faces that it is measured on, and whether one net is better than another.

Used by the experiments that learn nets. Which faces a net reads rightly is kept, packed, so that nets of different
parts can be compared over the same faces.
"""

import time
from collections.abc import Callable, Sequence
from statistics import mean, median, stdev
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from classifier.labels import FER2013_LABELS
from classifier.training.data import FaceData, ferplus_majority
from classifier.training.scores import wilson
from moodline.experiments.fit import FitSettings, Fitted, say
from moodline.experiments.score import mcnemar, percent, score

CHANCE = 0.05
"""Below this, a difference is called more than chance."""

_BRIEF = frozenset({"images", "accuracy", "interval", "fresh", "right"})


def measure(fitted: Fitted, faces: FaceData, settings: FitSettings) -> dict[str, Any]:
    """Read faces once, in their plain view and with a mirrored second look.

    Args:
        fitted: the net, with how it learned.
        faces: none of them learned from; `duplicate` says which stand among those learned from all the same.
        settings: the net learned with.

    Returns:
        What `marks` returns, and `mirrored` (`brief` of two looks), `epoch` (whose weights were kept), `curve`,
        `seconds_learning` (all epochs), `devices` (on which), `seconds_to_best`, `parameters`, `seconds_per_face`
        (`alone` and `of_64`); and of two heads `ferplus`, see `ferplus_marks`.
    """
    plain, twice = (say(fitted.net, faces.pixels, settings, mirrored=mirrored) for mirrored in (False, True))
    learned = [line["seconds"] for line in fitted.curve]
    found = {
        **marks(plain[-1].argmax(1), faces),
        "mirrored": brief(twice[-1].argmax(1), faces),
        "epoch": fitted.epoch,
        "curve": fitted.curve,
        "seconds_learning": sum(learned),
        "devices": sorted({line.get("device", "cpu") for line in fitted.curve}),
        "seconds_to_best": sum(learned[: fitted.epoch]),
        "parameters": sum(one.numel() for one in fitted.net.parameters()),
        "seconds_per_face": {"alone": seconds(fitted.net, settings, 1), "of_64": seconds(fitted.net, settings, 64)},
    }
    return found if len(plain) == 1 else {**found, "ferplus": ferplus_marks(twice[0], faces)}


def marks(said: npt.NDArray[np.int64], faces: FaceData) -> dict[str, Any]:
    """Score the classes that were said of faces.

    Returns:
        What `score` returns, `fresh` (`images`, `accuracy`, `interval` without duplicates) and `right` (packed).
    """
    right = said == faces.fer2013
    fresh = right[~faces.duplicate]
    return {
        **score(said, faces.fer2013, FER2013_LABELS),
        "fresh": {
            "images": len(fresh),
            "accuracy": float(fresh.mean()),
            "interval": wilson(int(fresh.sum()), len(fresh)),
        },
        "right": pack(right),
    }


def brief(said: npt.NDArray[np.int64], faces: FaceData) -> dict[str, Any]:
    """Give of `marks` what two nets are compared by: `images`, `accuracy`, `interval`, `fresh`, `right`."""
    return {key: value for key, value in marks(said, faces).items() if key in _BRIEF}


def seconds(
    net: nn.Module,
    settings: FitSettings,
    batch: int,
    repeats: int = 20,
    clock: Callable[[], float] = time.monotonic,
) -> float:
    """Give the median time that reading one face takes on this machine, in batches of a size; seconds of a clock."""
    pixels = np.zeros((batch, 48, 48), np.uint8)
    taken = []
    for _ in range(repeats + 1):
        began = clock()
        say(net, pixels, settings)
        taken.append(clock() - began)
    return median(taken[1:]) / batch


def pack(right: npt.NDArray[np.bool_]) -> str:
    """Pack which faces were read rightly into hexadecimal digits, four faces each."""
    return np.packbits(right).tobytes().hex()


def unpack(packed: str, images: int) -> npt.NDArray[np.bool_]:
    """Undo `pack`."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(packed), np.uint8))[:images].astype(bool)


def compare(first: Sequence[dict[str, Any]], second: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Compare two ways to learn by the nets of several seeds, measured on the same faces.

    Returns:
        `gain` (mean accuracy of the second less that of the first), `chance` (the median of McNemar's probability over
        the pairs of equal seeds) and `verdict`: `better` or `worse` where that is below 0.05 and every seed of the one
        is above every seed of the other, else `no clear difference`.
    """
    before, after = ([one["accuracy"] for one in group] for group in (first, second))
    chance = median(
        mcnemar(unpack(one["right"], one["images"]), unpack(two["right"], two["images"]))
        for one, two in zip(first, second, strict=False)
    )
    verdict = "no clear difference"
    if chance < CHANCE and min(after) > max(before):
        verdict = "better"
    elif chance < CHANCE and max(after) < min(before):
        verdict = "worse"
    return {"gain": mean(after) - mean(before), "chance": chance, "verdict": verdict}


def over_seeds(values: Sequence[float]) -> str:
    """Write the mean share of several seeds with its spread: `65.1 % ± 0.4 (3 seeds)`."""
    if len(values) == 1:
        return f"{percent(values[0])} (1 seed)"
    return f"{percent(mean(values))} ± {100 * stdev(values):.1f} ({len(values)} seeds)"


COLUMNS = ("accuracy", "without duplicates", "gain", "chance", "verdict", "minutes")
"""Of the rows that `row` gives, after the name."""

EXPLAINED = (
    "Accuracy: on PrivateTest, mean of the seeds with their standard deviation after ±. Without duplicates: the same "
    "without the faces whose pixels also stand among those learned from. Chance: how likely McNemar's test finds a "
    "difference this large, face by face, if both were equally good (median over the pairs of seeds that both have). "
    "A verdict needs that to be below 0.05 and every seed of the one above every seed of the other. Gains are of "
    "values that are not rounded. Minutes: of learning, a seed, by the clock, on one core of a processor, or in "
    "brackets on a GPU; what else the machine did meanwhile, other nets that learned included, slows one row more than "
    "another."
)
"""What the columns mean, for a caption."""


def row(name: str, group: Sequence[dict[str, Any]], reference: Sequence[dict[str, Any]] | None) -> tuple[str, ...]:
    """Give a row of a table over ways to learn, each with several seeds, compared with another way."""
    accuracies, fresh = [one["accuracy"] for one in group], [one["fresh"]["accuracy"] for one in group]
    minutes = minutes_of(group)
    cells = (name, over_seeds(accuracies), percent(mean(fresh)))
    if reference is None:
        return (*cells, "", "", "", minutes)
    return (*cells, *told(compare(reference, group)), minutes)


def told(found: dict[str, Any]) -> tuple[str, str, str]:
    """Write what `compare` found: gain, chance and verdict."""
    chance = "below 0.001" if found["chance"] < 0.001 else f"{found['chance']:.3f}"
    return f"{100 * found['gain']:+.1f} points", chance, found["verdict"]


def minutes_of(group: Sequence[dict[str, Any]]) -> str:
    """Write the mean minutes that a seed took to learn: of those on a processor, and in brackets of those on a GPU.

    Those that began on the one and ended on the other took neither's.
    """
    taken: dict[bool, list[float]] = {True: [], False: []}
    for one in group:
        devices = one.get("devices", ["cpu"])
        if len(devices) == 1 and one["seconds_learning"] is not None:
            taken[devices[0] == "cpu"].append(one["seconds_learning"] / 60)
    shown = {True: "{:.1f}", False: "({:.1f})"}
    return " ".join(shown[where].format(mean(minutes)) for where, minutes in taken.items() if minutes)


def where_of(runs: Sequence[dict[str, Any]]) -> str:
    """Say on what some runs learned: one processor core, a GPU by its name, or several of them."""
    names = sorted({name for one in runs for name in one.get("devices", ["cpu"])})
    return " or ".join("one processor core" if name == "cpu" else name for name in names)


def graphics_of(runs: Sequence[dict[str, Any]]) -> str:
    """Say which of some runs learned on a GPU, and on which; nothing where none did."""
    found = [set(one.get("devices", ["cpu"])) for one in runs]
    names = " and ".join(sorted(set().union(*found) - {"cpu"}))
    if not names:
        return ""
    whole, mixed = sum("cpu" not in one for one in found), sum("cpu" in one and len(one) > 1 for one in found)
    ended = f", {mixed} began there and ended on a processor (they have no minutes)" if mixed else ""
    rest = len(runs) - whole - mixed
    return f"Of {len(runs)} runs, {whole} learned on {names}{ended}, and {rest} on a processor."


def ferplus_marks(said: npt.NDArray[np.float32], faces: FaceData) -> dict[str, Any]:
    """Accuracy of the FER+ head, with a mirrored look: FER+ majority over 8 classes."""
    truth = ferplus_majority(faces.votes)
    right = (said.argmax(1) == truth)[truth >= 0]
    return {"images": len(right), "accuracy": float(right.mean()), "interval": wilson(int(right.sum()), len(right))}
