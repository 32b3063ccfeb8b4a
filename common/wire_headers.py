"""The header of a record: what it is and about which frame, readable when its value is not. Used by `common.wire`.

Each record has one header, `moodline`, since every further one costs time at both ends. It is a JSON object:

| field | content |
|---|---|
| `v` | version of the schema, `major.minor`; another major one is refused |
| `kind` | `opened`, `frame`, `faces`, `readings`, `closed` or `finished` |
| `spine` | the spine; of `opened` and `closed` camera and epoch; `finished` has none |
| `size` | `frame` only: width and height, pixels |
| `recipe` | `faces` and `readings` only |
| `dropped` | why the frame was not analysed, if it was not |

`kind`, `spine`, `size` and `recipe` keep their meaning in every version, so that of a record of another major version,
too, the place in its series is known. A dead letter that was given back has a second header, `replayed`, which is `1`.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from common.messages import Faces, Finished, Frame, Message, Opened, Readings, Spine
from common.wire_checks import FrameFacts, WireError, check_names, check_recipe, check_spine

HEADER = "moodline"
REPLAYED = "replayed"
VERSION = "1.1"
"""Version of the schema. A field that a reader may leave unread raises the minor number, all else the major one."""

Headers = Sequence[tuple[str, bytes | None]]
Kind = Literal["opened", "frame", "faces", "readings", "closed", "finished"]
Side = Annotated[int, Meta(ge=0, le=99_999)]

_SPINE = f"the spine in the header '{HEADER}'"
_MAJOR = VERSION.partition(".")[0]
_VERSION = re.compile(r"([0-9]{1,9})\.[0-9]{1,9}", re.ASCII)


class Opening(Struct, frozen=True):
    """The spine of a message about a whole epoch."""

    camera: str
    epoch: str


class Envelope(Struct, frozen=True, omit_defaults=True, tag_field="v", tag=VERSION):
    """What the header of a record says; see above."""

    kind: Kind
    spine: Spine | Opening | None = None
    size: tuple[int, int] | None = None
    recipe: str | None = None
    dropped: str | None = None


class _Told(Struct):
    """A header as it was found, its version unknown and its spine not yet read."""

    v: str
    kind: Kind
    spine: msgspec.Raw = msgspec.Raw()
    size: tuple[Side, Side] | None = None
    recipe: str | None = None
    dropped: str | None = None


class _Versioned(Struct):
    """What even a header of another version must have."""

    v: str


Kept = TypeVar("Kept")

_versions = msgspec.json.Decoder(_Versioned)
_headers = msgspec.json.Decoder(_Told)
_spines = msgspec.json.Decoder(Spine)
_openings = msgspec.json.Decoder(Opening)
_encode = msgspec.json.Encoder().encode


def envelope_of(message: Message) -> Envelope:
    """Give what the header of a message says."""
    if isinstance(message, Frame):
        return envelope_of_frame(message)
    if isinstance(message, Faces):
        return Envelope("faces", message.spine, None, message.recipe, message.dropped)
    if isinstance(message, Readings):
        return Envelope("readings", message.spine, None, message.recipe, message.dropped)
    if isinstance(message, Finished):
        return Envelope("finished")
    return Envelope("opened" if isinstance(message, Opened) else "closed", Opening(message.camera, message.epoch))


def envelope_of_frame(frame: FrameFacts) -> Envelope:
    """Give what the header of a frame says, whatever holds it."""
    return Envelope("frame", frame.spine, (frame.width, frame.height), None, frame.dropped)


def write(envelope: Envelope) -> list[tuple[str, bytes]]:
    """Give the headers of a record."""
    return [(HEADER, _encode(envelope))]


def read(headers: Headers) -> Envelope:
    """Read the header of a record, whatever its version; of one that stands twice the last counts.

    Raises:
        WireError: it is missing, or not as documented.
    """
    told = _decoded(_headers, _text(headers))
    if told.kind == "finished":
        return Envelope(told.kind)
    if not told.spine:
        raise WireError(f"the header '{HEADER}' has no spine")
    if told.kind in {"opened", "closed"}:
        opening = _decoded(_openings, told.spine, _SPINE)
        check_names(opening.camera, opening.epoch)
        return Envelope(told.kind, opening)
    spine = _decoded(_spines, told.spine, _SPINE)
    check_spine(spine)
    if told.kind == "frame":
        if told.size is None:
            raise WireError(f"the header '{HEADER}' has no size of the frame")
        return Envelope(told.kind, spine, told.size, None, told.dropped)
    if told.recipe is None:
        raise WireError(f"the header '{HEADER}' has no recipe")
    check_recipe(told.recipe)
    return Envelope(told.kind, spine, None, told.recipe, told.dropped)


def read_own(headers: Headers) -> Envelope:
    """Read the header of a record whose version can be read here.

    Raises:
        WireError: it has another major version, or `read` raises.
    """
    version = _decoded(_versions, _text(headers)).v
    found = _VERSION.fullmatch(version)
    if found is None:
        raise WireError(f"the header '{HEADER}' has {version!r:.80} for a version, which is none")
    if found[1] != _MAJOR:
        raise WireError(
            f"the record has schema version {version}, only {_MAJOR}.x can be read here;"
            " bring all workers to the same version"
        )
    return read(headers)


def match(headers: Headers, held: Envelope) -> None:
    """Check that the header of a record is of a version that can be read here, and says the same as the body.

    Args:
        headers: the record's headers.
        held: what its body says.

    Raises:
        WireError: it is not so.
    """
    if len(headers) == 1 and headers[0] == (HEADER, _encode(held)):
        return  # what would be written here, byte by byte; to find that out is quicker than to read it
    told = read_own(headers)
    if told.kind != held.kind:
        raise WireError(f"the body is not a message of kind '{told.kind}', it is one of kind '{held.kind}'")
    for name in ("spine", "size", "recipe", "dropped"):
        if getattr(told, name) != getattr(held, name):
            raise WireError(f"the {name} in the header '{HEADER}' is another than that in the body")


def closes(headers: Headers) -> bool:
    """Whether a record is a `Finished`, and sound."""
    try:
        return read(headers).kind == "finished"
    except WireError:
        return False


def without_content(told: Envelope) -> Message | None:
    """Give the message that goes on when a record's body cannot be used; None for one that is not about a frame."""
    if not isinstance(told.spine, Spine):
        return None
    if told.size is not None:
        return Frame(told.spine, *told.size, None, "dead_letter")
    made = Faces if told.kind == "faces" else Readings
    return made(told.spine, (), told.recipe or "", "dead_letter")


def _text(headers: Headers) -> bytes:
    text = dict(headers).get(HEADER)
    if text is None:
        raise WireError(f"the record has no header '{HEADER}', so it was not written by Moodline")
    return text


def _decoded(decoder: "msgspec.json.Decoder[Kept]", text: Any, what: str = f"the header '{HEADER}'") -> Kept:
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(f"{what} is not as documented: {error}") from error
