"""Several looks at the same face."""

import numpy as np
import pytest

from classifier.views import views_of

RAMP = np.broadcast_to(np.arange(48, dtype=np.uint8) * 5, (2, 48, 48)).copy()
"""Two faces that grow brighter from left to right."""


@pytest.mark.parametrize("count", [1, 2, 10])
def test_there_are_as_many_views_as_were_asked_for_all_of_the_same_shape(count):
    views = list(views_of(RAMP, count))
    assert [view.shape for view in views] == [RAMP.shape] * count
    assert all(view.min() >= 0 and view.max() <= 255 for view in views)


def test_every_second_view_is_the_mirror_image_of_the_one_before_it():
    views = list(views_of(RAMP, 10))
    assert all(np.array_equal(one[:, :, ::-1], other) for one, other in zip(views[::2], views[1::2], strict=True))


def test_the_other_views_lie_right_left_below_and_above_the_centre():
    rising = [float(view[0, 24, 24]) for view in list(views_of(RAMP, 10))[2::2]]
    right, left, below, above = rising
    assert left < below == pytest.approx(above, abs=0.01)
    assert above < right
    turned = np.ascontiguousarray(RAMP.transpose(0, 2, 1))
    right, left, below, above = (float(view[0, 24, 24]) for view in list(views_of(turned, 10))[2::2])
    assert above < right == pytest.approx(left, abs=0.01)
    assert left < below


def test_a_view_of_a_face_does_not_depend_on_the_others():
    crops = np.random.default_rng(0).integers(0, 256, (40, 48, 48), dtype=np.uint8)
    together, alone = list(views_of(crops, 10)), list(views_of(crops[7:8], 10))
    assert all(np.array_equal(one[7], other[0]) for one, other in zip(together, alone, strict=True))


def test_the_other_views_are_as_sharp_as_the_face():
    crops = np.random.default_rng(0).integers(0, 256, (1, 48, 48), dtype=np.uint8)
    inside = crops[0, 10:38, 10:38]
    for view in list(views_of(crops, 10))[2::2]:
        places = [
            view[0, 10 + down : 38 + down, 10 + across : 38 + across] for down in (-2, 0, 2) for across in (-2, 0, 2)
        ]
        assert any(np.array_equal(place, inside) for place in places)
