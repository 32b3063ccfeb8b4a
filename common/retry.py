"""Waiting for something that is away: longer each time, never in step with others; used by the workers."""

import logging
import random
import threading
from collections.abc import Callable
from typing import TypeVar

from common.errors import StoreError

log = logging.getLogger(__name__)

Given = TypeVar("Given")

FIRST_S = 0.1
LONGEST_S = 5.0


class Backoff:
    """The waits between attempts: doubling from `FIRST_S` to `LONGEST_S`, each shortened by chance by up to half.

    Args:
        wait: waits so many seconds, or until it is told to stop, and says whether it was; as `Event.wait`.
        chance: gives a number from 0 to 1.
    """

    def __init__(self, wait: Callable[[float], bool], chance: Callable[[], float] = random.random) -> None:
        self._wait = wait
        self._chance = chance
        self._next_s = FIRST_S

    def pause(self) -> bool:
        """Wait before the next attempt; whether there may be one."""
        seconds, self._next_s = self._next_s, min(self._next_s * 2, LONGEST_S)
        return not self._wait(seconds * (1 - self._chance() / 2))

    def reset(self) -> None:
        """Start again with the shortest wait: an attempt succeeded."""
        self._next_s = FIRST_S


def patiently(ask: Callable[[], Given], stop: threading.Event) -> Given:
    """Ask the store until it answers.

    Args:
        ask: asks it; raises `StoreError` while it is away.
        stop: once set, there are no more attempts.

    Raises:
        StoreError: told to stop while the store was away.
    """
    backoff = Backoff(stop.wait)
    while True:
        try:
            return ask()
        except StoreError as error:
            log.warning("waiting: %s", error)
            if not backoff.pause():
                raise
