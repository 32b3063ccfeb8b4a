"""Pictures that come a segment at a time are given out at the speed of their timestamps."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.live.evenly import Evenly


def played(stamps, ready):
    """When each picture is given out; `ready` says when it is there, seconds."""
    evenly, now_s, given_s = Evenly(), 0.0, []
    for stamp_s, ready_s in zip(stamps, ready, strict=True):
        now_s = max(now_s, ready_s)
        now_s += evenly.wait_s(1000 * stamp_s, now_s)
        given_s.append(now_s)
    return given_s


def segments(count, length_s, late_s=None):
    """Ten pictures a second: their stamps, and when the segment of each is there, some of them late."""
    stamps = [number / 10 for number in range(10 * count * length_s)]
    return stamps, [length_s * (stamp // length_s) + (late_s or {}).get(int(stamp // length_s), 0) for stamp in stamps]


@pytest.mark.parametrize("length_s", [1, 2, 6, 10])
def test_segments_become_an_even_stream(length_s):
    given_s = played(*segments(5, length_s))
    assert [late - early for early, late in pairwise(given_s)] == pytest.approx([0.1] * (50 * length_s - 1))


def test_after_a_segment_that_came_late_all_is_as_late_and_even_again():
    given_s = played(*segments(6, 2, {3: 1.5}))
    gaps = [late - early for early, late in pairwise(given_s)]
    assert gaps.index(max(gaps)) == 59
    assert max(gaps) == pytest.approx(1.6)
    assert sorted(gaps)[:-1] == pytest.approx([0.1] * 118)


@pytest.mark.parametrize("jump_s", [-3600.0, -1.0, 6.0, 1e6])
def test_timestamps_that_jump_are_not_waited_for(jump_s):
    evenly = Evenly()
    assert [evenly.wait_s(stamp, 10.0) for stamp in (0.0, 100.0)] == [0.0, pytest.approx(0.1)]
    assert evenly.wait_s(100.0 + 1000 * jump_s, 10.1) == 0.0
    assert evenly.wait_s(200.0 + 1000 * jump_s, 10.1) == pytest.approx(0.1)


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(0, 100)), max_size=50))
def test_no_picture_waits_longer_than_timestamps_may_lie_apart(pictures):
    evenly, now_s = Evenly(), 0.0
    for stamp_ms, passed_s in pictures:
        now_s += passed_s
        wait_s = evenly.wait_s(stamp_ms, now_s)
        assert 0 <= wait_s <= 5.001
        now_s += wait_s


def test_a_stream_that_is_in_time_never_waits_for_more_than_what_is_ahead():
    evenly = Evenly()
    assert [evenly.wait_s(40.0 * n, 0.04 * n) for n in range(100)] == pytest.approx([0.0] * 100)
