"""What a reader process and its owner tell each other over their line; used by `reader`, `connection` and `camera`.

The reader announces every sampled picture with a small record and keeps only the newest picture. Its owner asks for it
(`TAKE`) once somebody can work on it, and gets a `Handed`, followed by the bytes of the planes. So no picture is copied
between processes that nobody looks at, and the one that is handed over is never older than the sampling.
"""

from typing import Literal

from msgspec import Struct, msgpack

from common.messages import Closed, Opened, Spine
from ingest.live.states import Failure, Sight

TAKE = b"take"
"""What the owner sends to get the newest picture; closing the line asks the reader to end."""


class Playing(Struct, frozen=True):
    """How a recording is played as if it were a camera.

    Attributes:
        camera: the camera's name, which its epochs depend on.
        speed: seconds of event time in a second; 0 plays as fast as its pictures are taken, and drops none.
        loop: whether it begins again at its end, each time later by its length.
    """

    camera: str
    speed: float = 1.0
    loop: bool = False


class Order(Struct, frozen=True):
    """What a reader is to open.

    Attributes:
        address: the address with its secrets; never logged.
        rate: sampled frames a second of the stream's own time; 0 takes every frame.
        transport: `tcp` or `udp`, for RTSP.
        timeout_s: how long FFmpeg waits for an answer or a packet, seconds.
        threads: decoder threads.
        playing: how to play it, if the address is the path of recordings.
    """

    address: str
    rate: float
    transport: Literal["tcp", "udp"] = "tcp"
    timeout_s: float = 10.0
    threads: int = 1
    playing: Playing | None = None


class Connected(Struct, frozen=True, tag="connected"):
    """The stream is open and holds video.

    Attributes:
        codec: FFmpeg's name of it.
        width: pixels as coded; 0 where the stream does not say before its first picture.
        height: the same.
        frame_ms: nominal duration of a frame, milliseconds; 0 where the stream does not say.
    """

    codec: str
    width: int
    height: int
    frame_ms: float


class Sampled(Struct, frozen=True, tag="sampled"):
    """A picture was sampled.

    Attributes:
        number: 0, 1, 2 … within the connection.
        stamp_ms: its timestamp on the stream's own scale, milliseconds; None if it has none.
        camera_ms: the camera's clock when it was taken, Unix milliseconds; None where the camera does not say.
        arrived_s: the host's monotonic clock once it was decoded, seconds.
        wall_ms: the host's wall clock at that moment, Unix milliseconds.
        width: pixels, even, upright.
        height: the same.
        damaged: whether the decoder had to repair it, or cannot give it in a known format.
        sight: what the camera shows.
        spine: which frame it is, if that is known already: of a recording.
    """

    number: int
    stamp_ms: float | None
    camera_ms: float | None
    arrived_s: float
    wall_ms: int
    width: int
    height: int
    damaged: bool
    sight: Sight
    spine: Spine | None = None


PROGRESS_S = 0.5
"""How often `Progress` is told, seconds, while there is anything."""


class Progress(Struct, frozen=True, tag="progress"):
    """What was decoded so far, told every `PROGRESS_S`.

    Attributes:
        decoded: pictures, sampled or not.
        damaged: pictures that the decoder refused or repaired.
        behind_s: how far decoding is behind the stream, seconds.
        skipping: which frames are not decoded for that reason: `default` (none), `nonref` or `nonkey`.
    """

    decoded: int
    damaged: int
    behind_s: float
    skipping: str


class Passed(Struct, frozen=True, tag="passed"):
    """The begin or end of an epoch of a recording, to go onto the bus as it is."""

    message: Opened | Closed


class Handed(Struct, frozen=True, tag="handed"):
    """The picture that was asked for; its planes follow as bytes of their own, unless it is None.

    Attributes:
        number: the sampled picture's.
        planes: bytes that follow; 0 if the picture could not be converted.
    """

    number: int
    planes: int


class Ended(Struct, frozen=True, tag="ended"):
    """The connection is over, or could not be made; the reader process ends."""

    failure: Failure


Record = Connected | Sampled | Progress | Passed | Handed | Ended

encode = msgpack.Encoder().encode
decode = msgpack.Decoder(Record).decode
