"""All experiments, in the order of the page; used by the command."""

from collections.abc import Sequence

from moodline.experiments import attention, confusions, generalisation, plain, recipe, robustness
from moodline.experiments.experiment import Experiment

EXPERIMENTS: Sequence[Experiment] = (
    plain.EXPERIMENT,
    recipe.EXPERIMENT,
    attention.EXPERIMENT,
    generalisation.EXPERIMENT,
    confusions.EXPERIMENT,
    robustness.EXPERIMENT,
)
