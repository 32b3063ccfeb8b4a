import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.freshness import ABSURD_MS, Freshness, expired
from tests.builders_messages import empty_frame, face, faces, gray_frame, spine

CROP = np.zeros((48, 48), np.uint8)


def live(arrived_ms):
    return spine(mode="live", arrived_ms=arrived_ms)


@pytest.mark.parametrize(("age_ms", "stale"), [(0, False), (1000, False), (1001, True), (ABSURD_MS, True)])
def test_a_live_frame_is_stale_above_the_limit(age_ms, stale):
    assert Freshness().is_stale(live(5_000_000), 5_000_000 + age_ms, 1000) is stale


@pytest.mark.parametrize("age_ms", [-1, -3_600_000, ABSURD_MS + 1, 10**12])
def test_an_age_that_cannot_be_true_makes_nothing_stale(age_ms):
    assert not Freshness().is_stale(live(5_000_000), 5_000_000 + age_ms, 1000)


@given(mode=st.sampled_from(["file", "replay"]), age_ms=st.integers(-(10**7), 10**7))
def test_recordings_never_expire(mode, age_ms):
    assert not Freshness().is_stale(spine(mode=mode, arrived_ms=0), age_ms, 1)


def judged(ages, every_ms=100, freshness=None):
    """Whether each of a camera's frames is stale that comes with such an age; at most one second is fresh."""
    freshness, now_ms = freshness or Freshness(), 10**9
    told = []
    for age_ms in ages:
        now_ms += every_ms
        told.append(freshness.is_stale(live(now_ms - round(age_ms)), now_ms, 1000))
    return told


def test_when_all_is_too_old_by_the_same_for_long_two_clocks_differ_and_ages_count_from_there():
    ages = [300_000 + 50 * (number % 3) for number in range(300)]
    told = judged(ages)
    assert told == [True] * 100 + [False] * 200
    worse = judged([300_000] * 150 + [301_001, 300_900])
    assert worse[-2:] == [True, False]


def test_once_the_clocks_agree_again_ages_count_from_nothing_at_once():
    told = judged([300_000] * 150 + [20, 1021])
    assert told[-3:] == [False, False, True]


def test_a_backlog_that_is_left_behind_is_stale_to_its_end():
    ages = [60_000 - 200 * number for number in range(300)]
    assert judged(ages) == [age > 1000 for age in ages]


def test_a_stage_that_falls_further_and_further_behind_finds_all_of_it_stale():
    assert all(judged(2000 + 20 * number for number in range(1000)))


def test_one_fresh_frame_now_and_then_says_that_the_clocks_agree():
    told = judged(100 if number % 90 == 0 else 3000 for number in range(1000))
    assert told == [number % 90 != 0 for number in range(1000)]


@pytest.mark.parametrize("step_ms", [-3_600_000, 3_600_000])
def test_a_clock_that_is_set_meanwhile_makes_nothing_of_it(step_ms):
    freshness = Freshness()
    assert all(judged([5000] * 90, freshness=freshness))
    now_ms = 10**9 + 9000 + step_ms
    for number in range(90):
        assert freshness.is_stale(live(now_ms + 100 * number - 5000), now_ms + 100 * number, 1000)
    assert freshness.usual_ms == 0


@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(-ABSURD_MS, 2 * ABSURD_MS)), max_size=60))
def test_an_age_within_the_limit_is_never_stale(steps):
    freshness, now_ms = Freshness(), 10**9
    for passed_ms, age_ms in steps:
        now_ms += passed_ms
        stale = freshness.is_stale(live(now_ms - age_ms), now_ms, 1000)
        assert not (stale and age_ms <= 1000)


def test_an_expired_frame_goes_on_without_its_picture_and_says_why():
    one = expired(gray_frame(3))
    assert (one.spine.seq, one.planes, one.dropped) == (3, None, "stale")


@pytest.mark.parametrize("reason", ["damaged", "behind", "dead_letter"])
def test_a_frame_that_was_dropped_before_keeps_its_reason(reason):
    assert expired(empty_frame(3, dropped=reason)) == empty_frame(3, dropped=reason)


def test_expired_faces_lose_their_crops_and_those_refused_keep_their_reason():
    one = expired(faces(3, face(1, crop=CROP), face(2, refused="blurred")))
    assert [(seen.track, seen.crop, seen.refused) for seen in one.faces] == [(1, None, "expired"), (2, None, "blurred")]
    assert one.dropped is None
