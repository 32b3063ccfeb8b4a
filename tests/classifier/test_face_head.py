from pathlib import Path

import numpy as np
import pytest
import torch

from classifier.face_head import FaceHead, face_head_of
from common.errors import ModelError

FILE = Path("some.pt")
HEAD = FaceHead(np.array([1.0, -2.0, 0.5], np.float32), 0.25, 0.3)


def features(count, views=1, seed=0):
    return np.random.default_rng(seed).normal(0, 1, (views, count, 3)).astype(np.float32)


def test_the_chance_is_the_logistic_of_a_weighted_sum():
    given = features(5)
    expected = 1 / (1 + np.exp(-(given[0] @ HEAD.weight + 0.25)))
    assert HEAD.chances(given) == pytest.approx(expected, abs=1e-6)


def test_several_looks_at_a_face_are_averaged_before_the_chance():
    first, second = features(4, seed=1), features(4, seed=2)
    assert HEAD.chances(np.concatenate([first, second])) == pytest.approx(HEAD.chances((first + second) / 2), abs=1e-6)


def test_the_chance_of_a_face_does_not_depend_on_the_others():
    given = features(40, views=2)
    parts = [HEAD.chances(given[:, a:b]) for a, b in ((0, 1), (1, 18), (18, 40))]
    assert np.concatenate(parts).tobytes() == HEAD.chances(given).tobytes()
    assert HEAD.chances(given[:, :0]).shape == (0,)


def test_a_sum_beyond_all_bounds_is_still_a_chance():
    assert FaceHead(np.array([1e9], np.float32), 0.0, 0.5).chances(np.array([[[1e9], [-1e9]]], np.float32)) == (
        pytest.approx([1, 0], abs=1e-6)
    )


def test_a_file_gives_its_test_for_faces_or_none():
    stored = {"weight": torch.tensor([1.0, -2.0, 0.5]), "bias": 0.25, "below": 0.3}
    found = face_head_of({"face_head": stored}, 3, FILE)
    assert found.weight.tolist() == HEAD.weight.tolist()
    assert (found.bias, found.below) == (0.25, 0.3)
    assert face_head_of({}, 3, FILE) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"weight": [1.0, 2.0]},
        {"weight": "heavy"},
        {"weight": [float("inf"), 0.0, 0.0]},
        {"bias": None},
        {"bias": float("nan")},
        {"below": 2.0},
    ],
)
def test_a_damaged_test_for_faces_is_refused_in_one_sentence(changed):
    stored = {"weight": [1.0, -2.0, 0.5], "bias": 0.25, "below": 0.3} | changed
    with pytest.raises(ModelError, match=r"the test for faces in the weights file 'some\.pt' is damaged"):
        face_head_of({"face_head": stored}, 3, FILE)
    with pytest.raises(ModelError, match="damaged"):
        face_head_of({"face_head": [1]}, 3, FILE)
