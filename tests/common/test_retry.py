"""Waiting for a store that is away: until it answers, or until told to stop."""

import threading

import pytest

from common.errors import StoreError
from common.retry import FIRST_S, LONGEST_S, Backoff, patiently


def test_the_waits_double_up_to_the_longest_and_begin_anew_after_a_success():
    waits = []
    backoff = Backoff(lambda seconds: waits.append(seconds) or False, chance=lambda: 0.0)
    for _ in range(10):
        assert backoff.pause()
    assert waits == [min(FIRST_S * 2**number, LONGEST_S) for number in range(10)]
    backoff.reset()
    backoff.pause()
    assert waits[-1] == FIRST_S


def test_a_store_that_is_away_is_asked_until_it_answers():
    answers = iter([StoreError("away"), StoreError("away"), 7])

    def ask():
        answer = next(answers)
        if isinstance(answer, StoreError):
            raise answer
        return answer

    assert patiently(ask, threading.Event()) == 7


def test_who_is_told_to_stop_while_the_store_is_away_says_so():
    stop = threading.Event()

    def ask():
        stop.set()
        raise StoreError("away")

    with pytest.raises(StoreError, match="away"):
        patiently(ask, stop)
