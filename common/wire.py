"""How a message travels between machines: as value and headers of a record, and back. Used by `common.bus.kafka`.

The value is the message in MessagePack. Fields that a reader does not know are passed over and fields with a default
may be missing, so that neighbouring minor versions work side by side. An array is
`[height, width, bytes, codec, crc32]` with its own height and width. A frame's planes stand under `picture`, as they
are (`raw`) or compressed (`jpeg`); crops are always `raw`. The header is described in `common.wire_headers`.

What is handed on was checked, whoever wrote it. Its arrays may be views into the record, which cannot be written to.
"""

import zlib
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from common import jpeg, wire_headers
from common.messages import Closed, Dropped, Faces, Finished, Frame, Gray, Message, Opened, Readings, Spine
from common.wire_checks import WireError, check, check_frame, check_sides
from common.wire_headers import Headers

__all__ = ["FrameCodec", "Packed", "WireError", "decode", "dropped", "encode", "is_replayed"]

FrameCodec = Literal["jpeg", "raw"]
"""How the planes of a frame travel: compressed, a tenth of the size and slightly changed, or as they are."""


class Packed(NamedTuple):
    """A message as a record.

    Attributes:
        value: the record's value.
        headers: its headers, all that `common.wire_headers` names for its kind.
    """

    value: bytes
    headers: list[tuple[str, bytes]]


class _Pixels(Struct, frozen=True, array_like=True):
    """An array of uint8; a JPEG has a checksum, since a few bytes missing at its end escape the decoder."""

    height: int
    width: int
    data: memoryview
    codec: FrameCodec = "raw"
    crc32: int | None = None


class _FrameBody(Struct, frozen=True, tag="frame"):
    """A `Frame`, its planes still packed, so that they are unpacked only after everything else was checked."""

    spine: Spine
    width: int
    height: int
    picture: _Pixels | None = None
    dropped: Dropped | None = None


_Body = _FrameBody | Faces | Readings | Opened | Closed | Finished


def encode(message: Message, codec: FrameCodec = "jpeg") -> Packed:
    """Make a record of a message.

    Args:
        message: the message.
        codec: how the planes of a frame travel.
    """
    body: _Body
    if isinstance(message, Frame):
        picture = None if message.planes is None else _packed(message.planes, codec)
        body = _FrameBody(message.spine, message.width, message.height, picture, message.dropped)
    else:
        body = message
    return Packed(_encoder.encode(body), wire_headers.write(wire_headers.envelope_of(message)))


def decode(value: bytes, headers: Headers) -> Message:
    """Read a record.

    Args:
        value: the record's value.
        headers: its headers.

    Raises:
        WireError: it is not a message, or not a sound one.
    """
    body = _body(value, headers)
    message: Message
    if isinstance(body, _FrameBody):
        wire_headers.match(headers, wire_headers.envelope_of_frame(body))
        check_frame(body)
        planes = None if body.picture is None else _planes(body, body.picture)
        message = Frame(body.spine, body.width, body.height, planes, body.dropped)
    else:
        message = body
        wire_headers.match(headers, wire_headers.envelope_of(message))
        check(message)
    return _given_back(message) if len(headers) > 1 and is_replayed(headers) else message


def dropped(headers: Headers) -> Message | None:
    """Give what goes on of a record that cannot be used: its message without content, dropped as `dead_letter`.

    The version does not matter, see `common.wire_headers`.

    Args:
        headers: the record's headers.

    Returns:
        A frame, faces or readings; None for a message of another kind, or if the headers cannot be used either.
    """
    try:
        return wire_headers.without_content(wire_headers.read(headers))
    except WireError:
        return None


def is_replayed(headers: Headers) -> bool:
    """Whether a record was a dead letter and was given back."""
    return dict(headers).get(wire_headers.REPLAYED) == b"1"


def _given_back(message: Message) -> Message:
    """Mark a message that was a dead letter, so that it goes beside its series and not into it."""
    if isinstance(message, Faces | Readings):
        return replace(message, replayed=True)
    raise WireError("only faces and readings can be given back; to analyse a frame again, run its recording again")


def _body(value: bytes, headers: Headers) -> _Body:
    try:
        body: _Body = _decoder.decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        # What the header says is the better reason, if it is of another version or not sound itself.
        kind = wire_headers.read_own(headers).kind
        raise WireError(f"the body is not a message of kind '{kind}': {error}") from error
    return body


def _packed(pixels: Gray, codec: FrameCodec) -> _Pixels:
    height, width = pixels.shape
    if codec == "raw":
        return _Pixels(height, width, pixels.data if pixels.flags.c_contiguous else np.ascontiguousarray(pixels).data)
    data = jpeg.encode(pixels)
    return _Pixels(height, width, memoryview(data), codec, zlib.crc32(data))


def _planes(frame: _FrameBody, picture: _Pixels) -> Gray:
    if frame.dropped is not None:
        raise WireError(f"the frame was dropped ({frame.dropped}), yet it has a picture")
    check_sides(frame.width, frame.height)
    if picture.height != frame.height * 3 // 2 or picture.width != frame.width:
        stated, needed = (picture.height, picture.width), (frame.height * 3 // 2, frame.width)
        raise WireError(f"the planes have the shape {stated}, a frame of {frame.width} x {frame.height} needs {needed}")
    if picture.codec == "raw":
        return _array(picture)
    if zlib.crc32(picture.data) != picture.crc32:
        raise WireError("the picture is damaged: its checksum is another")
    try:
        return jpeg.decode(picture.data, frame.width, frame.height)
    except jpeg.JpegError as error:
        raise WireError(f"the picture {error}") from error


def _array(pixels: _Pixels) -> Gray:
    """View raw pixels as an array."""
    height, width, data = pixels.height, pixels.width, pixels.data
    if pixels.codec != "raw" or height < 1 or width < 1:
        raise WireError(f"an array of {height} x {width}, {pixels.codec}, is refused")
    if len(data) != height * width:
        raise WireError(f"an array of {height} x {width} has {len(data)} values")
    return np.ndarray((height, width), np.uint8, data)


def _pack_crop(value: Any) -> _Pixels:
    if isinstance(value, np.ndarray):
        return _packed(value, "raw")
    raise NotImplementedError(f"{type(value)} is no part of a message")


def _unpack_crop(_: type, held: Any) -> Gray:
    return _array(msgspec.convert(held, _Pixels))


_encoder = msgspec.msgpack.Encoder(enc_hook=_pack_crop)
_decoder: msgspec.msgpack.Decoder[_Body] = msgspec.msgpack.Decoder(_Body, dec_hook=_unpack_crop)
