"""What the same faces on both sides of a split do to accuracy; FER2013, at random and by its official split.

Pictures that stand in FER2013 more than once, and copies of a face that were made before the faces were dealt out. The
settings of the models are constants that `classical` found on PublicTest: nothing is chosen here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from classifier.training.data import SPLITS
from classifier.training.scores import wilson
from moodline.experiments.experiment import Bench, Experiment, Result
from moodline.experiments.features import Faces, extract, mirrored
from moodline.experiments.leak_story import tell
from moodline.experiments.recipes import MODELS, Recipe, learn
from moodline.experiments.sight import Classes
from moodline.experiments.splits import count_twins, deal_randomly, identify


@dataclass(frozen=True)
class LeakSettings:
    """What is compared.

    Attributes:
        shares: of a random split: learned from, and for choosing; the rest is measured.
        seeds: of random splits.
        turn: degrees by which copies are turned, at most.
        light: gray values by which copies are lighter or darker, at most.
        copied: of the faces, one in so many is copied, by model: the time of a machine grows with their square.
        remembered: faces learned from that a model is asked again, about so many, evenly spread.
    """

    shares: Sequence[float] = (0.7, 0.2)
    seeds: Sequence[int] = (0, 1, 2)
    turn: float = 8.0
    light: float = 30.0
    copied: Sequence[tuple[str, int]] = (("neighbours", 1), ("machine", 3))
    remembered: int = 3589


TINY = LeakSettings(seeds=(0,), remembered=20)


@dataclass(frozen=True)
class Side:
    """Faces on one side of a split.

    Attributes:
        pixels: (N, 48, 48).
        labels: (N,) classes.
        identity: (N,) see `identify`; a copy has that of the face that it was made of.
    """

    pixels: Faces
    labels: Classes
    identity: Classes


def run(bench: Bench) -> Result:
    """Measure both models on every kind of split, see the head of this file."""
    settings: LeakSettings = bench.settings
    splits = bench.data.fer2013
    pixels = np.concatenate([splits[name].pixels for name in SPLITS])
    whole = Side(pixels, np.concatenate([splits[name].fer2013 for name in SPLITS]), identify(pixels))
    numbers = np.split(np.arange(len(pixels)), np.cumsum([len(splits[name]) for name in SPLITS[:-1]]))
    learned, tested = _take(whole, numbers[0]), _take(whole, numbers[-1])
    twins = bench.parts.do("twins", partial(count_twins, whole.identity, whole.labels))
    found: Result = {"twins": twins, "models": {}}
    with threadpool_limits(1):
        for name, recipe in MODELS.items():
            copied = _some(whole, dict(settings.copied)[name])
            found["models"][name] = {
                "official": bench.parts.do(f"official-{name}", partial(measure, recipe, learned, tested, settings)),
                "random": [
                    bench.parts.do(f"random-{name}-{seed}", partial(_randomly, recipe, whole, settings, seed))
                    for seed in settings.seeds
                ],
                "before": bench.parts.do(f"copies-before-{name}", partial(_before, recipe, copied, settings)),
                "after": bench.parts.do(f"copies-after-{name}", partial(_after, recipe, copied, settings)),
            }
    return {**found, "faces": len(whole.labels), "turn": settings.turn}


def measure(recipe: Recipe, learned: Side, tested: Side, settings: LeakSettings) -> Result:
    """Learn from one side and measure on the other.

    Returns:
        `learned_from` (faces); `all` faces of the other side, the `twins` that stand among those learned from, too, or
        of which another copy does, the others (`fresh`), and `remembered` ones, that were learned from: each `images`,
        `accuracy` and `interval`.
    """
    model = learn(recipe, extract(learned.pixels, recipe.what), learned.labels)
    right = model.say(tested.pixels) == tested.labels
    twin = np.isin(tested.identity, learned.identity)
    again = _some(learned, max(1, len(learned.labels) // settings.remembered))
    return {
        "learned_from": len(learned.labels),
        "all": _share(right),
        "fresh": _share(right[~twin]),
        "twins": _share(right[twin]),
        "remembered": _share(model.say(again.pixels) == again.labels),
    }


def copies(faces: Faces, settings: LeakSettings, seed: int) -> Faces:
    """Give every face four times: as it is and mirrored, and both turned a little, lighter or darker.

    Returns:
        (4 N, 48, 48): all N faces, all mirrored, all turned, all mirrored and turned.
    """
    rng = np.random.default_rng(seed)
    upright = np.concatenate([faces, mirrored(faces)])
    turned = np.empty_like(upright)
    middle = ((faces.shape[2] - 1) / 2, (faces.shape[1] - 1) / 2)
    for number, face in enumerate(upright):
        turn = cv2.getRotationMatrix2D(middle, rng.uniform(-settings.turn, settings.turn), 1.0)
        moved = cv2.warpAffine(face, turn, face.shape[::-1], borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        turned[number] = np.clip(moved + rng.uniform(-settings.light, settings.light), 0, 255)
    return np.concatenate([upright, turned])


def _randomly(recipe: Recipe, whole: Side, settings: LeakSettings, seed: int) -> Result:
    first, _, last = deal_randomly(len(whole.labels), settings.shares, seed)
    return measure(recipe, _take(whole, first), _take(whole, last), settings)


def _before(recipe: Recipe, whole: Side, settings: LeakSettings) -> Result:
    """Copy first, then deal the copies out: most faces stand on both sides."""
    seed = settings.seeds[0]
    return _randomly(recipe, _copied(whole, settings, seed), settings, seed)


def _after(recipe: Recipe, whole: Side, settings: LeakSettings) -> Result:
    """Deal the faces out, then copy those learned from; what is measured are faces as they are."""
    seed = settings.seeds[0]
    first, _, last = deal_randomly(len(whole.labels), settings.shares, seed)
    return measure(recipe, _copied(_take(whole, first), settings, seed), _take(whole, last), settings)


def _copied(side: Side, settings: LeakSettings, seed: int) -> Side:
    return Side(copies(side.pixels, settings, seed), np.tile(side.labels, 4), np.tile(side.identity, 4))


def _take(side: Side, numbers: Classes) -> Side:
    return Side(side.pixels[numbers], side.labels[numbers], side.identity[numbers])


def _some(side: Side, one_in: int) -> Side:
    return _take(side, np.arange(0, len(side.labels), one_in))


def _share(right: npt.NDArray[np.bool_]) -> Result | None:
    """Give the share of rightly read faces; None where there are no faces."""
    if not len(right):
        return None
    hits = int(right.sum())
    return {"images": len(right), "accuracy": hits / len(right), "interval": wilson(hits, len(right))}


EXPERIMENT = Experiment(
    name="leak",
    title="The leak: the same faces on both sides",
    question="How much does the score rise when test faces were also in the training set?",
    needs=("fer2013",),
    hours=0.6,
    version=1,
    settings=LeakSettings(),
    tiny=TINY,
    run=run,
    tell=tell,
)
