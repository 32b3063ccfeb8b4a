import os
from pathlib import Path

import pytest

from detector.quiet import quiet


def test_what_is_written_inside_is_lost_and_what_is_written_after_is_not(capfd):
    with quiet():
        os.write(2, b"native noise")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_an_error_passes_and_the_terminal_comes_back(capfd):
    with pytest.raises(ValueError, match="passed"), quiet():
        raise ValueError("passed")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_no_file_stays_open():
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with quiet():
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
