"""How a command ends: the first signal asks it to stop in good order, a second one ends it at once.

Signal handlers only set a flag: nothing else is safe in them. Used by every command that runs for a while.
"""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple, Protocol

from common.errors import EXIT_INTERRUPTED


class Abortable(Protocol):
    """What can be made to give up waiting."""

    def abort(self) -> None:
        """Wake and end everybody who waits."""


class Overdue(NamedTuple):
    """What becomes of work that does not end in time.

    Attributes:
        abort_s: seconds that it has to end in good order; then what it waits for is aborted.
        end_s: seconds that it has from then on; then the process ends as it is.
        code: exit code of such an end.
        words: what is said then, one sentence.
    """

    abort_s: float
    end_s: float
    code: int
    words: str


@contextmanager
def abort_when_overdue(
    stop: threading.Event, waiting: Sequence[Abortable], overdue: Overdue
) -> Iterator[threading.Event]:
    """While inside, whoever is told to stop has its time to end, whatever it waits for.

    Args:
        stop: set by whoever asks for the end.
        waiting: what the work inside may be waiting for; may grow meanwhile.
        overdue: how long the end may take, and what becomes of it then.

    Yields:
        An event that is set if it had to be aborted.
    """
    ended, aborted = threading.Event(), threading.Event()

    def watch() -> None:
        while not ended.is_set():
            if stop.wait(0.2) and not ended.wait(overdue.abort_s):
                aborted.set()
                for one in list(waiting):
                    one.abort()
                if not ended.wait(overdue.end_s):
                    # A library that waits for its own time-outs; what is not committed comes again, as after a crash.
                    os.write(2, f"moodline: {overdue.words}\n".encode())
                    os._exit(overdue.code)
                return

    thread = threading.Thread(target=watch, name="overdue", daemon=True)
    thread.start()
    try:
        yield aborted
    finally:
        ended.set()
        thread.join()


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
