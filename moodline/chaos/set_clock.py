"""A wall clock that can be set while processes run under it; used by tests, and by `moodline bench cameras clock`.

Only the processes that are started with its `environment`, and those that they start, have this clock. What else there
is on the machine keeps the true one, and no monotonic clock is touched. Needs Linux and a C compiler.
"""

import mmap
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from common.errors import SourceError

PACKAGES = "gcc libc6-dev"
"""Debian packages that have a C compiler."""

_MISSING = f"a clock that can be set needs {{what}}; run: sudo apt-get install -y {PACKAGES}"
_SOURCE = Path(__file__).with_suffix(".c")
_NANOSECONDS = struct.Struct("=q")


class SetClock:
    """A clock that begins as the true one; use it as a context, until all processes under it have ended.

    Args:
        folder: where its files go.

    Raises:
        SourceError: this is not Linux, or there is no C compiler.
    """

    def __init__(self, folder: Path) -> None:
        self._library = _compile(folder)
        self._path = folder / "set_clock"
        self._path.write_bytes(bytes(_NANOSECONDS.size))
        with self._path.open("r+b") as file:
            self._moved = mmap.mmap(file.fileno(), _NANOSECONDS.size)

    def environment(self, others: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the variables of a process that has this clock.

        Args:
            others: its other variables; those of this process without them.
        """
        kept = dict(os.environ if others is None else others)
        loaded = [kept["LD_PRELOAD"]] if kept.get("LD_PRELOAD") else []
        return {**kept, "LD_PRELOAD": ":".join([*loaded, str(self._library)]), "SET_CLOCK_FILE": str(self._path)}

    def set(self, ahead_s: float) -> None:
        """Set the clock, at once and for all processes under it.

        Args:
            ahead_s: how far it is ahead of the true one from now on, seconds; below 0: behind it.
        """
        _NANOSECONDS.pack_into(self._moved, 0, round(ahead_s * 1e9))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._moved.close()


def _compile(folder: Path) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if sys.platform != "linux" or compiler is None:
        raise SourceError(
            f"a clock that can be set needs Linux and a C compiler; run: sudo apt-get install -y {PACKAGES}"
        )
    library = folder / "set_clock.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(_SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own program
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or ["it says nothing"]
        raise SourceError(
            f"{compiler} cannot compile {_SOURCE.name} ({why[0]}); run: sudo apt-get install -y {PACKAGES}"
        )
    return library
