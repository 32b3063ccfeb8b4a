"""What is measured on one picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.live.glance import block_means, distance, glance


def ramp(shape):
    return np.linspace(20, 220, shape[1])[None, :].repeat(shape[0], 0).astype(np.uint8)


@pytest.mark.parametrize("shape", [(2, 2), (39, 500), (500, 12), (1, 1)])
def test_a_picture_that_is_too_small_is_not_measured(shape):
    assert glance(np.zeros(shape, np.uint8)) is None


@pytest.mark.parametrize("shape", [(1080, 1920), (720, 1280), (1920, 1080), (96, 96), (241, 321)])
def test_the_size_of_a_picture_hardly_changes_what_is_measured(shape):
    seen = glance(ramp(shape))
    assert max(seen.grid.shape) <= 500
    assert seen.mean == pytest.approx(120, abs=2)
    assert seen.brightest > 210
    assert seen.detail < 2


def test_an_edge_is_detail_and_texture_and_a_ramp_is_not():
    stripes = ramp((180, 320))
    stripes[:, ::20] = 0
    seen, smooth = glance(stripes), glance(ramp((180, 320)))
    assert seen.detail > 10 * smooth.detail
    assert seen.texture > 5 * smooth.texture


def test_what_stands_at_top_and_bottom_is_not_looked_at():
    black = np.full((180, 320), 16, np.uint8)
    black[:16] = black[-16:] = 235
    assert glance(black).mean == glance(black).brightest == 16


@given(st.integers(0, 255), st.integers(0, 255))
def test_the_distance_of_two_levels_is_the_same_both_ways(one, other):
    pictures = np.full((4, 4), one, np.uint8), np.full((4, 4), other, np.uint8)
    assert (distance(*pictures) == abs(one - other)).all()
    assert (distance(*pictures[::-1]) == abs(one - other)).all()


def test_the_means_of_blocks_leave_out_what_is_no_whole_block():
    grid = np.zeros((9, 10), np.uint8)
    grid[:4, :4], grid[8], grid[:, 8:] = 255, 99, 99
    assert block_means(grid).tolist() == [[255, 0], [0, 0]]
