import numpy as np
import pytest

from classifier.preprocess import standardise
from tests.classifier.builders import noise


def test_pictures_become_standard_net_input():
    inputs = standardise(noise(5))
    assert inputs.shape == (5, 1, 48, 48)
    assert inputs.dtype == np.float32
    assert inputs.mean((1, 2, 3)) == pytest.approx(np.zeros(5), abs=1e-4)
    assert inputs.std((1, 2, 3)) == pytest.approx(np.ones(5), abs=0.1)


def test_exposure_and_contrast_hardly_matter():
    picture = noise(1) // 2
    brighter, stronger = picture + 60, picture * 2
    assert standardise(brighter) == pytest.approx(standardise(picture), abs=1e-4)
    assert standardise(stronger) == pytest.approx(standardise(picture), abs=0.15)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_stays_finite_and_flat(level):
    assert not standardise(np.full((1, 48, 48), level, np.uint8)).any()


def test_a_nearly_flat_picture_is_not_blown_up():
    picture = np.full((1, 48, 48), 100, np.uint8)
    picture[0, ::2] += 1
    assert np.abs(standardise(picture)).max() < 0.2


def test_each_picture_is_standardised_by_itself():
    pictures = noise(4)
    assert np.array_equal(standardise(pictures)[2], standardise(pictures[2:3])[0])


def test_no_pictures_are_no_inputs():
    assert standardise(noise(0)).shape == (0, 1, 48, 48)
