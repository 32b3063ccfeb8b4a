"""The owner's side of a reader process: starts it, hears it, asks it for pictures, ends it; used by `fleet`."""

import multiprocessing
import os
import socket
import struct
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

from ingest.live import records
from ingest.live.reader import read

# Readers are forked from one small process that has loaded FFmpeg already: each costs some milliseconds and megabytes.
_START = multiprocessing.get_context("forkserver")
_START.set_forkserver_preload(["__main__", "ingest.live.reader"])

_PATIENCE_S = 2
"""How long a reader may take for a picture that it has begun to send, and to end once it was left, seconds."""


class Heard(NamedTuple):
    """A record, and the planes that came with it."""

    record: records.Record
    planes: bytes | None = None


class ReaderProcess:
    """One reader.

    Args:
        order: what it is to open.

    Attributes:
        line: readable whenever there is something to hear.
    """

    def __init__(self, order: records.Order) -> None:
        self.line: Connection
        self.line, theirs = _START.Pipe()
        self._process = _START.Process(target=read, args=(order, theirs), name="reader", daemon=True)
        self._process.start()
        theirs.close()
        # A reader that is stopped in the middle of a picture must not stop whoever hears the others too.
        with socket.socket(fileno=os.dup(self.line.fileno())) as end:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", _PATIENCE_S, 0))
        self._left_s: float | None = None

    def hear(self) -> Heard | None:
        """Take the next record; waits for it.

        Returns:
            None once the process has gone, or has stopped in the middle of what it sends.
        """
        try:
            record = records.decode(self.line.recv_bytes())
            if isinstance(record, records.Handed) and record.planes:
                return Heard(record, self.line.recv_bytes())
        except (EOFError, OSError):
            return None
        return Heard(record)

    def ask(self) -> None:
        """Ask for the newest picture."""
        with suppress(OSError):  # a reader that has gone is noticed where it is heard
            self.line.send_bytes(records.TAKE)

    def leave(self, now_s: float) -> None:
        """Hang up; the reader says goodbye to its camera and ends."""
        self.line.close()
        self._left_s = now_s

    def kill(self) -> None:
        """End the process at once, whatever it waits for."""
        self._process.kill()
        self.leave(0.0)

    def has_ended(self, now_s: float) -> bool:
        """Whether the process that was left has ended; one that does not end by itself is killed."""
        if self._left_s is not None and now_s - self._left_s > _PATIENCE_S:
            self._process.kill()
        self._process.join(0)
        if self._process.exitcode is None:
            return False
        self._process.close()
        return True

    def finish(self, now_s: float) -> None:
        """Wait for the end of a process that was left; one that takes too long is killed."""
        self._process.join(max((self._left_s or now_s) + _PATIENCE_S - now_s, 0))
        self._process.kill()
        self._process.join()
        self._process.close()
