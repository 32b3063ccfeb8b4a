"""A stage that waits for the store while it is away."""

import threading

import pytest

from common.errors import StoreError
from common.patient import PatientStage
from tests.builders_messages import opened


class Shaky:
    """A stage whose store is away for some attempts; its outputs come lazily, as those of any stage may."""

    def __init__(self, failures):
        self.failures, self.attempts = failures, 0

    def process(self, messages):
        self.attempts += 1
        for message in messages:
            if self.attempts <= self.failures:
                raise StoreError("Redis is away")
            yield message


def test_a_batch_is_given_again_until_the_store_is_back():
    stage, message = Shaky(2), opened()
    assert list(PatientStage(stage, threading.Event()).process([message])) == [message]
    assert stage.attempts == 3


def test_whoever_is_told_to_stop_while_the_store_is_away_says_what_is_wrong():
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoreError, match="Redis is away"):
        PatientStage(Shaky(9), stop).process([opened()])


def test_a_mistake_is_not_waited_for():
    class Broken:
        def process(self, _):
            raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        PatientStage(Broken(), threading.Event()).process([opened()])
