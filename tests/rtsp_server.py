"""Lying RTSP cameras for the tests, on GStreamer's server, in a process of its own."""

from contextlib import ExitStack

import pytest

from common.errors import SourceError
from moodline.chaos.cameras import Cameras
from tests.servers import missing


@pytest.fixture(scope="session")
def open_cameras():
    """Start `Cameras(*specs, **options)`, which end with the session; skips a test without GStreamer."""
    with ExitStack() as stack:

        def start(*specs, **options):
            try:
                return stack.enter_context(Cameras(*specs, **options))
            except SourceError as error:
                return missing(str(error))

        yield start
