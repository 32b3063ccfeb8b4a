"""An opened live stream: its decoded pictures with their stamps and the camera's clock; used by `reader`.

Whoever reads it may wait for long inside of FFmpeg; therefore it lives in a process that can be killed.
"""

import struct
import time
from collections import OrderedDict
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, NamedTuple, Self
from urllib.parse import urlsplit

import av
from av.container import InputContainer
from av.stream import Discard
from av.video.stream import VideoStream

from ingest.live.lag import Skip
from ingest.live.records import Order
from ingest.registry.address import DEVICE, kind_of

PROTOCOLS = "rtsp,rtsps,rtp,udp,tcp,tls,crypto,http,https,httpproxy,hls"
"""What FFmpeg may follow from an address; never `file`, which a playlist from elsewhere could name."""

_UNTIMED = frozenset({"mpjpeg", "mjpeg", "jpeg_pipe", "h264", "hevc"})
"""Formats that carry no timestamps; FFmpeg makes some up, as if every camera sent 25 pictures a second."""
_PLAYLIST = ".m3u8"
_PRODUCER_TIME: Literal["prft"] = "prft"
_CLOCKS_KEPT = 128
_FASTEST = 240
"""No camera sends more pictures a second; of JPEG over RTP, FFmpeg takes the unit of timestamps for their rate."""
_PROBE_US = 1_500_000
_MICROSECONDS = 1_000_000


class NoVideo(Exception):  # noqa: N818  # a finding about the stream that ends the connection
    """The stream holds no video."""


class Silent(Exception):  # noqa: N818  # the same
    """What was connected to said nothing in time."""


class Shot(NamedTuple):
    """One decoded picture.

    Attributes:
        frame: the decoder's frame.
        stamp_ms: its timestamp on the stream's own scale, milliseconds; None if it has none.
        camera_ms: the camera's clock for it, Unix milliseconds; None before the camera said so.
        damaged: whether the decoder had to repair it.
    """

    frame: av.VideoFrame
    stamp_ms: float | None
    camera_ms: float | None
    damaged: bool


class Capture:
    """One connection; use it as a context.

    Args:
        order: what to open, and how.

    Raises:
        FFmpegError, OSError: it cannot be opened.
        NoVideo: it holds no video that can be decoded.
        Silent: nothing came in time.

    Attributes:
        frame_ms: nominal duration of a frame, milliseconds; 0 where the stream does not say.
        codec: FFmpeg's name of the codec.
        timed: whether its pictures have timestamps.
        bursts: whether they come a segment at a time.
        refused: packets that the decoder refused so far.
    """

    def __init__(self, order: Order) -> None:
        self.refused = 0
        self._camera_ms: OrderedDict[int, float] = OrderedDict()
        self._container = _open(order)
        try:
            self._stream = _video(self._container)
            # Threads may only be set before the first packet; frame threads would hold pictures back.
            self._stream.thread_count = order.threads
            self._stream.thread_type = "SLICE" if order.threads > 1 else "NONE"
            rate = self._stream.average_rate or self._stream.guessed_rate
            self.frame_ms = 1000 / float(rate) if rate and rate <= _FASTEST else 0.0
            self.codec = self._stream.codec_context.name
            self.timed = self._container.format.name not in _UNTIMED
            self.bursts = self._container.format.name == "hls"
            if not self.timed:
                self.frame_ms = 0.0
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as coded, pixels; 0 where the stream does not say."""
        return self._stream.codec_context.width, self._stream.codec_context.height

    def skip(self, which: Skip) -> None:
        """Choose which frames are not decoded."""
        names: dict[Skip, Literal["DEFAULT", "NONREF", "NONKEY"]]
        names = {"default": "DEFAULT", "nonref": "NONREF", "nonkey": "NONKEY"}
        self._stream.codec_context.skip_frame = names[which]

    def shots(self) -> Iterator[Shot]:
        """Decode until the stream ends.

        Raises:
            FFmpegError: the connection broke.
        """
        for packet in self._container.demux(self._stream):
            self._note_clock(packet)
            try:
                frames = self._stream.decode(packet)
            except av.FFmpegError:
                self.refused += 1
                continue
            for frame in frames:
                yield Shot(frame, self._stamp_ms(frame), self._clock_of(frame), frame.is_corrupt)

    def close(self) -> None:
        """Hang up; calling it again does nothing."""
        self._container.close()

    def _note_clock(self, packet: "av.Packet[VideoStream]") -> None:
        """Keep the wall clock that FFmpeg computes for a packet from the camera's sender reports."""
        if packet.pts is None or not packet.has_sidedata(_PRODUCER_TIME):
            return
        # AVProducerReferenceTime: int64 microseconds since 1970, int flags, in the machine's own order.
        (wall_us,) = struct.unpack_from("=q", bytes(packet.get_sidedata(_PRODUCER_TIME)))
        self._camera_ms[packet.pts] = wall_us / 1000
        if len(self._camera_ms) > _CLOCKS_KEPT:
            self._camera_ms.popitem(last=False)

    def _clock_of(self, frame: av.VideoFrame) -> float | None:
        return None if frame.pts is None else self._camera_ms.pop(frame.pts, None)

    def _stamp_ms(self, frame: av.VideoFrame) -> float | None:
        base = self._stream.time_base
        return float(frame.pts * base * 1000) if frame.pts is not None and base and self.timed else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open(order: Order) -> InputContainer:
    if kind_of(order.address) == "device":
        return av.open(order.address[len(DEVICE) + 1 :], "r", format="v4l2")
    options = {
        "timeout": str(round(order.timeout_s * _MICROSECONDS)),
        "protocol_whitelist": PROTOCOLS,
        "analyzeduration": str(_PROBE_US),
        # The clock learns the rate of frames by itself; waiting for an estimate costs more than a second.
        "fpsprobesize": "0",
    }
    if urlsplit(order.address).path.endswith(_PLAYLIST):
        # Of HLS: one segment is played while the next is made; FFmpeg would begin a segment earlier.
        options |= {"live_start_index": "-2"}
    if order.address.startswith(("rtsp:", "rtsps:")):
        # Sound would restart the timeout although no picture comes.
        options |= {"rtsp_transport": order.transport, "allowed_media_types": "video"}
    began_s = time.monotonic()
    try:
        return av.open(order.address, "r", options=options, metadata_errors="replace")
    except av.InvalidDataError:
        # Of RTSP, FFmpeg says the same of a camera that never answers and of one that talks nonsense.
        if time.monotonic() - began_s >= order.timeout_s:
            raise Silent from None
        raise


def _video(container: InputContainer) -> VideoStream:
    streams = [stream for stream in container.streams.video if stream.codec_context is not None]
    if not streams:
        raise NoVideo
    for other in container.streams:
        if other is not streams[0]:
            other.discard = Discard.all
    return streams[0]
