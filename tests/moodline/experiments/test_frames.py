"""Frames of one sequence on both sides of a split make a model seem able that only knows sequences again."""

from dataclasses import replace

import numpy as np
import pytest

from moodline.experiments.datasets import Datasets
from moodline.experiments.experiment import Bench
from moodline.experiments.frames import EXPERIMENT, interval_over, run
from moodline.experiments.frames_story import tell
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


def told(near, machine):
    """Tell of two models that read all frames by frame, and so many by sequence."""

    def model(share):
        classes = {"happy": {"recall": share}}
        draws = {"accuracy": 1.0, "interval": [0.9, 1.0], "draws": [1.0, 1.0], "tested": 9, "known": 1.0}
        whole = {"accuracy": share, "interval": [share - 0.04, share + 0.04]}
        return {"by_frame": draws | {"per_class": classes}, "by_sequence": whole | {"per_class": classes}}

    models = {"neighbours": model(near), "machine": model(machine)}
    return tell({"models": models, "frames": 100, "sequences": 30, "classes": {"happy": 60, "sad": 40}})


@pytest.mark.parametrize(
    ("near", "machine", "word"),
    [
        (0.3, 0.4, "is mostly whether"),
        (0.3, 0.7, "is mostly (nearest neighbour) or partly (SVM) whether"),
        (0.7, 0.8, "is partly whether"),
        (0.99, 1.0, "is hardly whether"),
    ],
)
def test_a_score_by_frame_is_mostly_memory_only_where_more_than_half_of_it_is_gone(near, machine, word):
    assert word in told(near, machine).answer


def test_models_are_compared_with_always_saying_the_commonest_class():
    assert "right for 60 of 100 frames (60.0 %)" in told(0.62, 0.7).blocks[3]
    assert "nearest neighbour is not clearly better than that and the SVM is better" in told(0.62, 0.7).blocks[3]
    assert "nearest neighbour is worse than that" in told(0.3, 0.7).blocks[3]
