"""When a camera is asked again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.live.reconnect import DELAYS_S, HEALTHY_S, REFUSED_DELAYS_S, SPREAD, Reconnect

chances = st.lists(st.floats(0, 1), min_size=40, max_size=40)


def delays(count, chance=0.5):
    reconnect = Reconnect(lambda: chance)
    return [reconnect.failed() for _ in range(count)]


def test_the_first_attempt_is_at_once_and_the_later_ones_are_ever_rarer():
    found = delays(12)
    assert found[0] == 0
    assert found == sorted(found)
    assert found[-1] == found[-2] == 30


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_chance_shifts_a_delay_by_a_fifth_at_most(chance, share):
    assert delays(9, chance) == pytest.approx([delay * share for delay in DELAYS_S])


@given(chances, st.floats(0, 10))
def test_an_outage_of_up_to_ten_seconds_is_met_by_an_attempt_within_six_seconds_of_its_end(chances, end_s):
    reconnect = Reconnect(iter(chances).__next__)
    now_s = reconnect.failed()
    while now_s < end_s:
        now_s += reconnect.failed()
    assert now_s <= end_s + 6 + 1e-9


@given(chances)
def test_a_camera_that_dies_every_five_seconds_is_soon_asked_twice_a_minute_at_most(chances):
    reconnect = Reconnect(iter(chances).__next__)
    found = [reconnect.failed(healthy_s=5) for _ in range(40)]
    assert all(delay >= 30 * (1 - SPREAD) for delay in found[len(DELAYS_S) :])


def test_after_a_healthy_minute_the_delays_begin_anew():
    reconnect = Reconnect(lambda: 0.5)
    for _ in range(20):
        reconnect.failed()
    assert reconnect.failed(HEALTHY_S) == 0
    assert reconnect.failed() == 1


def test_half_a_healthy_minute_takes_half_of_the_steps_back():
    reconnect = Reconnect(lambda: 0.5)
    for _ in range(20):
        reconnect.failed()
    assert reconnect.failed(HEALTHY_S / 2) == DELAYS_S[len(DELAYS_S) - len(DELAYS_S) // 2]


@given(chances)
def test_a_wrong_password_is_tried_at_most_once_a_minute_and_ever_more_rarely(chances):
    reconnect = Reconnect(iter(chances).__next__)
    found = [reconnect.refused() for _ in range(40)]
    assert all(delay >= least for delay, least in zip(found, REFUSED_DELAYS_S, strict=False))
    assert all(delay == 600 for delay in found[len(REFUSED_DELAYS_S) :])


def test_a_password_that_was_right_once_begins_with_a_minute_again():
    reconnect = Reconnect(lambda: 0.0)
    assert [reconnect.refused(), reconnect.refused()] == [60, 120]
    reconnect.accepted()
    assert reconnect.refused() == 60


def test_a_reset_begins_with_the_shortest_delays():
    reconnect = Reconnect(lambda: 0.0)
    for _ in range(9):
        reconnect.failed()
        reconnect.refused()
    reconnect.reset()
    assert reconnect.failed() == 0
    assert reconnect.refused() == 60
