"""The reader's side of its line: what it tells its owner, and the newest picture; used by `reader` and `replay`."""

import os
import threading
import time
from multiprocessing.connection import Connection

import av

from common.messages import Gray
from ingest.live import records
from ingest.planes import PlaneReader

LEAVE_S = 1.0
"""How long a reader whose owner hung up may take to say goodbye to its camera, seconds."""


class Desk:
    """The reader's side of the line: tells records, and hands the newest picture over when it is asked for.

    Args:
        line: to the owner.

    Attributes:
        closing: set once the owner has hung up.
    """

    def __init__(self, line: Connection) -> None:
        self.closing = threading.Event()
        self._line = line
        self._planes = PlaneReader()
        self._newest: tuple[int, av.VideoFrame | Gray] | None = None
        self._asked = self._handing = False
        self._changed = threading.Condition()
        self._telling = threading.Lock()

    def start(self) -> None:
        """Begin to serve the owner."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        threading.Thread(target=self._hand_over, name="hand-over", daemon=True).start()

    def tell(self, record: records.Record, planes: memoryview | None = None) -> None:
        """Send a record; if the owner has gone, only note it."""
        try:
            with self._telling:
                self._line.send_bytes(records.encode(record))
                if planes is not None:
                    self._line.send_bytes(planes)
        except OSError:
            self.closing.set()

    def show(self, record: records.Sampled, picture: av.VideoFrame | Gray | None) -> None:
        """Announce a picture and put it on the desk, in place of the one before.

        Whoever asks once he has heard of it gets this one: neither the one before, nor one that he has not heard of.

        Args:
            record: announces it.
            picture: as decoded, or its I420 planes; None if it is damaged.
        """
        with self._changed:
            self._newest = None
        self.tell(record)
        if picture is not None:
            with self._changed:
                self._newest = record.number, picture
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until the picture on the desk was handed over, or the owner has hung up."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._newest or self._handing) or self.closing.is_set())

    def _listen(self) -> None:
        try:
            while self._line.recv_bytes() == records.TAKE:
                with self._changed:
                    self._asked = True
                    self._changed.notify_all()
        except (EOFError, OSError):
            pass
        with self._changed:
            self.closing.set()
            self._changed.notify_all()
        time.sleep(LEAVE_S)
        os._exit(0)

    def _hand_over(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked and self._newest is not None)
                assert self._newest is not None  # noqa: S101  # it was waited for
                (number, picture), self._newest, self._asked = self._newest, None, False
                self._handing = True
            try:
                planes = self._planes.read(picture) if isinstance(picture, av.VideoFrame) else picture
            except (av.FFmpegError, ValueError):
                self.tell(records.Handed(number, 0))
            else:
                self.tell(records.Handed(number, planes.nbytes), planes.data.cast("B"))
            with self._changed:
                self._handing = False
                self._changed.notify_all()
