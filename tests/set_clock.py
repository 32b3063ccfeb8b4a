"""A wall clock for the tests that can be set while processes run under it."""

import pytest

from common.errors import SourceError
from moodline.chaos.set_clock import SetClock
from tests.servers import missing


@pytest.fixture
def set_clock(tmp_path):
    """A `SetClock`; skips a test where none can be made."""
    folder = tmp_path / "clock"
    folder.mkdir()
    try:
        made = SetClock(folder)
    except SourceError as error:
        missing(str(error))
    with made:
        yield made
