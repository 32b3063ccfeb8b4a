"""A real reader process, heard by the test."""

import time
from contextlib import contextmanager

import numpy as np

from ingest.live import records
from ingest.live.connection import ReaderProcess
from tests.ingest.live.scripted import PATIENCE_S


class Reading:
    """What a reader says, until what is wanted.

    Attributes:
        reader: the process.
        heard: its records so far.
    """

    def __init__(self, order):
        self.reader = ReaderProcess(order)
        self.heard = []

    def until(self, kind, wanted=lambda _: True):
        """Hear records up to the first of a kind that is wanted; gives it."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            heard = self._next()
            if isinstance(heard.record, kind) and wanted(heard.record):
                return heard.record
        raise AssertionError(f"{kind.__name__} never came")

    def _next(self):
        assert self.reader.line.poll(PATIENCE_S), f"silence after {self.heard[-3:]}"
        heard = self.reader.hear()
        assert heard is not None, f"the reader has died after {self.heard[-3:]}"
        self.heard.append(heard.record)
        return heard

    def picture(self):
        """Ask for a picture; gives the record with which it was announced, and its planes, (H * 3 / 2, W)."""
        self.reader.ask()
        heard = self._next()
        while not isinstance(heard.record, records.Handed):
            heard = self._next()
        sampled = next(one for one in self.of(records.Sampled) if one.number == heard.record.number)
        return sampled, np.frombuffer(heard.planes, np.uint8).reshape(sampled.height * 3 // 2, sampled.width)

    def of(self, kind):
        return [one for one in self.heard if isinstance(one, kind)]


@contextmanager
def reading(address, rate=5.0, **options):
    """Start a reader; it is left at the end."""
    one = Reading(records.Order(address, rate, **options))
    try:
        yield one
    finally:
        one.reader.leave(time.monotonic())
        one.reader.finish(time.monotonic())


def failure(address, **options):
    """Say why a reader ends."""
    with reading(address, **options) as one:
        return one.until(records.Ended).failure
