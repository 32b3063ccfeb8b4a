"""How far a decoder is behind, and what it skips: decoders too slow, timestamps that lie, networks that stall."""

import math
import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.live.lag import DecodeLag


@dataclass
class Decoded:
    """How it went.

    Attributes:
        skips: what was skipped, from when on, seconds.
        lags_s: how far each picture was really behind.
        reopened_s: when the connection was given up; None if it was not.
    """

    skips: list
    lags_s: list
    reopened_s: float | None = None


def decode(
    *, seconds=300, rate=1.0, cost=lambda _: 0.01, stall=(0.0, 0.0), jump=lambda _: 0.0, every_key=50, jitter_s=0.02
):
    """Decode 25 pictures a second; one in `every_key` is a key picture, one in two is of no use to any other."""
    chance, lag = random.Random(1), DecodeLag()
    now_s = arrived_s = 0.0
    went = Decoded([], [])
    for number in range(seconds * 25):
        t = number / 25
        arrived_s = max(arrived_s, t + 0.03 + chance.expovariate(1 / jitter_s))
        arrived_s = max(arrived_s, stall[1]) if stall[0] <= t < stall[1] else arrived_s
        if (lag.skip == "nonkey" and number % every_key) or (lag.skip == "nonref" and number % 2):
            continue
        now_s = max(now_s, arrived_s) + cost(t)
        before = lag.skip
        lag.update(1000 * (rate * t + jump(t)), now_s)
        went.lags_s.append(now_s - t)
        if lag.skip != before:
            went.skips.append((lag.skip, now_s))
        if lag.reopen:
            went.reopened_s = now_s
            break
    return went


def test_a_decoder_that_keeps_up_skips_nothing():
    assert decode().skips == []


def test_a_decoder_that_is_a_little_too_slow_skips_what_no_other_picture_needs():
    went = decode(cost=lambda _: 0.045)
    assert {skip for skip, _ in went.skips} == {"nonref", "default"}
    assert max(went.lags_s) < 1


def test_a_decoder_that_is_far_too_slow_goes_to_key_pictures_and_comes_back():
    went = decode(cost=lambda t: 0.15 if 100 < t < 130 else 0.01)
    assert "nonkey" in {skip for skip, _ in went.skips}
    assert max(went.lags_s) < 3
    assert went.skips[-1][0] == "default"
    assert went.reopened_s is None


def test_a_decoder_that_cannot_even_do_key_pictures_gives_up():
    went = decode(cost=lambda _: 3.0)
    assert went.reopened_s is not None
    assert went.reopened_s < 60


def test_where_all_are_key_pictures_a_slow_decoder_is_not_taken_for_a_wrong_rate():
    went = decode(cost=lambda _: 0.15, every_key=1)
    assert went.reopened_s is not None
    assert max(went.lags_s) < 11


def test_a_decoder_that_is_always_too_slow_is_never_taken_for_a_wrong_rate():
    assert max(decode(seconds=1200, cost=lambda _: 0.1).lags_s) < 3


@pytest.mark.parametrize("rate", [0.55, 0.8, 0.84, 0.98, 1.2])
def test_timestamps_at_a_wrong_rate_fool_it_once_at_most_and_not_for_long(rate):
    went = decode(seconds=1200, rate=rate)
    assert went.reopened_s is None
    assert len(went.skips) <= 3
    assert all(at_s < 60 for _, at_s in went.skips)
    assert not went.skips or went.skips[-1][0] == "default"


def test_with_a_wrong_rate_a_slow_decoder_is_still_found():
    went = decode(rate=0.8, cost=lambda t: 0.15 if 100 < t < 130 else 0.01)
    assert any(skip == "nonkey" for skip, at_s in went.skips if at_s > 100)
    assert max(went.lags_s) < 3


@pytest.mark.parametrize("rare", [10, 250])
def test_how_often_key_pictures_come_does_not_matter_for_a_wrong_rate(rare):
    went = decode(rate=0.8, every_key=rare)
    assert went.reopened_s is None
    assert went.skips[-1][0] == "default"


@pytest.mark.parametrize("by_s", [1000.0, -1000.0, 0.8, -3.0])
def test_a_jump_of_the_timestamps_is_no_lag(by_s):
    assert decode(jump=lambda t: by_s if t > 100 else 0.0).skips == []


def test_after_a_stall_it_catches_up_and_does_not_connect_anew():
    went = decode(stall=(100.0, 120.0))
    assert went.reopened_s is None
    assert went.skips[-1][0] == "default"
    assert went.skips[-1][1] < 130


def test_two_clocks_that_drift_are_no_lag():
    assert decode(seconds=3600, rate=0.9998).skips == []


@given(st.lists(st.tuples(st.floats(-1e10, 1e10), st.floats(0, 100))))
def test_the_lag_is_never_below_zero_whatever_the_timestamps(pictures):
    lag, now_s = DecodeLag(), 0.0
    for stamp_ms, gap_s in pictures:
        now_s += gap_s
        lag.update(stamp_ms, now_s)
        assert math.isfinite(lag.behind_s)
        assert lag.behind_s >= 0


def test_pictures_without_timestamps_say_nothing():
    lag = DecodeLag()
    for number in range(100):
        lag.update(None, number)
    assert (lag.behind_s, lag.skip, lag.reopen) == (0.0, "default", False)
