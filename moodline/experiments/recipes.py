"""Classical models by their settings: features, reduction, and what decides; used by the classical experiments."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Literal

from moodline.experiments.features import Faces, Rows, extract
from moodline.experiments.machines import Linear, Radial, learn_linear, learn_radial
from moodline.experiments.neighbours import Metric, Neighbours, vote
from moodline.experiments.sight import Classes, Reduction, Sight, learn_sight

Kind = Literal["neighbours", "linear", "radial"]
STEPS = 200
"""Of the minimiser of a linear machine."""


@dataclass(frozen=True)
class Recipe:
    """Settings of a classical model.

    Attributes:
        kind: nearest neighbours, or a support vector machine of this kernel.
        what: features, see `extract`.
        reduction: of the features.
        components: of the reduction, see `learn_sight`.
        count: how many neighbours vote.
        metric: by which they are near.
        cost: C of a machine.
        gamma: of a radial kernel.
    """

    kind: Kind
    what: str
    reduction: Reduction = "none"
    components: int = 128
    count: int = 1
    metric: Metric = "euclidean"
    cost: float = 1.0
    gamma: float = 1.0


@dataclass(frozen=True)
class Model:
    """A classical model that learned."""

    recipe: Recipe
    sight: Sight
    decider: Neighbours | Linear | Radial

    def say(self, faces: Faces) -> Classes:
        """Give the class numbers of faces (N, 48, 48)."""
        return self.say_rows(extract(faces, self.recipe.what))

    def say_rows(self, rows: Rows) -> Classes:
        """Give the class numbers of rows of features (N, D)."""
        return decide(self.decider, self.sight.reduce(rows), self.recipe.count)


def learn(recipe: Recipe, rows: Rows, labels: Classes) -> Model:
    """Learn a model from rows of features (N, D) and their classes (N,)."""
    sight = learn_sight(recipe.what, recipe.reduction, rows, labels, recipe.components)
    return Model(recipe, sight, learn_decider(recipe, sight.reduce(rows), labels))


def learn_decider(recipe: Recipe, seen: Rows, labels: Classes) -> Neighbours | Linear | Radial:
    """Learn what decides from rows as a sight gives them (N, K)."""
    if recipe.kind == "neighbours":
        return Neighbours.learn(seen, labels, recipe.metric)
    if recipe.kind == "linear":
        return learn_linear(seen, labels, recipe.cost, STEPS)
    return learn_radial(seen, labels, recipe.cost, recipe.gamma)


def decide(decider: Neighbours | Linear | Radial, seen: Rows, count: int) -> Classes:
    """Give the class numbers of rows as a sight gives them; `count` neighbours vote."""
    if isinstance(decider, Neighbours):
        return vote(decider.nearest(seen, count), count)
    return decider.say(seen)


def processor_seconds(work: Callable[[], object], repeats: int) -> float:
    """Give the median time of some work on the processor, all its threads added; other programs do not count."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return median(taken)


MODELS = {
    "neighbours": Recipe("neighbours", "pixels", metric="cosine"),
    "machine": Recipe("radial", "hog-6", "pca", 128, cost=10.0, gamma=2.0),
}
"""The two that show what a split does, with the settings that `classical` found best for them on PublicTest.

Whoever changes them raises the versions of `leak` and `frames`.
"""
