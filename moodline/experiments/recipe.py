"""`recipe`: what each choice of the thesis's recipe does, and what each step from its net to the shipped one adds."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from classifier.model import ModelSettings
from classifier.predictor import Predictor, Serving, read_weights
from classifier.training.data import FaceData
from moodline.experiments.experiment import Bench, Experiment, Result
from moodline.experiments.fit import FitSettings
from moodline.experiments.measured import brief, ferplus_marks, marks
from moodline.experiments.official import epoch_seconds, learned, official
from moodline.experiments.plain_net import PlainNet, PlainShape
from moodline.experiments.recipe_story import tell
from moodline.experiments.recipe_ways import RecipeSettings, Way, ladder, singles
from moodline.experiments.results import digest_of
from moodline.experiments.turns import in_turns


def run(bench: Bench) -> Result:
    """Learn in every way with every seed, time both sizes of view, and measure the net that is served."""
    settings: RecipeSettings = bench.settings
    groups = {"singles": singles(settings), "ladder": ladder(settings)}
    ways = [way for group in groups.values() for way in group]
    runs = bench.parts.share(
        {f"{way.name}-{seed}": partial(_one, bench, way, seed) for way in ways for seed in way.seeds}
    )
    found: Result = {name: [_way(way, runs) for way in group] for name, group in groups.items()}
    sides = (settings.plain.side, settings.large)
    found["cost"] = bench.parts.do("cost", partial(_cost, bench, sides))["sides"]
    # Named by the weights, so that another served net is measured without learning everything again.
    sha256 = digest_of(bench.weights)
    served = partial(_served, bench.weights, bench.data.fer2013["PrivateTest"])
    found["served"] = {**bench.parts.do(f"served-{sha256[:12]}", served), "sha256": sha256}
    return found


def _way(way: Way, runs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    mine = [runs[f"{way.name}-{seed}"] for seed in way.seeds]
    return {"name": way.name, "told": way.told, "against": way.against, "runs": mine}


def _one(bench: Bench, way: Way, seed: int) -> dict[str, Any]:
    split = official(bench.data.fer2013)
    return learned(split, bench.placed(way.make), way.fit, seed, bench.folder / f"{way.name}-{seed}", way.votes)


def _cost(bench: Bench, sides: tuple[int, ...]) -> dict[str, Any]:
    """Time learning from views of all sizes in turns, with a few faces; hours of a whole run follow."""
    settings: RecipeSettings = bench.settings
    learn = bench.data.fer2013["Training"]
    makes = {side: partial(PlainNet, replace(settings.plain, side=side)) for side in sides}
    timed = in_turns(
        {
            str(side): partial(
                epoch_seconds, make, learn, settings.timed, FitSettings(2, settings.batch, side=side), bench.folder
            )
            for side, make in makes.items()
        },
        rounds=3,
    )
    return {
        "sides": [
            {
                "side": side,
                "epoch": timed[str(side)]["seconds"],
                "times": timed[str(side)]["times"],
                "hours": timed[str(side)]["seconds"] * settings.epochs / 3600,
                "parameters": sum(one.numel() for one in make().parameters()),
            }
            for side, make in makes.items()
        ]
    }


def _served(weights: Path, test: FaceData) -> dict[str, Any]:
    predictor = Predictor(weights, Serving(shape=128))
    training = read_weights(weights).get("training", {})
    once, twice = predictor.heads(test.pixels, 1), predictor.heads(test.pixels, 2)
    return {
        **marks(once[1].argmax(1), test),
        "mirrored": brief(twice[1].argmax(1), test),
        "ferplus": ferplus_marks(twice[0], test),
        "seconds_learning": None,
        "training": {key: training[key] for key in ("epochs", "init_from", "teachers", "blended") if key in training},
    }


EXPERIMENT = Experiment(
    name="recipe",
    title="What each choice adds",
    question="What do augmentation, dropout, the optimiser and the size of the picture do, and what leads from the "
    "thesis's net to the shipped one?",
    needs=("fer2013",),
    hours=26.0,
    version=1,
    settings=RecipeSettings(PlainShape(), ModelSettings(depths=(2, 2, 2, 2)), ModelSettings(stem=16, apart=True)),
    tiny=RecipeSettings(
        PlainShape(widths=(4,), hidden=8),
        ModelSettings(widths=(4, 8), depths=(1, 1)),
        ModelSettings(widths=(4, 8), depths=(1, 1), stem=4, apart=True),
        epochs=1,
        batch=32,
        long_epochs=2,
        large=56,
        seeds=(0,),
        long_seeds=(0,),
        timed=64,
    ),
    run=run,
    tell=tell,
    reads_served="some",
)
