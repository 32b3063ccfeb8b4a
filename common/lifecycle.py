"""How a command ends: the first signal asks it to stop in good order, a second one ends it at once.

Signal handlers only set a flag: nothing else is safe in them. Used by every command that runs for a while.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from common.errors import EXIT_INTERRUPTED


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """While inside, SIGINT and SIGTERM set the event that is given; a second one ends the process at once."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os.write(2, b"moodline: interrupted again, ended at once\n")
            os._exit(EXIT_INTERRUPTED)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
