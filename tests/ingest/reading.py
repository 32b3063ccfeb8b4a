"""Reads a recording as a test wants it: everything at once, sorted by kind."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.messages import Closed, Frame, Message, Opened
from ingest.discover import VideoFile
from ingest.settings import IngestSettings
from ingest.source import FileSource

ARRIVED_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Reading:
    """All messages of one reading, by kind."""

    messages: Sequence[Message]

    @property
    def opened(self) -> list[Opened]:
        return [message for message in self.messages if isinstance(message, Opened)]

    @property
    def frames(self) -> list[Frame]:
        return [message for message in self.messages if isinstance(message, Frame)]

    @property
    def closed(self) -> list[Closed]:
        return [message for message in self.messages if isinstance(message, Closed)]

    @property
    def times(self) -> list[int]:
        return [frame.spine.time_ms for frame in self.frames]

    @property
    def digest(self) -> str:
        digest = hashlib.sha256()
        for message in self.messages:
            planes = message.planes if isinstance(message, Frame) else None
            rest = (message.spine, message.dropped) if isinstance(message, Frame) else message
            digest.update(repr(rest).encode() + (b"" if planes is None else planes.tobytes()))
        return digest.hexdigest()


def read(path: Path, **settings: Any) -> Reading:
    """Read one file as camera `lobby`; every frame unless a rate is given."""
    source = FileSource(
        VideoFile(path, "lobby"),
        IngestSettings(**{"rate": 0} | settings),
        lambda: ARRIVED_MS,
        threading.Event(),
    )
    return Reading(list(source.messages()))
