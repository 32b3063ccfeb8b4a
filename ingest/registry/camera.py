"""One live camera as it was registered; used by the registry, the workers and `moodline cameras`."""

from math import isfinite
from typing import Literal

import msgspec
from msgspec import Struct

from common.errors import SourceError, UsageError
from common.messages import SLUG
from ingest.discover import slug
from ingest.registry import address

Transport = Literal["tcp", "udp"]

_LARGEST = 1000
"""Largest rate and speed, as in the settings of ingest."""


class Camera(Struct, frozen=True, kw_only=True):
    """A camera and how it is to be read; as JSON in Redis, where unknown fields are passed over.

    Attributes:
        name: lower-case letters, digits, `-` and `_`, at most 64.
        source: its address as it was given, with references where its secrets belong; see `address`.
        transport: how RTSP brings the pictures; None means the setting of live cameras.
        rate: sampled frames a second of event time; 0 means every frame, None the setting of ingest.
        paused: whether it is left alone until it is resumed.
        speed: of a recording only: seconds of it in a second; 0 never waits.
        loop: of a recording only: whether it begins again at its end.
        added_ms: when it was added, Unix milliseconds.
        serial: the registry's serial of its last change; higher after each.
        retry: raised by each resume: whoever waits to try the camera again then tries at once.
    """

    name: str
    source: str
    transport: Transport | None = None
    rate: float | None = None
    paused: bool = False
    speed: float = 1.0
    loop: bool = False
    added_ms: int = 0
    serial: int = 0
    retry: int = 0


encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Camera).decode


def decode(text: bytes) -> Camera:
    """Read a camera from its JSON.

    Raises:
        ValueError: it is none.
    """
    return _decode(text)


def check(camera: Camera) -> None:
    """Refuse a camera that could never be read, or whose address holds a password.

    Raises:
        UsageError: its name or an option is not allowed.
        SourceError: its address is not usable.
    """
    check_name(camera.name)
    if address.has_plain_secret(camera.source):
        raise SourceError(
            f"the address of camera '{camera.name}' holds a password; set a variable to it where the workers run and "
            "write ${NAME} in its place, or ${file:/run/secrets/NAME} (and %40 for an '@' of the path)"
        )
    address.check(camera.source)
    _check_options(camera)


def check_name(name: str) -> None:
    """Refuse a name that no camera may have, and suggest one.

    Raises:
        UsageError: it is not allowed.
    """
    if not SLUG.fullmatch(name):
        raise UsageError(
            f"camera name {name[:100]!r} is not allowed: use up to 64 lower-case letters, digits, '-' and '_', "
            f"as in '{slug(name)}'"
        )


def _check_options(camera: Camera) -> None:
    for option, value in (("rate", camera.rate), ("speed", camera.speed)):
        if value is not None and not (isfinite(value) and 0 <= value <= _LARGEST):
            raise UsageError(f"the {option} of camera '{camera.name}' must lie between 0 and {_LARGEST}")
    kind = address.kind_of(camera.source)
    if kind in {"url", "device"} and (camera.loop or camera.speed != 1):
        raise UsageError(f"speed and loop are for recordings, and '{camera.name}' is a camera; leave them out")
    if kind in {"file", "device"} and camera.transport is not None:
        raise UsageError(f"transport is for addresses with rtsp://, and that of '{camera.name}' is none; leave it out")
