import math

from hypothesis import given
from hypothesis import strategies as st

from common.bus.backlog import PIECES, Backlog

LIMIT_BYTES = 64_000
LIMIT_S = 640.0
published = st.tuples(st.just("add"), st.integers(0, 2), st.integers(1, 5000), st.floats(0, 30))
reads = st.tuples(st.just("read"), st.integers(0, 2), st.floats(0, 1), st.just(0.0))


class Model:
    """Every record by itself."""

    def __init__(self):
        self.ends, self.read, self.records = [0, 0, 0], [0, 0, 0], []

    def unread(self):
        return [one for one in self.records if one[1] >= self.read[one[0]]]


@given(st.lists(published | reads, max_size=200))
def test_what_is_unread_is_counted_to_within_one_piece_of_each_partition(steps):
    backlog, model, now_s = Backlog(LIMIT_BYTES, LIMIT_S), Model(), 1000.0
    for kind, partition, value, later_s in steps:
        now_s += later_s
        if kind == "add":
            backlog.add(partition, model.ends[partition], value, now_s)
            model.records.append((partition, model.ends[partition], value, now_s))
            model.ends[partition] += 1
        else:
            model.read[partition] = max(model.read[partition], round(value * model.ends[partition]))
            backlog.read(partition, model.read[partition])
        left = [one for one in model.unread() if now_s - one[3] <= LIMIT_S]
        exact, age_s = sum(one[2] for one in model.unread()), max((now_s - one[3] for one in left), default=0.0)
        piece = LIMIT_BYTES / PIECES + 5000
        assert sum(one[2] for one in left) <= backlog.unread_bytes <= exact + 3 * piece
        assert age_s <= backlog.age_s(now_s)
        if max((now_s - one[3] for one in model.unread()), default=0.0) <= LIMIT_S:
            assert backlog.age_s(now_s) <= age_s + LIMIT_S / PIECES + 30
        assert backlog.is_too_much(now_s) == (backlog.unread_bytes > LIMIT_BYTES or backlog.age_s(now_s) > LIMIT_S)
    for partition, end in enumerate(model.ends):
        backlog.read(partition, end)
    assert (backlog.unread_bytes, backlog.age_s(now_s)) == (0, 0.0)
    assert not backlog.is_too_much(now_s)


def test_nothing_published_is_nothing_unread():
    backlog = Backlog(10, 1.0)
    backlog.read(0, 100)
    assert (backlog.unread_bytes, backlog.age_s(5.0), backlog.is_too_much(5.0)) == (0, 0.0, False)


def test_too_many_bytes_and_too_old_are_each_too_much():
    backlog = Backlog(100, 10.0)
    backlog.add(0, 0, 100, 0.0)
    assert not backlog.is_too_much(10.0)
    assert backlog.is_too_much(10.1)
    backlog.add(1, 0, 1, 0.0)
    assert backlog.is_too_much(0.0)


def test_a_topic_that_keeps_its_records_for_ever_is_never_too_old():
    backlog = Backlog(100, math.inf)
    for offset in range(50):
        backlog.add(0, offset, 1, offset * 1e9)
    assert not backlog.is_too_much(1e12)


def test_memory_is_bounded_however_much_is_never_read():
    backlog = Backlog(64_000, 640.0)
    for offset in range(50_000):
        backlog.add(0, offset, 1, offset * 1.0)
    assert len(backlog._pieces[0]) <= 2 * PIECES + 2
    assert backlog.age_s(50_000.0) <= 2 * 640 + 11
    assert backlog.is_too_much(50_000.0)


def test_an_offset_that_the_broker_does_not_tell_goes_with_those_before_it():
    backlog = Backlog(6400, 10.0)
    backlog.add(0, 7, 10, 0.0)
    backlog.add(0, -1, 10, 0.0)
    assert backlog.unread_bytes == 20
    backlog.read(0, 8)
    assert backlog.unread_bytes == 0
