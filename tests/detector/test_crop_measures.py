import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from detector.crop_measures import BRIGHTEST, DARKEST, measure_crop

TEXTURE = cv2.GaussianBlur(np.random.default_rng(3).integers(18, 234, (48, 48), np.uint8), (0, 0), 0.8)


def moved(crop, angle, length=9):
    kernel = np.zeros((length, length), np.float32)
    middle = length // 2
    for step in np.linspace(-middle, middle, 4 * length):
        kernel[round(middle + step * np.sin(angle)), round(middle + step * np.cos(angle))] += 1
    return cv2.filter2D(crop, -1, kernel / kernel.sum())


@given(arrays(np.uint8, (48, 48)))
def test_every_crop_has_finite_measures_within_their_ranges(crop):
    measures = measure_crop(crop)
    assert np.isfinite(measures).all()
    assert min(measures) >= 0
    assert max(measures.light, measures.clipped, measures.occlusion) <= 1


@pytest.mark.parametrize("level", [0, 16, 128, 235, 255])
def test_a_crop_of_one_colour_has_no_contrast_and_no_detail(level):
    measures = measure_crop(np.full((48, 48), level, np.uint8))
    assert measures.contrast == measures.detail == measures.sharpness == 0
    assert measures.light == pytest.approx(level / 255)


@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi / 4, np.pi / 2, 2.5])
def test_motion_in_any_direction_takes_detail_away(angle):
    assert measure_crop(moved(TEXTURE, angle)).detail < measure_crop(TEXTURE).detail * 0.6


def test_detail_falls_with_every_step_of_softness():
    details = [measure_crop(cv2.GaussianBlur(TEXTURE, (0, 0), sigma)).detail for sigma in (0.5, 1, 1.5, 2, 3)]
    assert details == sorted(details, reverse=True)


def test_detail_is_the_same_at_half_the_contrast():
    half = np.round(128 + (TEXTURE - 128.0) / 2).astype(np.uint8)
    assert measure_crop(half).detail == pytest.approx(measure_crop(TEXTURE).detail, rel=0.2)


def test_clipped_counts_black_and_white_of_video():
    crop = TEXTURE.clip(DARKEST + 1, BRIGHTEST - 1).astype(np.uint8)
    assert measure_crop(crop).clipped == 0
    crop[:12], crop[12:24] = DARKEST, BRIGHTEST
    assert measure_crop(crop).clipped == 0.5


@pytest.mark.parametrize(
    "part",
    [np.s_[27:], np.s_[:, :20], np.s_[:, 28:], np.s_[:20]],
    ids=["lower half", "left", "right", "top"],
)
def test_a_plain_part_shows_as_occlusion(part):
    covered = TEXTURE.copy()
    covered[part] = 90
    assert measure_crop(TEXTURE).occlusion < 0.3
    assert measure_crop(covered).occlusion > 0.6


def test_a_soft_or_dark_face_is_not_taken_for_a_covered_one():
    assert measure_crop(cv2.GaussianBlur(TEXTURE, (0, 0), 2.0)).occlusion < 0.4
    assert measure_crop((16 + TEXTURE * 0.05).astype(np.uint8)).occlusion < 0.4
