"""Finished parts of an experiment, kept in files: a run that was stopped goes on with the next part."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from classifier.training.saving import make_folder, write


class Parts:
    """The parts of one experiment with the same settings, data and version.

    Args:
        folder: theirs; it is made with the first part.
        tell: told the name of a part before it is worked on.

    Attributes:
        seconds: that all parts asked for so far took, in this run or before.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None] = lambda _: None) -> None:
        self._folder, self._tell = folder, tell
        self.seconds = 0.0

    def do(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Give what a part found, worked out only if it was not before.

        Args:
            name: of the part: letters, digits and hyphens.
            work: finds plain values; they are given back as JSON gives them.

        Raises:
            OutputError: it cannot be kept.
        """
        path = self._folder / f"{name}.json"
        kept = _read(path)
        if kept is None:
            self._tell(name)
            make_folder(self._folder)
            began = time.monotonic()
            found = work()
            text = json.dumps({"seconds": time.monotonic() - began, "found": found}, indent=1, allow_nan=False)
            write((text + "\n").encode(), path)
            kept = json.loads(text)
        self.seconds += kept["seconds"]
        return dict(kept["found"])


def _read(path: Path) -> dict[str, Any] | None:
    """Read a part; None if it is not there, or was damaged."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return kept if isinstance(kept, dict) and {"seconds", "found"} <= kept.keys() else None
