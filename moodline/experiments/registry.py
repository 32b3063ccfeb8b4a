"""All experiments, in the order of the page; used by the command."""

from collections.abc import Sequence

from moodline.experiments import (
    attention,
    classical,
    confusions,
    generalisation,
    latency,
    plain,
    recipe,
    robustness,
    transfer,
)
from moodline.experiments.experiment import Experiment

EXPERIMENTS: Sequence[Experiment] = (
    classical.EXPERIMENT,
    plain.EXPERIMENT,
    recipe.EXPERIMENT,
    attention.EXPERIMENT,
    transfer.EXPERIMENT,
    generalisation.EXPERIMENT,
    confusions.EXPERIMENT,
    robustness.EXPERIMENT,
    latency.EXPERIMENT,
)
