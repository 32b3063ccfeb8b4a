"""All experiments, in the order of the page; used by the command."""

from collections.abc import Sequence

from moodline.experiments import attention, confusions, plain, robustness
from moodline.experiments.experiment import Experiment

EXPERIMENTS: Sequence[Experiment] = (
    plain.EXPERIMENT,
    attention.EXPERIMENT,
    confusions.EXPERIMENT,
    robustness.EXPERIMENT,
)
