import numpy as np
import pytest

from classifier.training.data import FaceData
from classifier.training.face_test import Amounts, learn_faces
from classifier.training.nonfaces import KINDS, make
from classifier.training.worsen import FAULTS, worsen
from common.errors import DataError

FEW = Amounts(faces=60, of_kind=40, tested=40, seed=3)


def discs(count, seed=0):
    """Pictures that stand in for faces here: a bright disc with two dark eyes, in varying light."""
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[:48, :48]
    pictures = []
    for _ in range(count):
        middle = 24 + rng.uniform(-2, 2, 2)
        light = np.where(np.hypot(down - middle[0], across - middle[1]) < 20, 190.0, 60.0)
        for side in (-8, 8):
            light[np.hypot(down - middle[0] + 6, across - middle[1] + side) < 4] = 30.0
        pictures.append(np.clip(light + rng.normal(0, 6, (48, 48)), 0, 255))
    return np.array(pictures, np.uint8)


def data(pictures, none=0.0):
    votes = np.zeros((len(pictures), 10), np.float32)
    votes[:, 0], votes[:, 9] = 10 - none, none
    return FaceData(pictures, np.zeros(len(pictures), np.int64), votes, np.zeros(len(pictures), bool))


def seen(crops):
    """Features that tell discs from the rest: how alike a crop is to a disc, and how bright its parts are."""
    like = discs(1)[0].astype(np.float32)
    like = (like - like.mean()) / like.std()
    given = crops.astype(np.float32)
    given = (given - given.mean((1, 2), keepdims=True)) / (given.std((1, 2), keepdims=True) + 1)
    parts = given.reshape(len(crops), 4, 12, 4, 12).mean((2, 4)).reshape(len(crops), 16)
    return np.concatenate([(given * like).mean((1, 2))[:, None], parts], 1).astype(np.float32)


def test_a_learned_test_keeps_faces_and_refuses_what_is_none():
    head, measured = learn_faces(seen, data(discs(80)), data(discs(100, seed=1)), 0.02, FEW)
    assert measured["faces"] <= 0.04
    assert set(measured["worse"]) == set(FAULTS)
    assert set(measured["none"]) == set(measured["none_unseen"]) == set(KINDS)
    assert np.mean(list(measured["none"].values())) > 0.8
    shown = head.chances(seen(discs(50, seed=2))[None])
    assert (shown >= head.below).mean() > 0.9


def test_no_more_faces_are_refused_than_stated():
    _, measured = learn_faces(seen, data(discs(80)), data(discs(200, seed=1)), 0.1, FEW)
    both = (measured["faces"] + np.mean(list(measured["worse"].values()))) / 2
    assert both <= 0.1


def test_the_same_seed_learns_the_same():
    first, second = (learn_faces(seen, data(discs(80)), data(discs(60, seed=1)), 0.02, FEW) for _ in range(2))
    assert first[0].weight.tobytes() == second[0].weight.tobytes()
    assert first[1] == second[1]


def test_faces_that_taggers_doubted_and_blank_pictures_are_not_learned_from():
    blank = np.full((20, 48, 48), 90, np.uint8)
    for unusable in (data(discs(20), none=3.0), data(blank)):
        with pytest.raises(DataError, match="no faces that FER"):
            learn_faces(seen, unusable, data(discs(20)), 0.02, FEW)


@pytest.mark.parametrize("kind", [*KINDS, "turned"])
def test_crops_without_a_face_are_gray_crops_of_the_right_size_and_differ(kind):
    made = make(kind, 12, discs(5), np.random.default_rng(0))
    assert (made.shape, made.dtype) == ((12, 48, 48), np.uint8)
    assert len({crop.tobytes() for crop in made}) > 8
    assert made.tobytes() == make(kind, 12, discs(5), np.random.default_rng(0)).tobytes()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_face_that_was_made_worse_is_still_that_face(fault):
    given = discs(10)
    worse = worsen(given, fault, np.random.default_rng(0))
    assert (worse.shape, worse.dtype) == (given.shape, np.uint8)
    for before, after in zip(given, worse, strict=True):
        assert 0.8 < np.corrcoef(before.ravel(), after.ravel())[0, 1] < 1
