"""Files that are written whole or not at all; used by the report, its video and the demonstration clip."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.errors import OutputError

_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""What can go wrong while a file is being filled; any other error of the block has to do with something else."""


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to, and put it in the place of `path` when the block ends well.

    A block that fails, or is interrupted, leaves `path` as it was and nothing beside it.

    Args:
        path: the file; its folder must exist.

    Yields:
        The path of an empty file in the same folder.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise _refused(path, error) from error
    part = Path(name)
    try:
        yield part
        try:
            # A temporary file is for its owner only; a finished one is as readable as any other new file.
            part.chmod(0o666 & ~_umask())
            part.replace(path)
        except OSError as error:
            raise _refused(path, error) from error
    except OSError as error:
        if error.errno in _OF_THE_DISK:
            raise _refused(path, error) from error
        raise
    finally:
        part.unlink(missing_ok=True)


def check_folder(folder: Path) -> None:
    """See that files can be written into a folder, before the work that fills it; makes the folder.

    Raises:
        OutputError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"the folder '{folder}' cannot be written: {_reason(error)}; choose another") from error


def _refused(path: Path, error: OSError) -> OutputError:
    return OutputError(f"'{path}' cannot be written: {_reason(error)}; choose another place")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
