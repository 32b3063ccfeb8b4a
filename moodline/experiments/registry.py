"""All experiments, in the order of the page; used by the command."""

from collections.abc import Sequence

from moodline.experiments.experiment import Experiment

EXPERIMENTS: Sequence[Experiment] = ()
