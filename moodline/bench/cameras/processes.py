"""What processes use, from Linux's `/proc`: processor, memory, threads, handles; used by `embedded` and `cuts`."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_TICKS_S = 1 / os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12
"""Places in `/proc/PID/stat` behind the name, see proc(5)."""


class Held(NamedTuple):
    """What one process, or several, hold at a moment.

    Attributes:
        memory_bytes: resident; what several processes share counts as a share for each.
        own_bytes: the part of it that no file holds: program libraries left out, whose shares depend on who else runs.
        threads: threads.
        handles: open file handles.
        processes: how many processes these are.
    """

    memory_bytes: int = 0
    own_bytes: int = 0
    threads: int = 0
    handles: int = 0
    processes: int = 0


def held(processes: Iterable[int]) -> Held:
    """Add up what processes hold; one that ends meanwhile counts as gone."""
    sums = Held()
    for process in processes:
        with suppress(OSError):
            place = _PROC / str(process)
            memory, threads, handles = _memory(place), list((place / "task").iterdir()), list((place / "fd").iterdir())
            one = (memory["Pss"], memory["Pss_Anon"], len(threads), len(handles), 1)
            sums = Held(*(a + b for a, b in zip(sums, one, strict=True)))
    return sums


def descendants(process: int) -> list[int]:
    """List the processes that a process started, and those that they started, in order of their numbers."""
    children = defaultdict(list)
    for place in _PROC.iterdir():
        if place.name.isdigit():
            with suppress(OSError):
                children[int(_stat(place)[_PARENT])].append(int(place.name))
    found, open_ = set[int](), [process]
    while open_:
        fresh = children[open_.pop()]
        found.update(fresh)
        open_ += fresh
    return sorted(found)


class CpuMeter:
    """Adds up processor seconds by role; a process that has ended keeps counting with what was last seen of it.

    Args:
        main: the process whose descendants are the readers.
        others: other processes by role.
    """

    def __init__(self, main: int, others: Mapping[str, int]) -> None:
        self._main = main
        self._others = others
        self._seen: dict[int, tuple[str, float]] = {}

    def look(self) -> dict[str, float]:
        """Give the processor seconds so far: `main`, `readers`, and each other role."""
        roles = dict.fromkeys(descendants(self._main), "readers") | {self._main: "main"}
        roles |= {process: role for role, process in self._others.items()}
        for process, role in roles.items():
            with suppress(OSError):
                fields = _stat(_PROC / str(process))
                self._seen[process] = role, (int(fields[_USER]) + int(fields[_SYSTEM])) * _TICKS_S
        sums: defaultdict[str, float] = defaultdict(float)
        for role, seconds in self._seen.values():
            sums[role] += seconds
        return dict(sums)


def _stat(place: Path) -> list[str]:
    """Give the fields of a process behind its name, which may hold blanks."""
    return (place / "stat").read_text().rpartition(")")[2].split()


def _memory(place: Path) -> dict[str, int]:
    """Give the sums over a process's memory, in bytes, by the names in `smaps_rollup`."""
    rows = (line.split() for line in (place / "smaps_rollup").read_text().splitlines()[1:])
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows}
