from hypothesis import given
from hypothesis import strategies as st

from common.fencing import Fence, fenced
from tests.builders_messages import empty_frame, face, faces, gray_frame

OLD, NEW = "0000000a0001", "0000000b0001"

epochs = st.integers(0, 2**48 - 1).map(lambda number: f"{number:012x}")


def test_what_comes_under_a_lower_epoch_is_not_admitted_and_the_same_is():
    fence = Fence()
    assert [fence.admits("shop", epoch) for epoch in (OLD, NEW, OLD, NEW)] == [True, True, False, True]


def test_cameras_do_not_fence_each_other():
    fence = Fence()
    assert fence.admits("shop", NEW)
    assert fence.admits("door", OLD)


@given(st.lists(epochs))
def test_exactly_what_is_below_the_highest_so_far_is_refused(given_):
    fence, highest = Fence(), ""
    for epoch in given_:
        assert fence.admits("shop", epoch) is (epoch >= highest)
        highest = max(highest, epoch)
        assert fence.highest("shop") == highest


def test_a_camera_is_gone_on_with_and_forgotten():
    fence = Fence()
    fence.resume("shop", NEW)
    assert not fence.admits("shop", OLD)
    fence.forget("shop")
    assert fence.admits("shop", OLD)


def test_a_fenced_frame_goes_on_without_content_and_says_why():
    frame, found = fenced(gray_frame(1)), fenced(faces(2, face(1, refused="blurred")))
    assert (frame.planes, frame.dropped) == (None, "fenced")
    assert (found.faces, found.dropped) == ((), "fenced")
    assert fenced(empty_frame(3, dropped="behind")).dropped == "behind"
