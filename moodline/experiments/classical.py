"""Nearest neighbours and support vector machines on the official split of FER2013, each feature and reduction.

All settings are chosen on PublicTest: the cells of the features and the settings of the machines with models that
learned from a part of Training, the neighbours with all of it. Every time is of one core.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.training.data import FaceData, ferplus_argmax
from classifier.training.scores import wilson
from moodline.experiments.classical_story import tell
from moodline.experiments.experiment import Bench, Experiment, Result
from moodline.experiments.features import Rows, extract, mirrored
from moodline.experiments.measured import marks
from moodline.experiments.neighbours import Neighbours, vote
from moodline.experiments.recipes import Kind, Model, Recipe, decide, learn, learn_decider, processor_seconds
from moodline.experiments.sight import Classes, Reduction, Sight, learn_sight


@dataclass(frozen=True)
class ClassicalSettings:
    """What is tried.

    Attributes:
        cells: sides of the cells of HOG and LBP, pixels.
        reductions: of every feature.
        components: of a principal component analysis.
        neighbours: how many vote.
        metrics: by which neighbours are near.
        linear_costs: C of linear machines.
        costs: C of radial machines.
        gammas: of radial machines.
        share: of Training, one in so many, from which models learn while settings of machines are chosen.
        repeats: of a measurement of time.
    """

    cells: Sequence[int] = (6, 8, 12)
    reductions: Sequence[Reduction] = ("none", "pca", "lda")
    components: int = 128
    neighbours: Sequence[int] = (1, 3, 5, 9, 15, 25)
    metrics: Sequence[str] = ("euclidean", "cosine")
    linear_costs: Sequence[float] = (0.01, 0.1, 1.0)
    costs: Sequence[float] = (2.0, 10.0)
    gammas: Sequence[float] = (1.0, 2.0, 4.0)
    share: int = 3
    repeats: int = 15


TINY = ClassicalSettings(
    cells=(12, 16),
    reductions=("none", "lda"),
    components=20,
    neighbours=(1, 3),
    linear_costs=(0.1, 1.0),
    costs=(2.0,),
    gammas=(1.0, 2.0),
    share=2,
    repeats=2,
)


class Faces:
    """The official splits, as rows of the features that were asked for last."""

    def __init__(self, splits: dict[str, FaceData]) -> None:
        self.splits = splits
        self._what, self._rows = "", dict[str, tuple[Rows, float]]()

    def rows(self, what: str, split: str) -> tuple[Rows, float]:
        """Give the rows of a split (`mirrored` for those of Training) and the seconds that it took to find them."""
        if what != self._what:
            self._what, self._rows = what, {}
        if split not in self._rows:
            pixels = mirrored(self.splits["Training"].pixels) if split == "mirrored" else self.splits[split].pixels
            found = []
            seconds = processor_seconds(lambda: found.append(extract(pixels, what)), 1)
            self._rows[split] = found[0], seconds
        return self._rows[split]

    def learned_from(self, what: str, *, with_mirrored: bool) -> tuple[Rows, Classes, float]:
        """Give rows and labels of Training, with every face mirrored beside if asked for, and the seconds."""
        parts = [self.rows(what, split) for split in (["Training", "mirrored"] if with_mirrored else ["Training"])]
        labels = np.tile(self.splits["Training"].fer2013, len(parts))
        return np.concatenate([rows for rows, _ in parts]), labels, sum(seconds for _, seconds in parts)

    def accuracy(self, split: str, said: Classes) -> float:
        """Give the share of a split that is said rightly."""
        return float((said == self.splits[split].fer2013).mean())


def run(bench: Bench) -> Result:
    """Measure every model, see the head of this file."""
    settings: ClassicalSettings = bench.settings
    with threadpool_limits(1):
        faces = Faces(bench.data.fer2013)
        cells = bench.parts.do("cells", partial(_cells, faces, settings))
        hog, lbp = cells["chosen"]
        rows = []
        for what in ("pixels", hog, lbp, f"{hog}+{lbp}"):
            for kind, reduction in _kinds(settings):
                recipe = Recipe(kind, what, reduction, settings.components)
                name = f"{kind}-{what}-{reduction}".replace("+", "-")
                rows.append(bench.parts.do(name, partial(_measure, faces, settings, recipe)))
        machines = [row for row in rows if row["recipe"]["kind"] != "neighbours"]
        best = Recipe(**max(machines, key=lambda row: row["public"])["recipe"])
        rows.append(bench.parts.do("mirrored", partial(_mirrored, faces, settings, best)))
        people = bench.parts.do("people", partial(_people, faces.splits["PrivateTest"]))
    learned = {"training": len(faces.splits["Training"]), "share": settings.share}
    return {"cells": cells, "models": rows, "people": people, **learned}


def _kinds(settings: ClassicalSettings) -> list[tuple[Kind, Reduction]]:
    """Give what is tried on every feature: a radial machine on all columns would take hours and is left out."""
    kinds: tuple[Kind, ...] = ("neighbours", "linear", "radial")
    pairs = [(kind, reduction) for kind in kinds for reduction in settings.reductions]
    return [pair for pair in pairs if pair != ("radial", "none")]


def _cells(faces: Faces, settings: ClassicalSettings) -> Result:
    """Choose the cells of both features with a radial machine on principal components."""
    tried: dict[str, dict[str, float]] = {"hog": {}, "lbp": {}}
    for feature, accuracies in tried.items():
        for cell in settings.cells:
            what = f"{feature}-{cell}"
            recipe = Recipe("radial", what, "pca", settings.components, cost=settings.costs[-1], gamma=2.0)
            rows, labels, _ = faces.learned_from(what, with_mirrored=False)
            model = learn(recipe, rows[:: settings.share], labels[:: settings.share])
            accuracies[what] = faces.accuracy("PublicTest", model.say_rows(faces.rows(what, "PublicTest")[0]))
    return {"tried": tried, "chosen": [max(one, key=lambda what: one[what]) for one in tried.values()]}


def _measure(faces: Faces, settings: ClassicalSettings, recipe: Recipe) -> Result:
    """Choose the settings of a model, learn it, and measure it."""
    with_mirrored = recipe.kind == "neighbours"
    rows, labels, seconds = faces.learned_from(recipe.what, with_mirrored=with_mirrored)
    sights: list[Sight] = []
    seconds += processor_seconds(
        lambda: sights.append(learn_sight(recipe.what, recipe.reduction, rows, labels, recipe.components)), 1
    )
    sight = sights[0]
    seen = sight.reduce(rows)
    judged = sight.reduce(faces.rows(recipe.what, "PublicTest")[0])
    if recipe.kind == "neighbours":
        tried = _try_neighbours(faces, settings, (seen, labels, judged))
    else:
        tried = _try_machines(faces, settings, recipe, (seen, labels, judged))
    best = max(tried, key=lambda one: one["accuracy"])
    chosen = replace(recipe, **{key: value for key, value in best.items() if key != "accuracy"})
    deciders: list[Any] = []
    seconds += processor_seconds(lambda: deciders.append(learn_decider(chosen, seen, labels)), 1)
    return _row(faces, settings, Model(chosen, sight, deciders[0]), tried, seconds, with_mirrored=with_mirrored)


Seen = tuple[Rows, Classes, Rows]
"""Rows learned from, their labels, and rows of PublicTest."""


def _try_neighbours(faces: Faces, settings: ClassicalSettings, seen: Seen) -> list[dict[str, Any]]:
    rows, labels, judged = seen
    tried = []
    for metric in settings.metrics:
        nearest = Neighbours.learn(rows, labels, metric).nearest(judged, max(settings.neighbours))  # type: ignore[arg-type]  # the settings hold such names only
        for count in settings.neighbours:
            accuracy = faces.accuracy("PublicTest", vote(nearest, count))
            tried.append({"metric": metric, "count": count, "accuracy": accuracy})
    return tried


def _try_machines(faces: Faces, settings: ClassicalSettings, recipe: Recipe, seen: Seen) -> list[dict[str, Any]]:
    rows, labels, judged = seen
    costs, gammas = (settings.costs, settings.gammas) if recipe.kind == "radial" else (settings.linear_costs, [1.0])
    tried = []
    for cost in costs:
        for gamma in gammas:
            one = replace(recipe, cost=cost, gamma=gamma)
            decider = learn_decider(one, rows[:: settings.share], labels[:: settings.share])
            accuracy = faces.accuracy("PublicTest", decide(decider, judged, 1))
            tried.append({"cost": cost, "gamma": gamma, "accuracy": accuracy})
    return tried


def _mirrored(faces: Faces, settings: ClassicalSettings, recipe: Recipe) -> Result:
    """Let the best machine learn from every face mirrored, too."""
    rows, labels, seconds = faces.learned_from(recipe.what, with_mirrored=True)
    models: list[Model] = []
    seconds += processor_seconds(lambda: models.append(learn(recipe, rows, labels)), 1)
    return _row(faces, settings, models[0], [], seconds, with_mirrored=True)


def _row(
    faces: Faces, settings: ClassicalSettings, model: Model, tried: list[Any], seconds: float, *, with_mirrored: bool
) -> Result:
    """Give what is told of a model; only here it reads PrivateTest, once."""
    private, recipe = faces.splits["PrivateTest"], model.recipe
    public = faces.accuracy("PublicTest", model.say_rows(faces.rows(recipe.what, "PublicTest")[0]))
    said = model.say_rows(faces.rows(recipe.what, "PrivateTest")[0])
    per_face = {}
    for name, batch in (("alone", 1), ("of_64", 64)):
        some = np.resize(private.pixels, (batch, *private.pixels.shape[1:]))
        model.say(some)
        per_face[name] = processor_seconds(partial(model.say, some), settings.repeats) / batch
    return {
        "recipe": {name: getattr(recipe, name) for name in Recipe.__dataclass_fields__},
        "columns": int(model.sight.see(private.pixels[:1]).shape[1]),
        "mirrored": with_mirrored,
        "tried": tried,
        "public": public,
        "seconds_learning": seconds,
        "seconds_per_face": per_face,
        **marks(said, private),
    }


def _people(private: FaceData) -> Result:
    """Measure ten people by the labels of FER2013: the class that most taggers of FER+ picked."""
    names = np.array([*FERPLUS_LABELS, "none"])
    right = names[ferplus_argmax(private.votes)] == np.array(FER2013_LABELS)[private.fer2013]
    hits = int(right.sum())
    return {"images": len(right), "accuracy": hits / len(right), "interval": wilson(hits, len(right))}


EXPERIMENT = Experiment(
    name="classical",
    title="Nearest neighbours and support vector machines",
    question="How well do models without a neural net read FER2013, and how fast?",
    needs=("fer2013",),
    hours=1.0,
    version=1,
    settings=ClassicalSettings(),
    tiny=TINY,
    run=run,
    tell=tell,
)
