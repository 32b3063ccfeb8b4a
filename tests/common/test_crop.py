import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.crop import CROP_REACH, cut
from common.messages import CROP_SIDE, Box

WIDTH, HEIGHT = 320, 240


def ramp():
    """Gray rises from left to right, half a level a pixel."""
    return np.broadcast_to((np.arange(WIDTH) / 2).astype(np.uint8), (HEIGHT, WIDTH)).copy()


def test_the_middle_of_the_crop_is_the_middle_of_the_box():
    luma = np.zeros((HEIGHT, WIDTH), np.uint8)
    luma[118:123, 158:163] = 255
    crop = cut(luma, Box(110.0, 70.0, 100.0, 100.0))
    bright = np.argwhere(crop > crop.max() / 2).mean(0)
    assert bright == pytest.approx([CROP_SIDE / 2 - 0.5] * 2, abs=0.6)


def test_the_crop_is_higher_than_the_box_by_the_reach():
    crop = cut(ramp(), Box(100.0, 60.0, 90.0, 100.0)).astype(float)
    shown = (crop[0, -1] - crop[0, 0]) * 2 * CROP_SIDE / (CROP_SIDE - 1)
    assert shown == pytest.approx(100 * CROP_REACH, rel=0.03)


def test_the_width_of_the_box_does_not_matter_only_its_middle():
    narrow, wide = Box(140.0, 60.0, 40.0, 100.0), Box(110.0, 60.0, 100.0, 100.0)
    assert np.array_equal(cut(ramp(), narrow), cut(ramp(), wide))


@pytest.mark.parametrize(
    ("box", "rows", "columns", "level"),
    [
        (Box(-40.0, 80.0, 80.0, 80.0), slice(None), slice(0, 20), 10),
        (Box(WIDTH - 40.0, 80.0, 80.0, 80.0), slice(None), slice(28, 48), 20),
        (Box(120.0, -40.0, 80.0, 80.0), slice(0, 20), slice(10, 38), 30),
        (Box(120.0, HEIGHT - 40.0, 80.0, 80.0), slice(28, 48), slice(10, 38), 40),
    ],
)
def test_a_face_half_outside_of_the_frame_repeats_the_border(box, rows, columns, level):
    luma = np.full((HEIGHT, WIDTH), 128, np.uint8)
    luma[:, 0], luma[:, -1], luma[0, 1:-1], luma[-1, 1:-1] = 10, 20, 30, 40
    assert cut(luma, box)[rows, columns] == pytest.approx(level, abs=1)


def test_a_box_outside_of_the_frame_gives_black():
    assert not cut(ramp(), Box(5000.0, 5000.0, 80.0, 80.0)).any()


def test_a_tiny_box_gives_a_whole_crop():
    crop = cut(ramp(), Box(100.0, 100.0, 0.1, 0.1))
    assert crop.shape == (CROP_SIDE, CROP_SIDE)
    assert crop == pytest.approx(50, abs=1)


def test_the_frame_is_not_changed():
    luma = ramp()
    cut(luma, Box(-10.0, -10.0, 50.0, 50.0))
    assert np.array_equal(luma, ramp())


sides = st.floats(0, 600)
places = st.floats(-700, 700)


@given(places, places, sides, sides)
def test_every_box_gives_48_by_48_gray_from_the_levels_of_the_frame(x, y, width, height):
    luma = np.full((60, 80), 90, np.uint8)
    crop = cut(luma, Box(x, y, width, height))
    assert crop.shape == (CROP_SIDE, CROP_SIDE)
    assert crop.dtype == np.uint8
    assert np.isin(crop, (0, 90)).all()
