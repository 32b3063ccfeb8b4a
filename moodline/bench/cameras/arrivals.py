"""Sees every frame of live cameras come into the store, and when; used by `measuring`."""

import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, NamedTuple, Self

import redis

from common.messages import Status
from sink.codec import FRAME_FIELD, unpack_frame
from sink.keys import CameraKeys

_BLOCK_MS = 200


class Arrival(NamedTuple):
    """A frame that has come into the store.

    Attributes:
        camera: its camera.
        time_ms: its event time, Unix milliseconds.
        seen_ms: when it could be read, Unix milliseconds.
        dropped: why it was not analysed; None if it was.
        statuses: how each of its faces was read, or why it was not.
    """

    camera: str
    time_ms: int
    seen_ms: float
    dropped: str | None
    statuses: tuple[Status, ...] = ()

    @property
    def latency_ms(self) -> float:
        """From event time to the store, milliseconds."""
        return self.seen_ms - self.time_ms

    @property
    def in_time(self) -> bool:
        """Whether it was analysed, and none of its faces was too old to be read by then."""
        return self.dropped is None and "expired" not in self.statuses


class Arrivals:
    """Reads the `readings` streams as any program would, with `XREAD`; use it as a context.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        cameras: their names.

    Attributes:
        seen: all frames so far, in the order in which they came.
    """

    def __init__(self, client: redis.Redis, prefix: str, cameras: Iterable[str]) -> None:
        self.seen: list[Arrival] = []
        self._client = client
        self._streams = {CameraKeys(prefix, name).readings("", live=True).encode(): name for name in cameras}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="arrivals", daemon=True)

    @property
    def working(self) -> bool:
        """Whether it still reads; it has failed if not."""
        return self._thread.is_alive()

    def _work(self) -> None:
        last: dict[Any, Any] = dict.fromkeys(self._streams, b"0")
        while not self._ending.is_set():
            found: Any = self._client.xread(last, block=_BLOCK_MS)
            now_ms = time.time() * 1000
            for stream, entries in found or ():
                camera = self._streams[stream]
                for identity, fields in entries:
                    frame = unpack_frame(camera, identity, fields[FRAME_FIELD])
                    statuses = tuple(face.status for face in frame.faces)
                    self.seen.append(Arrival(camera, frame.time_ms, now_ms, frame.dropped, statuses))
                last[stream] = entries[-1][0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
