"""The ways to learn that `recipe` compares: the thesis's own, one change of it at a time, and those to the shipped net.

Every way but the first is measured against another one, from which it differs in what is told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from classifier.labels import FERPLUS_LABELS
from classifier.model import ExpressionNet, ModelSettings
from classifier.training.data import ferplus_majority, ferplus_targets
from moodline.experiments.fit import FitSettings
from moodline.experiments.official import Votes
from moodline.experiments.plain_net import PlainNet, PlainShape


@dataclass(frozen=True)
class RecipeSettings:
    """What is compared.

    Attributes:
        plain: the thesis's net.
        body: the body with batch normalisation.
        shipped: the shape of the net that is served.
        epochs: of every way but the longer ones.
        batch: faces a step of the plain net; of the body, twice as many.
        long_epochs: of the long one.
        large: side of the enlarged views, pixels.
        seeds: of every way but the long one.
        long_seeds: of that, which takes two hours on a core.
        timed: faces that the times are taken with.
    """

    plain: PlainShape
    body: ModelSettings
    shipped: ModelSettings
    epochs: int = 16
    batch: int = 64
    long_epochs: int = 80
    large: int = 224
    seeds: tuple[int, ...] = (0, 1, 2)
    long_seeds: tuple[int, ...] = (0, 1)
    timed: int = 512


class Way(NamedTuple):
    """One way to learn.

    Attributes:
        name: of its parts.
        told: what is different from the way it is measured against.
        against: name of that way.
        make: makes the net.
        fit: how it learns.
        seeds: of its runs.
        votes: what a first head learns.
    """

    name: str
    told: str
    against: str
    make: Callable[[], nn.Module]
    fit: FitSettings
    seeds: tuple[int, ...]
    votes: Votes | None = None


class Labels(nn.Module):
    """The head of an expression net that says the labels of FER2013, alone."""

    def __init__(self, shape: ModelSettings) -> None:
        super().__init__()
        self.net = ExpressionNet(shape)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, 7)."""
        logits: Tensor = self.net(x)[1]
        return logits


def majority(votes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Give all to the class on which most taggers agree, and nothing where there is none; (N, 10) to (N, 8)."""
    winner = ferplus_majority(votes)
    whole = np.eye(len(FERPLUS_LABELS), dtype=np.float32)[np.maximum(winner, 0)]
    return np.where(winner[:, None] >= 0, whole, 0).astype(np.float32)


def singles(settings: RecipeSettings) -> Sequence[Way]:
    """Give the thesis's way, and one change of it at a time."""
    shape, fit = settings.plain, FitSettings(settings.epochs, settings.batch)
    sgd = replace(fit, optimiser="sgd", rate=0.01, cosine=True)
    half = replace(shape, drop_maps=shape.drop_maps / 2, drop_hidden=shape.drop_hidden / 2)
    none = replace(shape, drop_maps=0.0, drop_hidden=0.0)
    fewer = (
        f"dropout of {half.drop_maps} between convolutions and {half.drop_hidden} before the last layer, in place of "
        f"{shape.drop_maps} and {shape.drop_hidden}"
    )
    changes = (
        ("plain", "as in the thesis", shape, fit),
        ("augmented", "random views of the faces", shape, replace(fit, augmented=True)),
        (
            "augmented-longer",
            "random views, and twice the epochs",
            shape,
            replace(fit, augmented=True, epochs=2 * settings.epochs),
        ),
        ("half-dropout", fewer, half, fit),
        ("no-dropout", "no dropout", none, fit),
        ("sgd", f"SGD with momentum at a rate that falls from {sgd.rate}, instead of Adam at {fit.rate}", shape, sgd),
        (
            "enlarged",
            f"faces enlarged to {settings.large}×{settings.large}",
            replace(shape, side=settings.large),
            replace(fit, side=settings.large),
        ),
    )
    return [
        Way(name, told, "plain", partial(PlainNet, changed), how, settings.seeds)
        for name, told, changed, how in changes
    ]


def ladder(settings: RecipeSettings) -> Sequence[Way]:
    """Give the steps from the plain net to the shipped one, each with what the one before it has."""
    begun = FitSettings(settings.epochs, settings.batch, "sgd", 0.01, cosine=True, augmented=True)
    normed = replace(begun, batch=2 * settings.batch, rate=0.05, warmup=1, decay=5e-4, standardised=True)
    smooth = replace(normed, smoothing=0.1)
    averaged = replace(smooth, averaging=0.999)
    mixed = replace(averaged, mixup=0.5)
    one, two = partial(Labels, settings.body), partial(ExpressionNet, settings.body)
    deep, seeds = partial(ExpressionNet, settings.shipped), settings.seeds
    return [
        Way("begun", "with SGD too", "augmented", partial(PlainNet, settings.plain), begun, seeds),
        Way(
            "body",
            "the shipped net's kind of body (3×3 blocks with batch normalisation) with standardised faces, twice the "
            "batch, five times the rate and weight decay",
            "begun",
            one,
            normed,
            seeds,
        ),
        Way("smooth", "label smoothing", "body", one, smooth, seeds),
        Way("heads", "a second head that learns the FER+ majority", "smooth", two, smooth, seeds, majority),
        Way("votes", "that head learns the votes instead", "heads", two, smooth, seeds, ferplus_targets),
        Way("averaged", "a moving average of the weights", "votes", two, averaged, seeds, ferplus_targets),
        Way("mixed", "half of the batches blended in pairs (mixup)", "averaged", two, mixed, seeds, ferplus_targets),
        Way(
            "deep",
            "the shipped net's shape: deeper, with a last step of its own for each head",
            "mixed",
            deep,
            mixed,
            seeds,
            ferplus_targets,
        ),
        Way(
            "long",
            f"{settings.long_epochs} instead of {settings.epochs} epochs",
            "deep",
            deep,
            replace(mixed, epochs=settings.long_epochs),
            settings.long_seeds,
            ferplus_targets,
        ),
    ]
