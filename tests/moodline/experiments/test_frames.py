"""Frames of one sequence on both sides of a split make a model seem able that only knows sequences again."""

from dataclasses import replace

import numpy as np

from moodline.experiments.datasets import Datasets
from moodline.experiments.experiment import Bench
from moodline.experiments.frames import EXPERIMENT, interval_over, run
from moodline.experiments.parts import Parts
from tests.classifier.builders import noise
from tests.classifier.training.builders import CKPLUS_NAMES, write_picture


def test_a_set_that_holds_nothing_but_sequences_is_read_by_frame_and_not_by_sequence(tmp_path):
    for kind, name in enumerate(CKPLUS_NAMES):
        for sequence, first in enumerate(noise(10, seed=kind)):
            for frame in range(3):
                path = tmp_path / "CK+48" / name / f"{name}_seq{sequence:03}_frame{frame}.png"
                write_picture(path, first // 2 + np.uint8(frame))
    settings = replace(EXPERIMENT.tiny, draws=5, folds=5)
    bench = Bench(settings, Datasets(tmp_path, None), Parts(tmp_path / "parts"), tmp_path, tmp_path)
    near = run(bench)["models"]["neighbours"]
    assert near["by_frame"]["accuracy"] > 0.9
    assert near["by_frame"]["known"] > 0.9
    assert near["by_sequence"]["accuracy"] < 0.35
    assert near["by_sequence"]["images"] == 210


def test_the_interval_over_groups_is_wider_where_faces_of_a_group_go_together():
    rng = np.random.default_rng(0)
    whole = np.repeat(rng.random(50) < 0.7, 10)
    low, high = interval_over(np.repeat(np.arange(50), 10), whole, 500)
    alone = interval_over(np.arange(500), whole, 500)
    assert low < whole.mean() < high
    assert high - low > 2 * (alone[1] - alone[0])
