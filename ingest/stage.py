"""The ingest stage for recordings: all files, one after another; started by `run` and by the ingest worker."""

import threading
from collections.abc import Callable, Iterator, Sequence

from common.messages import Message
from ingest.discover import VideoFile
from ingest.settings import IngestSettings
from ingest.source import FileSource, Placement


def check(files: Sequence[VideoFile], settings: IngestSettings) -> list[float | None]:
    """Open every file, decode its first picture, and close it again, before anything is published.

    Returns:
        The stated duration of each file in seconds; None where the file does not say.

    Raises:
        SourceError: the first file that cannot be used; one sentence says why.
    """
    durations = []
    for file in files:
        source = FileSource(file, settings, lambda: 0, threading.Event())
        source.open()
        source.close()
        durations.append(source.duration_s)
    return durations


def ingest(
    files: Sequence[VideoFile], settings: IngestSettings, arrived: Callable[[], int], stop: threading.Event
) -> Iterator[Message]:
    """Read all files, one after another.

    A file that knows when it was made stands there. Files of one camera that do not know, or whose start is set by
    `settings.start`, are laid end to end in their order: the first begins at that start (else 1970-01-01), each
    next one where the one before ends, rounded up to a whole second. Their epochs therefore depend on which files
    come before them.

    Args:
        files: the recordings.
        settings: how to sample and date them.
        arrived: gives the present time, Unix milliseconds.
        stop: once set, the open epoch is closed as interrupted, and no other is opened.

    Raises:
        SourceError: a file cannot be used; the files before it have been read.
    """
    ends_ms: dict[str, int] = {}
    for file in files:
        if stop.is_set():
            return
        source = FileSource(file, settings, arrived, stop, Placement(ends_ms.get(file.camera)))
        yield from source.messages()
        if not source.dated:
            ends_ms[file.camera] = -(-source.end_ms // 1000) * 1000
