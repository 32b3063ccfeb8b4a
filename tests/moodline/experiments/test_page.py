"""A page says how its experiment was run, in words that are right for one thread, for seconds, and without data."""

import hashlib

import pytest

from moodline.experiments.leak import EXPERIMENT
from moodline.experiments.page import _lasted, _made_by
from moodline.experiments.results import Measured


@pytest.mark.parametrize(
    ("seconds", "told"), [(32.2, "32 seconds"), (200.0, "3 minutes"), (3599.0, "60 minutes"), (9000.0, "2.5 hours")]
)
def test_a_time_is_written_in_the_unit_that_suits_it(seconds, told):
    assert _lasted(seconds) == told


@pytest.mark.parametrize(
    ("threads", "data", "told"),
    [(1, b"", ("1 thread,", "No data needed.")), (2, b"faces", ("2 threads,", "Hash of the data: `"))],
)
def test_threads_and_data_are_told_as_they_were(threads, data, told):
    machine = {"processor": "P", "threads": threads, "python": "3", "torch": "2"}
    made = {"command": "run", "seconds": 1.0, "finished": "now", "machine": machine}
    text = _made_by(EXPERIMENT, Measured({}, made | {"data": hashlib.sha256(data).hexdigest()}))
    assert all(part in text for part in told)
