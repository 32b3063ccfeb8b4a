"""Counts of the last hour."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.live.hourly import HOUR_S, MOST, Hourly


@given(st.lists(st.floats(0, 2000), max_size=50))
def test_it_counts_what_happened_within_the_hour(gaps):
    times = [sum(gaps[: place + 1]) for place in range(len(gaps))]
    hourly = Hourly()
    for place, time in enumerate(times):
        hourly.add(time)
        assert hourly.count(time) == sum(time - other <= HOUR_S for other in times[: place + 1])


def test_it_never_keeps_more_than_its_bound():
    hourly = Hourly()
    for time in range(2 * MOST):
        hourly.add(time)
    assert hourly.count(2 * MOST) == MOST
