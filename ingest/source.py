"""One recording as messages: `Opened`, a `Frame` for every sampled picture, `Closed`; used by `stage`."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from typing import Literal, NamedTuple

import av

from common.errors import SourceError
from common.messages import Closed, Frame, Gray, Message, Mode, Opened, Spine, recipe_of
from ingest.discover import VideoFile
from ingest.identity import epoch_id, fingerprint, ingest_recipe
from ingest.pacing import MediaClock, Pacer, Sampler
from ingest.planes import PlaneReader, size_of
from ingest.recording import Picture, Recording
from ingest.settings import IngestSettings

Reason = Literal["end", "truncated", "time_jump", "interrupted", "read_error"]


class Placement(NamedTuple):
    """Where a recording stands among others.

    Attributes:
        follows_ms: where the start is unknown or set by `settings.start`, start here instead, Unix milliseconds.
        shift_ms: any other start is later by so many milliseconds.
        mode: whether it is read as a file, or replayed as a camera.
    """

    follows_ms: int | None = None
    shift_ms: int = 0
    mode: Mode = "file"


class FileSource:
    """Reads one recording, once.

    Event time starts at, in this order: `settings.start`; the container's creation time; with
    `settings.use_modified_time`, the file's modification time less its duration; else 1970-01-01. Its error is
    given as half a nominal frame: a timestamp says when a frame was due, not when within it the light fell. How
    wrong the recorder's own clock was cannot be seen in a file.

    Args:
        file: the recording.
        settings: how to sample and date it.
        arrived: gives the present time, Unix milliseconds.
        stop: once set, reading ends with `Closed(reason="interrupted")`.
        placement: where it stands among others.

    Attributes:
        duration_s: stated duration in seconds; None before `open`, or if the file does not say.
        start_ms: event time of the first frame, Unix milliseconds; known after `open`.
        dated: whether the file's own creation or modification time gave the start; known after `open`.
        end_ms: event time at which the last frame read so far ends, sampled or not, Unix milliseconds.
        decoded: pictures read so far, sampled or not.
    """

    def __init__(
        self,
        file: VideoFile,
        settings: IngestSettings,
        arrived: Callable[[], int],
        stop: threading.Event,
        placement: Placement | None = None,
    ) -> None:
        self.duration_s: float | None = None
        self.start_ms = self.end_ms = self.decoded = 0
        self.dated = False
        self._file = file
        self._settings = settings
        self._arrived = arrived
        self._stop = stop
        self._placement = placement or Placement()
        self._planes = PlaneReader()
        self._recording: Recording | None = None
        self._pictures: Iterator[Picture] = iter(())
        self._content = ""
        # The epoch that is open.
        self._opening = -1
        self._epoch = ""
        self._seq = 0
        self._time_ms = 0
        self._damaged_before = self._unreadable = 0

    def open(self) -> None:
        """Open the file and decode its first picture; called by `messages` if not called before.

        Raises:
            SourceError: the file cannot be used; one sentence says why.
        """
        if self._recording is not None:
            return
        recording = Recording(self._file.path, self._settings.threads)
        try:
            self._prepare(recording)
        except OSError as error:
            recording.close()
            raise SourceError(f"'{self._file.path}' cannot be read ({error.strerror}); copy it again") from error
        except BaseException:
            recording.close()
            raise
        self._recording = recording

    def _prepare(self, recording: Recording) -> None:
        path = self._file.path
        self._content = fingerprint(path)
        pictures = recording.pictures()
        first = next(pictures, None)
        if first is None:
            raise SourceError(f"no picture in '{path}' can be decoded; copy or record it again")
        if min(size_of(first.frame)) < 2:
            raise SourceError(f"the pictures in '{path}' are smaller than 2 x 2 pixels; name another file")
        self._pictures = chain([first], pictures)
        self.duration_s = recording.duration_s
        self.start_ms = self.end_ms = self._start(recording)

    def close(self) -> None:
        """Release the file; called by `messages` at its end, whatever happened."""
        if self._recording is not None:
            self._recording.close()

    def messages(self) -> Iterator[Message]:
        """Read the recording to its end.

        Raises:
            SourceError: the file cannot be used; raised before any message.
        """
        self.open()
        try:
            if self._recording is not None:
                yield from self._read(self._recording)
        finally:
            self.close()

    def _read(self, recording: Recording) -> Iterator[Message]:
        clock = MediaClock(self.start_ms, recording.frame_ms)
        sampler, pacer = Sampler(self._settings.rate), Pacer(self._settings.speed)
        damaged = clamped = 0
        for picture, following in pairwise(chain(self._pictures, [None])):
            if picture is None or self._stop.is_set():
                break
            self.decoded += 1
            step = clock.step(picture.stamp_ms, following.stamp_ms if following else None)
            self.end_ms = clock.end_ms
            if step.jumped:
                yield self._closed("time_jump", damaged, clamped)
                sampler, pacer = Sampler(self._settings.rate), Pacer(self._settings.speed)
            if step.jumped or self._opening < 0:
                yield self._opened(picture.frame, step.time_ms)
            damaged, clamped = picture.damaged_so_far, clock.clamped
            if sampler.take(step.time_ms):
                if self._settings.speed:
                    self._stop.wait(pacer.wait_s(step.time_ms, time.monotonic()))
                yield self._frame(picture, step.time_ms, recording.frame_ms / 2)
        reason: Reason = "interrupted" if self._stop.is_set() else recording.ended
        if self._opening >= 0:
            yield self._closed(reason, recording.damaged, clock.clamped)

    def _opened(self, frame: av.VideoFrame, time_ms: int) -> Opened:
        self._opening += 1
        self._epoch = epoch_id(self._file.camera, self._content, self.start_ms, self._opening)
        self._seq, self._time_ms = 0, time_ms
        width, height = size_of(frame)
        return Opened(
            camera=self._file.camera,
            epoch=self._epoch,
            time_ms=time_ms,
            mode=self._placement.mode,
            rate=self._settings.rate,
            width=width,
            height=height,
            source=str(self._file.path),
            recipe=recipe_of(ingest_recipe(self._settings)),
        )

    def _frame(self, picture: Picture, time_ms: int, error_ms: float) -> Frame:
        width, height = size_of(picture.frame)
        planes: Gray | None = None
        if not picture.damaged:
            try:
                planes = self._planes.read(picture.frame)
            except (av.FFmpegError, ValueError):
                self._unreadable += 1
        spine = Spine(
            camera=self._file.camera,
            epoch=self._epoch,
            seq=self._seq,
            time_ms=time_ms,
            clock="file",
            clock_error_ms=round(error_ms, 3),
            arrived_ms=self._arrived(),
            mode=self._placement.mode,
        )
        self._seq += 1
        self._time_ms = time_ms
        return Frame(spine, width, height, planes, None if planes is not None else "damaged")

    def _closed(self, reason: Reason, damaged: int, clamped: int) -> Closed:
        damaged += self._unreadable
        before, self._damaged_before = self._damaged_before, damaged
        return Closed(
            camera=self._file.camera,
            epoch=self._epoch,
            time_ms=self._time_ms,
            last_seq=self._seq - 1,
            reason=reason,
            damaged=damaged - before,
            clamped=clamped,
        )

    def _start(self, recording: Recording) -> int:
        given = self._settings.start_ms
        known = given if given is not None else recording.created_ms
        if known is None and self._settings.use_modified_time:
            written_ms = self._file.path.stat().st_mtime_ns // 1_000_000
            known = max(0, written_ms - round((recording.duration_s or 0) * 1000))
        self.dated = given is None and known is not None
        follows_ms, shift_ms, _ = self._placement
        if not self.dated and follows_ms is not None:
            return follows_ms
        return (known or 0) + shift_ms
