"""The bench of the expression net."""

import json

import pytest
import torch

from classifier.model import ModelSettings
from classifier.settings import ClassifierSettings
from common.errors import UsageError
from moodline.bench import classifier
from moodline.bench.classifier import Spent, flop_of, measure
from tests.classifier.builders import random_net, state_of


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "small.pt"
    torch.save(state_of(random_net(ModelSettings(widths=(8,), depths=(1,)))), path)
    return path


def test_operations_are_counted_a_multiplication_and_an_addition_as_two(weights):
    convolution = 2 * 9 * 8 * 24 * 24
    heads = 2 * 8 * (8 + 7)
    assert flop_of(weights) == convolution + heads


def test_every_number_of_faces_is_measured_with_every_number_of_cores(moodline, weights, monkeypatch):
    monkeypatch.setattr(classifier, "TURNS", 2)
    monkeypatch.setattr(classifier, "LATENCIES", 3)
    monkeypatch.setenv("MOODLINE_CLASSIFIER_WEIGHTS", str(weights))
    code, out, _ = moodline("bench", "classifier", "--faces", 3, "--faces", 20, "--cores", 1, "--cores", 2, "--json")
    scores = json.loads(out.splitlines()[-1])
    assert code == 0
    assert [(row["cores"], row["faces"]) for row in scores["rows"]] == [(1, 3), (1, 20), (2, 3), (2, 20)]
    assert all(row["faces_per_second"] > 0 and row["share_of_peak"] > 0 for row in scores["rows"])
    assert set(scores["single_face_ms"]) == {"best", "median", "cpu"}
    assert scores["load_s"] > 0


def test_what_else_ran_can_only_make_a_turn_longer():
    assert Spent(2.0, 1.0).best(Spent(1.5, 1.2)) == Spent(1.5, 1.0)


def test_another_device_is_refused(weights):
    with pytest.raises(UsageError, match="set MOODLINE_CLASSIFIER_DEVICE to cpu"):
        measure(ClassifierSettings(weights=weights, device="cuda"), [1], [1])
