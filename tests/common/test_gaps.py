from hypothesis import given
from hypothesis import strategies as st

from common.bus.gaps import Gaps


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(1, 9)), max_size=60))
def test_every_missing_record_is_counted_once(steps):
    gaps, ends, missing = Gaps(), {0: 0, 1: 0, 2: 0}, 0
    for partition in ends:
        gaps.begin(partition, 0)
    for partition, skipped, count in steps:
        first = ends[partition] + skipped
        missing += gaps.see(partition, first, first + count - 1)
        ends[partition] = first + count
    assert missing == sum(skipped for _, skipped, _ in steps)


def test_what_comes_again_is_not_missing():
    gaps = Gaps()
    gaps.begin(0, 5)
    assert gaps.see(0, 5, 9) == 0
    assert gaps.see(0, 2, 4) == 0
    assert gaps.see(0, 5, 9) == 0


def test_a_partition_of_which_nothing_is_known_begins_with_its_first_record():
    gaps = Gaps()
    assert not gaps.knows(0)
    assert gaps.see(0, 1000, 1000) == 0
    assert gaps.see(0, 1002, 1002) == 1
    gaps.leave(0)
    gaps.leave(0)
    assert not gaps.knows(0)
    assert gaps.see(0, 5000, 5000) == 0
