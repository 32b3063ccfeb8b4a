"""A poster comes to rest, a person does not, and whoever walks by before a poster wakes it only for a moment."""

import numpy as np
import pytest

from common.messages import Box
from detector.still import observe
from tests.builders_pictures import grace_hopper, pasted, planes_of

BOX = Box(250.0, 110.0, 90.0, 99.0)
MOST_MS = 20_000


def luma(x=160, shade=0, noise=0.0, seed=0):
    picture = planes_of(pasted(grace_hopper(), x, 60, side=300))[:480].astype(np.float32)
    picture = picture + shade + np.random.default_rng(seed).normal(0, noise, picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def rests_for(pictures, boxes=None, step_ms=100):
    rest = None
    for index, picture in enumerate(pictures):
        rest = observe(rest, boxes[index] if boxes else BOX, picture, step_ms, MOST_MS)
    return rest.still_ms


def test_a_picture_of_a_face_rests_for_as_long_as_it_is_seen_in_spite_of_noise_and_light():
    assert rests_for([luma(noise=5.0, seed=n, shade=n % 7) for n in range(51)]) == 5000


def test_rest_has_an_upper_limit():
    assert rests_for([luma()] * 400, step_ms=100) == MOST_MS


def test_a_face_that_moves_in_its_place_does_not_rest():
    swaying = [luma(160 + (6, 0, -6, 12)[n % 4]) for n in range(40)]
    assert rests_for(swaying) < 500


def test_a_face_that_walks_does_not_rest():
    boxes = [Box(BOX.x + 8.0 * n, BOX.y, BOX.width, BOX.height) for n in range(40)]
    assert rests_for([luma(160 + 8 * n) for n in range(40)], boxes) < 1000


def test_somebody_before_a_poster_wakes_it_for_a_moment_only():
    covered = luma().copy()
    covered[110:210, 250:300] = 20
    rest = rests_for([luma()] * 101 + [covered] * 5 + [luma()] * 10)
    assert rest == 10_000 - 4 * 500 + 1000


def test_a_gap_counts_as_half_a_second():
    assert rests_for([luma(), luma()], step_ms=60_000) == 500


@pytest.mark.parametrize("box", [Box(-40.0, -40.0, 20.0, 20.0), Box(700.0, 500.0, 50.0, 50.0), Box(5.0, 5.0, 0.2, 0.2)])
def test_a_box_outside_of_the_frame_is_compared_at_its_border(box):
    assert rests_for([luma(), luma()], [box, box]) == 100
