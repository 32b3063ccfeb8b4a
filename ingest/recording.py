"""An opened video file: its facts, and its decoded pictures with what is damaged among them; used by `source`."""

import logging
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from common.errors import SourceError
from ingest.settings import unix_ms

log = logging.getLogger(__name__)

MISSING_S = 0.5
"""A file is truncated if it lacks more than this (seconds), and two frames, of the time or frames that it states."""

_DEFAULT_RATE = 25.0
_ISO_BOXES = frozenset({b"ftyp", b"mdat", b"free", b"wide", b"skip", b"moov"})


@dataclass(frozen=True)
class Picture:
    """One decoded picture.

    Attributes:
        frame: the decoder's frame.
        stamp_ms: its timestamp on the file's own scale, milliseconds; None if it has none.
        damaged: whether the decoder had to repair it.
        damaged_so_far: the recording's `damaged`, up to this picture.
    """

    frame: av.VideoFrame
    stamp_ms: float | None
    damaged: bool
    damaged_so_far: int


class Recording:
    """One open container and its video stream; use it as a context, or call `close`.

    Args:
        path: the file.
        threads: decoder threads.

    Raises:
        SourceError: there is nothing to decode; one sentence says why.

    Attributes:
        frame_ms: nominal duration of a frame, milliseconds.
        duration_s: the video's stated duration, seconds; None if the file does not say.
        created_ms: the container's creation time, Unix milliseconds; None if it has none.
        damaged: packets that the decoder refused and pictures that it had to repair, so far.
        ended: how reading ended.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self.path = path
        self.damaged = 0
        self.ended: Literal["end", "truncated", "read_error"] = "end"
        self._container = open_container(path)
        try:
            self._stream = _video_stream(self._container, path)
            # Threads may only be set before the first packet.
            self._stream.thread_count = threads
            self._stream.thread_type = "AUTO" if threads > 1 else "NONE"
            self.frame_ms = _frame_ms(self._stream)
            self.duration_s = _duration_s(self._container, self._stream)
            self.created_ms = _created_ms(self._container, self._stream)
        except BaseException:
            self.close()
            raise
        self._sent = self._given = self._refused = 0
        self._data_end_s = -math.inf

    def pictures(self) -> Iterator[Picture]:
        """Decode the file once, to its end."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except IndexError:
                # Damage in a transport stream can look like a new stream, which PyAV's reader does not survive.
                packets = self._container.demux(self._stream)
                continue
            except av.FFmpegError as error:
                log.warning("reading '%s' failed: %s", self.path, error.strerror)
                self.ended = "read_error"
                yield from self._decode(None)
                break
            if packet is None:
                break
            yield from self._decode(packet)
        if self._stream.codec_context.name == "hevc":
            # This decoder drops what it cannot repair without a word; every packet of its streams is one picture.
            self.damaged += max(0, self._sent - self._given - self._refused)
        if self.ended == "end" and self._falls_short():
            self.ended = "truncated"

    def _decode(self, packet: "av.Packet[VideoStream] | None") -> Iterator[Picture]:
        if packet is not None and packet.size:
            self._sent += 1
            if packet.pts is not None and self._stream.time_base:
                end = (packet.pts + (packet.duration or 0)) * self._stream.time_base
                self._data_end_s = max(self._data_end_s, float(end))
        try:
            frames = self._stream.decode(packet)
        except av.FFmpegError as error:
            log.debug("a packet of '%s' cannot be decoded: %s", self.path, error.strerror)
            self.damaged += 1
            self._refused += 1
            return
        self._given += len(frames)
        for frame in frames:
            damaged = frame.is_corrupt
            self.damaged += damaged
            yield Picture(frame, self._stamp_ms(frame), damaged, self.damaged)

    def _stamp_ms(self, frame: av.VideoFrame) -> float | None:
        # AVI numbers its frames in decoding order only; what FFmpeg makes of it swaps neighbours of B-frames.
        stamp = frame.dts if self._container.format.name == "avi" else frame.pts
        base = self._stream.time_base
        return float(stamp * base * 1000) if stamp is not None and base else None

    def _falls_short(self) -> bool:
        # For AVI, FFmpeg shortens the duration to what the bytes suggest, but not the number of frames.
        missing_s = (self._stream.frames - self._sent) * self.frame_ms / 1000 if self._stream.frames else 0.0
        if self.duration_s is not None and self._stream.time_base and not math.isinf(self._data_end_s):
            start_s = float((self._stream.start_time or 0) * self._stream.time_base)
            missing_s = max(missing_s, start_s + self.duration_s - self._data_end_s)
        return missing_s > max(MISSING_S, 2 * self.frame_ms / 1000)

    def close(self) -> None:
        """Release the file and the decoder; calling it again does nothing."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_container(path: Path) -> InputContainer:
    """Open a file's container; nothing but this file is ever read, whatever it refers to.

    Raises:
        SourceError: it cannot be opened; one sentence says why.
    """
    try:
        if path.is_dir():
            raise SourceError(f"'{path}' is a folder, not a video file; name a file in it")
        with path.open("rb") as file:
            head = file.read(12)
        if not path.is_file():
            raise SourceError(f"'{path}' is not a regular file; name a video file")
        if not head:
            raise SourceError(f"'{path}' is empty (0 bytes); copy or record it again")
        # The prefix keeps FFmpeg from taking a colon in a name for a protocol.
        return av.open(f"file:{path}", "r", options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except FileNotFoundError:
        raise SourceError(f"'{path}' does not exist; check the name") from None
    except PermissionError:
        raise SourceError(f"'{path}' may not be read; give yourself permission to read it") from None
    except (av.FFmpegError, OSError) as error:
        if isinstance(error, av.InvalidDataError) and head[4:8] in _ISO_BOXES and not _has_index(path):
            raise SourceError(
                f"'{path}' has no index (moov): its recording was not finished; repair it with a recovery tool"
            ) from error
        raise SourceError(f"'{path}' cannot be read as video ({error.strerror}); name a video file") from error


def _has_index(path: Path) -> bool:
    """Whether an MP4 or MOV file has its `moov` box; walks the outermost boxes only."""
    size = path.stat().st_size
    with path.open("rb") as file:
        place = 0
        while place + 8 <= size:
            file.seek(place)
            head = file.read(16)
            if head[4:8] == b"moov":
                return True
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:
                return False
            place += length
    return False


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        raise SourceError(f"'{path}' holds no video (sound or text only?); name a file with a video track")
    stream = max(streams, key=lambda each: bool(each.disposition & Disposition.default))
    if stream.codec_context is None:
        raise SourceError(f"no decoder is known for the video in '{path}'; convert it to H.264 first")
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    return stream


def _frame_ms(stream: VideoStream) -> float:
    rate = stream.average_rate or stream.guessed_rate
    return 1000 / float(rate) if rate else 1000 / _DEFAULT_RATE


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    # Matroska and WebM keep each stream's duration in a tag.
    if tag := re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = tag.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    # The container's own covers sound too, which may rightly last longer.
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def _created_ms(container: InputContainer, stream: VideoStream) -> int | None:
    text = container.metadata.get("creation_time") or stream.metadata.get("creation_time")
    with suppress(ValueError):
        # 0 is what a recorder writes whose clock was never set.
        return (unix_ms(text) or None) if text else None
    return None
