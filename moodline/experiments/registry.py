"""All experiments, in the order of the page; used by the command."""

from collections.abc import Sequence

from moodline.experiments import (
    attention,
    classical,
    confusions,
    frames,
    generalisation,
    latency,
    leak,
    plain,
    recipe,
    robustness,
    transfer,
)
from moodline.experiments.experiment import Experiment

EXPERIMENTS: Sequence[Experiment] = (
    classical.EXPERIMENT,
    leak.EXPERIMENT,
    frames.EXPERIMENT,
    plain.EXPERIMENT,
    recipe.EXPERIMENT,
    attention.EXPERIMENT,
    transfer.EXPERIMENT,
    generalisation.EXPERIMENT,
    confusions.EXPERIMENT,
    robustness.EXPERIMENT,
    latency.EXPERIMENT,
)
