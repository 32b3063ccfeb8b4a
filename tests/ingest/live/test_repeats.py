"""How much a picture differs from those before it."""

import numpy as np
import pytest

from ingest.live.repeats import OLDEST_S, RESIZED, YOUNGEST_S, Repeats

SHAPE = (60, 80)


def flat(level, shape=SHAPE):
    return np.full(shape, level, np.uint8)


def compared(levels, step_s=0.5):
    repeats = Repeats()
    return [repeats.update(flat(level), index * step_s) for index, level in enumerate(levels)]


def test_there_is_nothing_to_say_before_a_picture_is_old_enough():
    found = compared([50] * 10)
    assert found[: int(YOUNGEST_S / 0.5)] == [None] * 6
    assert found[6] is not None


def test_the_same_picture_differs_by_nothing():
    last = compared([50] * 10)[-1]
    assert (last.mean, last.most, last.lately, last.light) == (0, 0, 0, 0)


def test_the_likest_of_the_old_pictures_counts_and_the_unlikest_of_the_late_ones():
    last = compared([40, 55, 90, 50, 50, 50, 50, 80, 50, 53])[-1]
    assert last.mean == 2
    assert last.lately == 27
    assert last.light == 27


def test_pictures_that_are_too_old_are_forgotten():
    repeats = Repeats()
    repeats.update(flat(50), 0.0)
    repeats.update(flat(90), OLDEST_S - YOUNGEST_S)
    repeats.update(flat(90), OLDEST_S)
    assert repeats.update(flat(50), OLDEST_S + 0.1).mean == 40


def test_a_small_spot_that_changed_is_found():
    repeats = Repeats()
    for index in range(8):
        repeats.update(flat(50), index * 0.5)
    spotted = flat(50)
    spotted[20:24, 40:44] = 90
    found = repeats.update(spotted, 4.0)
    assert found.most == found.lately == 40
    assert found.mean == pytest.approx(40 * 16 / spotted.size)


def test_a_picture_of_another_size_differs_without_limit_and_begins_anew():
    repeats = Repeats()
    for index in range(8):
        repeats.update(flat(50), index * 0.5)
    assert repeats.update(flat(50, (30, 40)), 4.0) is RESIZED
    assert repeats.update(flat(50, (30, 40)), 4.5) is None
