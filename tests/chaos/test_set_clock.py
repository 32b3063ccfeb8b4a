"""A wall clock that is set: seen by the processes under it, of all languages, and by nothing else."""

import json
import subprocess
import sys
import time

import pytest

from common.errors import SourceError
from moodline.chaos.set_clock import SetClock

CLOCKS = """
import json, sys, time
from datetime import datetime
from multiprocessing import get_context

def read():
    time.sleep(0.01)
    return [time.time(), time.time_ns() / 1e9, datetime.now().timestamp(), time.monotonic()]

if __name__ == "__main__":
    with get_context("forkserver").Pool(1) as others:
        for _ in sys.stdin:
            print(json.dumps([read(), others.apply(read)]), flush=True)
"""


def test_a_clock_is_set_for_all_processes_under_it_and_no_monotonic_clock_is(set_clock, tmp_path):
    script = tmp_path / "clocks.py"
    script.write_text(CLOCKS)
    command, piped = [sys.executable, str(script)], subprocess.PIPE
    with subprocess.Popen(command, stdin=piped, stdout=piped, text=True, env=set_clock.environment()) as process:
        for ahead_s in (0.0, 3600.0, -3600.0, 0.25, 0.0):
            set_clock.set(ahead_s)
            began_s, began = time.time(), time.monotonic()
            process.stdin.write("\n")
            process.stdin.flush()
            told = json.loads(process.stdout.readline())
            for *walls, steady in told:
                assert all(began_s + ahead_s <= wall <= time.time() + ahead_s for wall in walls)
                assert began <= steady <= time.monotonic()
        process.stdin.close()


def test_other_programs_have_it_too_and_what_else_is_loaded_before_stays(set_clock):
    set_clock.set(-86_400)
    told = subprocess.run(["/bin/date", "+%s"], env=set_clock.environment(), capture_output=True, text=True, check=True)
    assert int(told.stdout) == pytest.approx(time.time() - 86_400, abs=60)
    assert set_clock.environment({"LD_PRELOAD": "other.so"})["LD_PRELOAD"].startswith("other.so:")


def test_without_a_compiler_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="apt-get install -y gcc libc6-dev"):
        SetClock(tmp_path)
