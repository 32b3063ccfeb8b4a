"""Keeps MediaPipe's native libraries from writing to the terminal; used where a detector is made and closed.

They log start-up and shut-down to standard error from C++, past Python's logging and without a switch.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_one_at_a_time = threading.Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """While inside, what the process writes to standard error is lost; exceptions are not."""
    with _one_at_a_time:
        sys.stderr.flush()
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(nowhere)
            os.close(kept)
