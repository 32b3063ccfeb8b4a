"""What is believed only once it has lasted."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.live.lasting import Lasting


def believed(looks, enter_s=2.0, leave_s=1.0, step_s=0.5):
    lasting, found = Lasting(enter_s, leave_s), []
    for index, holds in enumerate(looks):
        lasting.update(holds, index * step_s)
        found.append(lasting.believed)
    return found


def test_it_is_believed_once_it_has_lasted_and_given_up_once_it_is_gone():
    assert believed([False] + [True] * 4 + [False] * 2) == [False] * 4 + [True] * 2 + [False]


def test_one_look_that_says_otherwise_starts_the_wait_anew():
    assert not any(believed([False, True, True, True, False] * 4))


def test_looks_that_say_nothing_are_passed_over():
    assert believed([False, True, None, True, None, True, True]) == [False] * 6 + [True]


@given(st.lists(st.sampled_from([True, False, None]), max_size=60))
def test_it_never_changes_on_a_look_that_does_not_say_so(looks):
    before = False
    for holds, now in zip(looks, believed(looks), strict=True):
        assert now in (before, holds)
        before = now
