"""Recordings played as if they were a camera: at their own pace, a multiple of it, or as fast as they are taken.

They take the same way as a camera's pictures, but keep their own event time and the ids of a recording. Used by
`reader`, and by `moodline run` to look at them first.
"""

import time
from collections.abc import Iterator
from itertools import count
from threading import Event

from common.messages import Closed, Frame, Message, Mode, Opened
from ingest.discover import VideoFile, find_sources
from ingest.live import records
from ingest.live.desk import Desk
from ingest.settings import IngestSettings
from ingest.source import FileSource, Placement

MODE: Mode = "replay"


def play(order: records.Order, desk: Desk) -> None:
    """Play a recording, or a folder of them, to its end, or until the owner hangs up.

    Args:
        order: what to play, and how.
        desk: to the owner.

    Raises:
        SourceError: there is no recording, or it cannot be used.
    """
    assert order.playing is not None  # noqa: S101  # the reader looked
    settings = _settings(rate=order.rate, speed=order.playing.speed, threads=order.threads)
    files = find_sources([order.address], order.playing.camera)
    desk.tell(records.Connected("recording", 0, 0, 0.0))
    numbers, told_s = count(), float("-inf")
    for message, decoded in _laps(files, settings, desk, order.playing.loop):
        if isinstance(message, Frame):
            _show(message, next(numbers), desk)
            if (now_s := time.monotonic()) - told_s >= records.PROGRESS_S:
                told_s = now_s
                # Damaged pictures stand in the ends of the recording's own epochs.
                desk.tell(records.Progress(decoded, 0, 0.0, "default"))
            if settings.speed == 0:
                desk.wait()
        elif isinstance(message, Opened | Closed):
            desk.tell(records.Passed(message))
        if desk.closing.is_set():
            return


def check_playable(path: str, camera: str) -> None:
    """Refuse recordings that could not be played.

    Args:
        path: a recording, or a folder of them.
        camera: the camera's name.

    Raises:
        SourceError: there is no recording, or it cannot be used.
    """
    for file in find_sources([path], camera):
        source = FileSource(file, _settings(), _now_ms, Event())
        source.open()
        source.close()


def _settings(**asked: float) -> IngestSettings:
    """Give how to play; what the environment says of recordings that are read as files does not hold here."""
    defaults = {name: field.default for name, field in IngestSettings.model_fields.items()}
    return IngestSettings.model_construct(**{**defaults, **asked})


def _laps(files: list[VideoFile], settings: IngestSettings, desk: Desk, loop: bool) -> Iterator[tuple[Message, int]]:
    """Read all files, again and again if asked for; each lap lies behind the one before.

    Yields:
        Each message, and how many pictures were decoded so far, sampled or not.
    """
    shift_ms = before = 0
    for _ in count():
        first_ms: int | None = None
        end_ms: int | None = None
        for file in files:
            source = FileSource(file, settings, _now_ms, desk.closing, Placement(end_ms, shift_ms, MODE))
            source.open()
            first_ms = source.start_ms if first_ms is None else first_ms
            for message in source.messages():
                yield message, before + source.decoded
            before += source.decoded
            end_ms = -(-source.end_ms // 1000) * 1000
        if not loop or first_ms is None or end_ms is None:
            return
        shift_ms += max(end_ms - first_ms, 1000)


def _show(frame: Frame, number: int, desk: Desk) -> None:
    record = records.Sampled(
        number=number,
        stamp_ms=None,
        camera_ms=None,
        arrived_s=time.monotonic(),
        wall_ms=frame.spine.arrived_ms,
        width=frame.width,
        height=frame.height,
        damaged=frame.planes is None,
        sight="clear",
        spine=frame.spine,
    )
    desk.show(record, frame.planes)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
