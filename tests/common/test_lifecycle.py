import os
import signal
import subprocess
import sys

import pytest

from common.errors import EXIT_INTERRUPTED
from common.lifecycle import stop_on_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_only_sets_the_event(number):
    with stop_on_signal() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(60)


def test_the_handlers_of_before_come_back_even_after_an_error():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    during = []

    def job():
        with stop_on_signal():
            during.append(signal.getsignal(signal.SIGINT))
            raise ValueError("any")

    with pytest.raises(ValueError, match="any"):
        job()
    assert during[0] != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize("second", ["SIGINT", "SIGTERM"])
def test_the_second_signal_ends_the_process_at_once(second):
    program = f"""
import os, signal
from common.lifecycle import stop_on_signal
with stop_on_signal() as stop:
    os.kill(os.getpid(), signal.SIGINT)
    assert stop.wait(60)
    os.kill(os.getpid(), signal.{second})
    while True:
        signal.pause()
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)
    assert done.returncode == EXIT_INTERRUPTED


@pytest.mark.parametrize(("work", "code", "words"), [("waiting.wait(60)", 0, "aborted"), ("time.sleep(60)", 7, "gone")])
def test_who_does_not_end_in_time_is_aborted_and_ended_if_that_does_not_help(work, code, words):
    program = f"""
import threading, time
from common.lifecycle import Overdue, abort_when_overdue
stop, waiting = threading.Event(), threading.Event()
waiting.abort = waiting.set
stop.set()
with abort_when_overdue(stop, [waiting], Overdue(0.1, 2, 7, "gone")) as aborted:
    {work}
print("aborted" if aborted.is_set() else "in time")
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=60, check=False, capture_output=True, text=True)
    assert done.returncode == code
    assert words in done.stdout + done.stderr
