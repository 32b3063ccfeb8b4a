"""What names an epoch of a recording, and what names the way it was sampled; used by `source` and by `run`.

The epoch depends on the recording alone, so that a replay writes the same ids. How it was sampled is part of the
recipe instead: the same recording at another rate keeps its epoch, and what was written for it is replaced.
"""

import hashlib
from pathlib import Path
from typing import Any

from ingest.settings import IngestSettings

INGEST_VERSION = 1
"""Raised whenever the same file and settings would give other frames or other times."""

_BLOCK = 64 * 1024
_BLOCKS = 16


def fingerprint(path: Path) -> str:
    """Hash a file's size and sixteen blocks of 64 KiB, evenly spread from its first byte to its last.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = path.stat().st_size
        digest.update(f"{size}:".encode())
        last = max(size - _BLOCK, 0)
        for place in sorted({last * block // (_BLOCKS - 1) for block in range(_BLOCKS)}):
            file.seek(place)
            digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def epoch_id(camera: str, content: str, start_ms: int, opening: int) -> str:
    """Name an epoch: 12 hexadecimal digits.

    Args:
        camera: the camera's name.
        content: the file's `fingerprint`.
        start_ms: event time of the recording's first frame, Unix milliseconds.
        opening: 0 for the first epoch in the file, one more after each jump in time.
    """
    return hashlib.sha256(f"{camera}\n{content}\n{start_ms}\n{opening}".encode()).hexdigest()[:12]


def ingest_recipe(settings: IngestSettings) -> dict[str, Any]:
    """Ingest's part of a recipe: what decides which frames of an epoch are sampled."""
    return {"rate": settings.rate, "ingest": INGEST_VERSION}
