"""Changes of a picture: what moves is seen, what is noise is not, and slow changes add up."""

import numpy as np
import pytest

from common.messages import Box
from detector.motion import LEAST, Motion
from detector.tiles import Region

WHOLE = Region(0, 0, 320, 240)


def gray(level=100):
    return np.full((240, 320), level, np.uint8)


def with_square(x, y, side=32, level=200):
    picture = gray()
    picture[y : y + side, x : x + side] = level
    return picture


def test_the_first_picture_has_changed_everywhere():
    change = Motion(40).update(gray())
    assert change.within(WHOLE) == 40 * 30


def test_the_same_picture_has_not_changed():
    motion = Motion(40)
    motion.update(with_square(64, 64))
    assert motion.update(with_square(64, 64)).within(WHOLE) == 0


def test_a_thing_that_moves_changes_where_it_was_and_where_it_is():
    motion = Motion(40)
    motion.update(with_square(0, 0))
    change = motion.update(with_square(160, 80))
    assert change.within(WHOLE) == 2 * 16
    assert change.within(Region(0, 0, 32, 32)) == change.within(Box(160.0, 80.0, 32.0, 32.0)) == 16
    assert change.within(Region(40, 40, 80, 40)) == 0


def test_noise_of_single_pixels_is_no_change():
    chance, motion = np.random.default_rng(0), Motion(40)
    for _ in range(20):
        change = motion.update((gray() + chance.normal(0, 6, (240, 320))).clip(0, 255).astype(np.uint8))
    assert change.within(WHOLE) == 0


def test_a_slow_change_is_noticed_once_it_adds_up():
    motion = Motion(40)
    noticed = [motion.update(gray(100 + step)).within(WHOLE) > 0 for step in range(2 * LEAST + 1)]
    assert noticed == [step % LEAST == 0 for step in range(2 * LEAST + 1)]


@pytest.mark.parametrize(("width", "height"), [(2, 2), (16, 16), (318, 242), (7680, 4320)])
def test_pictures_of_any_size_are_compared_over_all_of_them(width, height):
    motion = Motion(12)
    motion.update(np.zeros((height, width), np.uint8))
    change = motion.update(np.full((height, width), 50, np.uint8))
    rows, columns = motion.reference.shape
    assert change.within(Region(0, 0, width, height)) == rows * columns


def test_what_was_compared_goes_on_after_a_pause():
    motion = Motion(40)
    motion.update(with_square(64, 64))
    other = Motion(40, motion.reference)
    assert other.update(with_square(64, 64)).within(WHOLE) == 0
