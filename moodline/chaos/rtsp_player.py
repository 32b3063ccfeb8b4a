"""Plays a clip in an endless loop and in real time into GStreamer; one for each stream of a camera; by `rtsp_camera`.

Needs the system's Python with GStreamer and the standard library only.
"""

import heapq
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gi.repository import Gst

from moodline.chaos.rtsp_clip import Clip
from moodline.chaos.rtsp_clock import MediaTime

_LATE_S = 1.0
"""What is later than this is left out, so that a machine that slept does not send a burst."""


@dataclass
class Output:
    """One stream of one GStreamer media.

    Attributes:
        source: its `appsrc`.
        sending: whether it is let through to clients; before that it needs one picture, to be described.
        began: whether it had its first key unit.
        first: timestamp of that one picture, nanoseconds.
    """

    source: Any
    sending: bool = False
    began: bool = False
    first: int | None = None


class Player:
    """One stream of a camera; for any thread, as those of GStreamer and of the commands use it too.

    Args:
        clip: what it plays.

    Attributes:
        pushed: units handed to GStreamer so far, once for each output.
        stalled: whether it sends nothing more; see `stall`.
        silent: whether it sends no sender reports either.
    """

    def __init__(self, clip: Clip) -> None:
        self._lock = threading.RLock()
        self._time = MediaTime(time.monotonic())
        self.pushed = 0
        self.stalled = self.silent = False
        self._outputs: list[Output] = []
        self._clip, self._rate = clip, clip.rate
        self._next, self._loop_s = 0, time.monotonic()
        self.play(clip)

    @property
    def clip(self) -> Clip:
        """What it plays."""
        return self._clip

    def play(self, clip: Clip) -> None:
        """Play another clip from its beginning, as the next unit."""
        with self._lock:
            due_s, speed = self._due_s(), self._rate / self._clip.rate
            self._clip = clip
            self._buffers = [Gst.Buffer.new_wrapped(unit.data) for unit in clip.units]
            self._set_rate(clip.rate * speed, due_s)

    def set_rate(self, real: float) -> None:
        """Send so many units a second, timed as if it were the clip's own rate."""
        with self._lock:
            self._set_rate(real, self._due_s())

    def _set_rate(self, real: float, due_s: float) -> None:
        self._rate = real
        self._time.run(real / self._clip.rate, time.monotonic())
        self._begin(due_s)

    def _begin(self, due_s: float) -> None:
        """Send the clip from its beginning, at a time for which the next unit was planned anyway."""
        self._next, self._loop_s = 0, due_s - self._clip.lag / self._rate

    def jump(self, by_s: float) -> None:
        """Let the timestamps leap by so many seconds."""
        with self._lock:
            self._time.jump(by_s)

    def media_s(self, now_s: float) -> float:
        """Give the time that its timestamps count, seconds."""
        with self._lock:
            return self._time.at(now_s)

    def stall(self, *, reports: bool = False) -> None:
        """Send nothing more, or sender reports only; streams can still be opened."""
        with self._lock:
            self.stalled, self.silent = True, not reports

    def go_on(self) -> None:
        """Send again after a stall, beginning with a key unit."""
        with self._lock:
            if self.stalled:
                self._begin(self._due_s())
            self.stalled = self.silent = False

    def open(self, source: Any) -> Output:
        """Feed one more `appsrc`: first the one picture that describes the stream."""
        with self._lock:
            self._begin_if_alone()
            output = Output(source)
            self._outputs.append(output)
            return output

    def let_through(self, output: Output) -> None:
        """Clients may have what goes out here: from now on it gets everything, beginning with a key unit."""
        with self._lock:
            if not output.sending:
                self._begin_if_alone()
                output.sending, output.began = True, False

    def _begin_if_alone(self) -> None:
        if not any(output.sending for output in self._outputs):
            self._begin(self._due_s())

    def close(self, output: Output) -> None:
        """Forget an output; one that is forgotten already is fine."""
        with self._lock:
            self._outputs = [one for one in self._outputs if one is not output]

    def close_all(self) -> None:
        """Forget all outputs, before their streams are to carry something else."""
        with self._lock:
            self._outputs = []

    def push(self, now_s: float) -> float:
        """Send what is due.

        Returns:
            When there is more to do, monotonic seconds.
        """
        with self._lock:
            while (due_s := self._due_s()) <= now_s:
                if now_s - due_s < _LATE_S:
                    self._send(self._next)
                self._next += 1
                if self._next == len(self._clip.units):
                    self._next = 0
                    self._loop_s += len(self._clip.units) / self._rate
            return due_s

    def _due_s(self) -> float:
        return self._loop_s + (self._next + self._clip.lag) / self._rate

    def _send(self, number: int) -> None:
        unit = self._clip.units[number]
        captured_s = self._loop_s + unit.place / self._rate
        for output in self._outputs:
            waits = output.began if not output.sending else self.stalled
            if waits or not (output.began or unit.key):
                continue
            buffer = self._buffers[number].copy()
            buffer.pts = round(self._time.at(captured_s) * Gst.SECOND)
            output.first = buffer.pts if output.first is None else output.first
            output.began = True
            output.source.emit("push-buffer", buffer)
            self.pushed += 1


def push_for_ever(players: Iterable[Player]) -> None:
    """Send everything of all players at its time; never returns."""
    due = [(0.0, number, player) for number, player in enumerate(players)]
    while due:
        due_s, number, player = due[0]
        time.sleep(max(due_s - time.monotonic(), 0.0))
        heapq.heapreplace(due, (player.push(time.monotonic()), number, player))
