"""All experiments, in the order of the page; used by the command."""

from collections.abc import Sequence

from moodline.experiments import confusions, robustness
from moodline.experiments.experiment import Experiment

EXPERIMENTS: Sequence[Experiment] = (confusions.EXPERIMENT, robustness.EXPERIMENT)
