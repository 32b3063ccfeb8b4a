import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.labels import LABELS
from common.messages import Box, coordinates, recipe_of, track_name
from tests.builders_messages import closed, empty_frame, faces, opened

numbers = st.floats(-1000, 1000)
sides = st.floats(0, 1000)
boxes = st.builds(Box, numbers, numbers, sides, sides)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_no_larger_than_either_box(one, other):
    shared = one.overlap(other)
    assert shared == other.overlap(one)
    assert 0 <= shared <= min(one.width * one.height, other.width * other.height) * (1 + 1e-6) + 1e-6
    assert 0 <= one.iou(other) <= 1


def test_intersection_over_union_of_a_shifted_box():
    assert Box(0, 0, 10, 10).iou(Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert Box(0, 0, 10, 10).iou(Box(0, 0, 10, 10)) == 1
    assert Box(0, 0, 10, 10).iou(Box(20, 0, 10, 10)) == 0
    assert Box(0, 0, 0, 0).iou(Box(0, 0, 0, 0)) == 0


def test_a_message_is_named_by_camera_epoch_and_number():
    assert coordinates(empty_frame(7)) == "shop/e1/7"
    assert coordinates(faces(3, camera="door")) == "door/e1/3"
    assert coordinates(opened()) == "shop/e1/opened"
    assert coordinates(closed()) == "shop/e1/closed"
    assert track_name("shop", "e1", 4) == "shop-e1-4"


def test_a_recipe_depends_on_values_and_not_on_their_order():
    assert recipe_of("a", {"x": 1, "y": 2}) == recipe_of("a", {"y": 2, "x": 1})
    assert len({recipe_of("a", {"x": 1}), recipe_of("a", {"x": 2}), recipe_of("b", {"x": 1}), recipe_of()}) == 4


def test_labels_stand_in_alphabetical_order():
    assert list(LABELS) == sorted(LABELS)
