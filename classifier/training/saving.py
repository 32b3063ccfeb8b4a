"""Files of a run are written whole or not at all; used by everything in training that writes.

An interrupted run, a full disk or a power cut never leaves a half file, and never harms the one that was there.
"""

import io
import os
from pathlib import Path
from typing import Any

import torch

from common.errors import OutputError


def make_folder(path: Path) -> None:
    """Make the folder of a run.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write the run's folder '{path}': {error.strerror}") from error


def save(state: dict[str, Any], path: Path) -> None:
    """Write plain values and tensors as `torch.load` reads them; the same values give the same bytes.

    Raises:
        OutputError: the file cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write(buffer.getvalue(), path)


def write(content: bytes, path: Path) -> None:
    """Put a file in the place of `path`.

    Raises:
        OutputError: the file cannot be written; `path` is as it was.
    """
    part = path.with_suffix(".part")
    try:
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"'{path}' cannot be written: {reason}; the file that was there is unchanged") from error
