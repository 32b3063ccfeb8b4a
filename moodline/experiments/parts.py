"""Parts of an experiment, kept in files: a run that was stopped goes on, and runs at the same time share the parts."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from classifier.training.saving import make_folder, write

Work = Callable[[], dict[str, Any]]
"""Finds plain values."""


class Parts:
    """The parts of one experiment with the same settings, data and version.

    Args:
        folder: theirs; it is made with the first part.
        tell: told the name of a part before it is worked on, and that it is waited for.

    Attributes:
        seconds: that all parts asked for so far took, in this run or another.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None] = lambda _: None) -> None:
        self._folder, self._tell = folder, tell
        self.seconds = 0.0

    def do(self, name: str, work: Work) -> dict[str, Any]:
        """Give what a part found, worked out only if it was not before.

        Args:
            name: of the part: letters, digits and hyphens.
            work: finds plain values; they are given back as JSON gives them.

        Raises:
            OutputError: it cannot be kept.
        """
        return self.share({name: work})[name]

    def kept(self, name: str) -> dict[str, Any] | None:
        """Give what a part found before, here or on a machine whose parts were brought here; None if nobody did it."""
        found = _read(self._folder / f"{name}.json")
        return None if found is None else self._counted(found)

    def share(self, parts: Mapping[str, Work]) -> dict[str, dict[str, Any]]:
        """Give what parts found that do not need each other.

        A part that another process works on is left to it, and waited for when nothing else is left; should that
        process end without it, it is worked out here.

        Args:
            parts: the work of each by its name, as for `do`.

        Raises:
            OutputError: one cannot be kept.
        """
        for name, work in parts.items():
            self._take(name, work, wait=False)
        return {name: self._counted(self._take(name, work, wait=True)) for name, work in parts.items()}

    def _take(self, name: str, work: Work, *, wait: bool) -> dict[str, Any]:
        """Read or work out one part; without waiting, nothing is given of one that another process works on."""
        path = self._folder / f"{name}.json"
        kept = _read(path)
        if kept is not None:
            return kept
        make_folder(self._folder)
        lock = FileLock(self._folder / f"{name}.lock")
        try:
            held = lock.acquire(blocking=False)
        except Timeout:
            if not wait:
                return {}
            self._tell(f"{name}, which another run works on, is waited for")
            held = lock.acquire()
        with held:
            # Another process may have finished it before it let go.
            return _read(path) or self._work(name, work, path)

    def _work(self, name: str, work: Work, path: Path) -> dict[str, Any]:
        self._tell(name)
        began = time.monotonic()
        found = work()
        text = json.dumps({"seconds": time.monotonic() - began, "found": found}, indent=1, allow_nan=False)
        write((text + "\n").encode(), path)
        kept: dict[str, Any] = json.loads(text)
        return kept

    def _counted(self, kept: dict[str, Any]) -> dict[str, Any]:
        self.seconds += kept["seconds"]
        return dict(kept["found"])


def _read(path: Path) -> dict[str, Any] | None:
    """Read a part; None if it is not there, or was damaged."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return kept if isinstance(kept, dict) and {"seconds", "found"} <= kept.keys() else None
