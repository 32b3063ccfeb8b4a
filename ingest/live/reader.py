"""The reader: one connection to one camera, in a process of its own that can be killed; started by `connection`.

Its main thread decodes, as whoever falls behind a live stream never catches up; a second thread hands pictures over.
The process ends with its connection, so that whatever FFmpeg held of it is gone too, or once its owner hangs up.
"""

import os
import signal
import time
from multiprocessing.connection import Connection

from ingest.live import records
from ingest.live.capture import Capture, Shot
from ingest.live.desk import Desk
from ingest.live.evenly import Evenly
from ingest.live.failures import PLAYED, Behind, failure_of
from ingest.live.lag import DecodeLag
from ingest.live.replay import play
from ingest.live.sight import SightJudge
from ingest.pacing import MediaClock, Sampler
from ingest.planes import luma_of, size_of

_LOOK_S = 0.15
_FRAME_MS = 40.0


def read(order: records.Order, line: Connection) -> None:
    """Be a reader until the connection is over.

    Args:
        order: what to open.
        line: to the owner.
    """
    # Ctrl-C reaches every process of a terminal; the owner decides when readers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    desk = Desk(line)
    desk.start()
    opened = False
    try:
        if order.playing is not None:
            play(order, desk)
            failure = PLAYED
        else:
            with Capture(order) as stream:
                opened = True
                desk.tell(records.Connected(stream.codec, *stream.size, stream.frame_ms))
                _Reading(stream, order, desk).run()
            failure = failure_of(None)
    except Exception as error:  # noqa: BLE001  # every end is told to the owner, who decides what it means
        failure = failure_of(error, opened=opened)
    desk.tell(records.Ended(failure))
    line.close()
    # FFmpeg's and the interpreter's own tidying up may hang; there is nothing left to lose.
    os._exit(0)


class _Reading:
    """Decodes one stream: samples it, looks at what it shows, and keeps up with it."""

    def __init__(self, stream: Capture, order: records.Order, desk: Desk) -> None:
        self._stream = stream
        self._desk = desk
        self._media = MediaClock(0, stream.frame_ms or _FRAME_MS)
        self._sampler = Sampler(order.rate)
        self._judge = SightJudge()
        self._sight = self._judge.sight
        self._lag = DecodeLag()
        self._evenly = Evenly() if stream.bursts else None
        self._number = self._decoded = self._damaged = 0
        self._told_s = self._looked_s = 0.0

    def run(self) -> None:
        """Decode until the stream ends or the owner hangs up."""
        for shot in self._stream.shots():
            if self._evenly is not None and shot.stamp_ms is not None:
                self._desk.closing.wait(self._evenly.wait_s(shot.stamp_ms, time.monotonic()))
            if self._desk.closing.is_set():
                return
            self._take(shot, time.monotonic(), time.time_ns() // 1_000_000)

    def _take(self, shot: Shot, now_s: float, wall_ms: int) -> None:
        self._decoded += 1
        self._damaged += shot.damaged
        before = self._lag.skip
        self._lag.update(shot.stamp_ms, now_s)
        if self._lag.reopen:
            raise Behind
        if self._lag.skip != before:
            self._stream.skip(self._lag.skip)
        if now_s - self._told_s >= records.PROGRESS_S:
            self._told_s = now_s
            damaged = self._damaged + self._stream.refused
            self._desk.tell(records.Progress(self._decoded, damaged, self._lag.behind_s, self._lag.skip))
        stamp_ms = shot.stamp_ms if self._stream.timed else 1000 * now_s
        if self._sampler.take(self._media.step(stamp_ms).time_ms):
            self._sample(shot, now_s, wall_ms)

    def _sample(self, shot: Shot, now_s: float, wall_ms: int) -> None:
        if not shot.damaged and now_s - self._looked_s >= _LOOK_S:
            self._looked_s = now_s
            self._sight = self._judge.update(luma_of(shot.frame), now_s)
        size = size_of(shot.frame)
        damaged = shot.damaged or min(size) < 2  # two pixels share one colour
        record = records.Sampled(
            self._number, shot.stamp_ms, shot.camera_ms, now_s, wall_ms, *size, damaged, self._sight
        )
        self._number += 1
        self._desk.show(record, None if damaged else shot.frame)
