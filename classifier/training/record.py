"""`run.json`, the record of a run: with what, from what, where and how long it learned; written by `train`."""

import json
import logging
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from classifier.training.saving import write
from classifier.training.settings import TrainSettings

log = logging.getLogger(__name__)

NAME = "run.json"
ROOT = Path(__file__).parents[2]
PROCESSORS = Path("/proc/cpuinfo")


class Record:
    """The record of one run over all its parts: a run that was interrupted has more than one.

    Args:
        out: folder of the run.
        start: epoch that this part goes on with; 0 begins the record anew.
        settings: the recipe.
        data: of the set, see `FaceSet.describe`.
        device: where the net learns.
    """

    def __init__(self, out: Path, start: int, settings: TrainSettings, data: dict[str, Any], device: str) -> None:
        self._path = out / NAME
        self._parts: list[dict[str, Any]] = _parts(self._path) if start else []
        self._parts.append(
            {
                "began": datetime.now(UTC).isoformat(timespec="seconds"),
                "from_epoch": start,
                "epochs": 0,
                "seconds": 0.0,
                "settings": settings.model_dump(mode="json"),
                "environment": environment(device, settings.threads),
            }
        )
        self._data = data

    def write(self, epochs: int, seconds: float) -> None:
        """Write the record as it is after some finished epochs of this part.

        Args:
            epochs: finished ones of this part.
            seconds: since this part began.

        Raises:
            OutputError: it cannot be written.
        """
        self._parts[-1].update(epochs=epochs, seconds=round(seconds, 3))
        latest = self._parts[-1]
        record = {
            "settings": latest["settings"],
            "data": self._data,
            "environment": latest["environment"],
            "epochs": latest["from_epoch"] + epochs,
            "seconds": round(sum(part["seconds"] for part in self._parts), 3),
            "parts": self._parts,
        }
        write((json.dumps(record, indent=2) + "\n").encode(), self._path)


def environment(device: str, threads: int) -> dict[str, Any]:
    """Say what computes: versions, processor, threads, device, and the commit of this code where it is a checkout."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "system": platform.platform(),
        "processor": _processor(),
        "threads": threads,
        "device": device_name(device),
        "commit": _commit(),
    }


def device_name(device: str) -> str:
    """Give the name of a GPU; of another device, what it is called already."""
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def _parts(path: Path) -> list[dict[str, Any]]:
    """Read the parts before this one; a run of before there were records has none."""
    if not path.is_file():
        return []
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["parts"])
    except (ValueError, LookupError, TypeError):
        log.warning("'%s' is damaged; the record begins anew with this part of the run", path)
        return []


def _processor() -> str:
    if PROCESSORS.is_file():
        lines = PROCESSORS.read_text(encoding="utf-8", errors="replace").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        if named:
            return named[0]
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    """Give the commit of this code, with `+` where files were changed since; None where it is no checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    commit = _git(git, "rev-parse", "HEAD")
    changed = _git(git, "status", "--porcelain", "--untracked-files=no")
    return None if commit is None else commit + ("+" if changed else "")


def _git(git: str, *arguments: str) -> str | None:
    done = subprocess.run([git, "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)  # noqa: S603  # fixed words
    return done.stdout.strip() if done.returncode == 0 else None
