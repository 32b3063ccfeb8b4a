"""The curve of a run for TensorBoard, where its package is installed (the extra `tensorboard`); used by `train`."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from common.errors import OutputError

log = logging.getLogger(__name__)

FOLDER = "tensorboard"

Note = Callable[[dict[str, Any]], None]
"""Takes the line of one epoch, as it stands in the curve."""


@contextmanager
def opened(out: Path, start: int) -> Iterator[Note]:
    """Open event files below the folder of a run; without TensorBoard, one word in the log and no files.

    Args:
        out: folder of the run.
        start: epoch that the run goes on with; what an interrupted attempt wrote from there on is not shown.

    Raises:
        OutputError: they cannot be written.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  # an extra, and slow to import
    except ImportError:
        log.info("no curve for TensorBoard, which is not installed; the extra 'tensorboard' of this package brings it")
        yield lambda _: None
        return
    try:
        with closing(SummaryWriter(str(out / FOLDER), purge_step=start or None)) as writer:

            def note(line: dict[str, Any]) -> None:
                for name in ("loss", "fer2013", "ferplus", "seconds"):
                    writer.add_scalar(name, line[name], line["epoch"])
                writer.flush()

            yield note
    except OSError as error:
        raise OutputError(f"the event files in '{out / FOLDER}' cannot be written: {error.strerror}") from error
