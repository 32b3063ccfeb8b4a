"""The headers of a record: what it is and about which frame, readable when its value is not. Used by `common.wire`.

| header | content |
|---|---|
| `v` | version of the schema, `major.minor`; another major one is refused |
| `kind` | `opened`, `frame`, `faces`, `readings`, `closed` or `finished` |
| `spine` | JSON of the spine; of `opened` and `closed` camera and epoch; `finished` has none |
| `size` | `frame` only: `WIDTHxHEIGHT`, pixels |
| `recipe` | `faces` and `readings` only |
| `dropped` | why the frame was not analysed, if it was not |
| `replayed` | `1` if a dead letter was given back |

`kind`, `spine`, `size` and `recipe` keep their meaning in every version, so that of a record of another major version,
too, the place in its series is known.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeVar, get_args

import msgspec
from msgspec import Struct

from common.messages import Closed, Faces, Finished, Frame, Message, Opened, Readings, Spine
from common.wire_checks import WireError, check_names, check_recipe, check_spine

VERSION = "1.0"
"""Version of the schema. A field or header that a reader may leave unread raises the minor number, all else the
major one."""

Headers = Sequence[tuple[str, bytes | None]]
Kind = Literal["opened", "frame", "faces", "readings", "closed", "finished"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_MAJOR = VERSION.partition(".")[0]
_VERSION = re.compile(rb"([0-9]{1,9})\.[0-9]{1,9}")
_SIZE = re.compile(rb"([0-9]{1,5})x([0-9]{1,5})")


class Opening(Struct, frozen=True):
    """The spine of a message about a whole epoch."""

    camera: str
    epoch: str


class Envelope(NamedTuple):
    """What the headers of a record say; see above."""

    kind: Kind
    spine: Spine | Opening | None = None
    size: tuple[int, int] | None = None
    recipe: str | None = None
    dropped: str | None = None


Kept = TypeVar("Kept")

_spine_decoder = msgspec.json.Decoder(Spine)
_opening_decoder = msgspec.json.Decoder(Opening)
_encode = msgspec.json.Encoder().encode


def envelope_of(message: Message) -> Envelope:
    """Give what the headers of a message say."""
    match message:
        case Frame():
            return Envelope("frame", message.spine, (message.width, message.height), None, message.dropped)
        case Faces():
            return Envelope("faces", message.spine, None, message.recipe, message.dropped)
        case Readings():
            return Envelope("readings", message.spine, None, message.recipe, message.dropped)
        case Opened():
            return Envelope("opened", Opening(message.camera, message.epoch))
        case Closed():
            return Envelope("closed", Opening(message.camera, message.epoch))
        case Finished():
            return Envelope("finished")


def write(envelope: Envelope) -> list[tuple[str, bytes]]:
    """Give the headers of a record."""
    headers = [("v", VERSION.encode()), ("kind", envelope.kind.encode())]
    if envelope.spine is not None:
        headers.append(("spine", _encode(envelope.spine)))
    if envelope.size is not None:
        headers.append(("size", "{}x{}".format(*envelope.size).encode()))
    if envelope.recipe is not None:
        headers.append(("recipe", envelope.recipe.encode()))
    if envelope.dropped is not None:
        headers.append(("dropped", envelope.dropped.encode()))
    return headers


def check_version(headers: Headers) -> None:
    """Check that a record's version is one that can be read here.

    Raises:
        WireError: it has none, or another major one.
    """
    version = dict(headers).get("v")
    if version is None:
        raise WireError("the record has no header 'v', so it was not written by Moodline")
    found = _VERSION.fullmatch(version)
    if found is None:
        raise WireError(f"the header 'v' is {version!r:.80}, which is no version")
    if found[1].decode() != _MAJOR:
        raise WireError(
            f"the record has schema version {version.decode()}, only {_MAJOR}.x can be read here;"
            " bring all workers to the same version"
        )


def read(headers: Headers) -> Envelope:
    """Read the headers of a record, whatever its version; of one that stands twice the last counts.

    Raises:
        WireError: one that must be there is missing, or one is not as documented.
    """
    held = dict(headers)
    named = held.get("kind")
    kind = next((one for one in KINDS if one.encode() == named), None)
    if kind is None:
        raise WireError(f"the header 'kind' is {named!r:.80}, which is no kind of message")
    if kind == "finished":
        return Envelope(kind)
    if kind in {"opened", "closed"}:
        return Envelope(kind, _opening(held.get("spine")))
    spine, reason = _spine(held.get("spine")), held.get("dropped")
    # A reason that only a newer version knows must not cost the frame its place.
    why = None if reason is None else reason.decode(errors="replace")
    if kind == "frame":
        return Envelope(kind, spine, _size(held.get("size")), None, why)
    return Envelope(kind, spine, None, _recipe(held.get("recipe")), why)


def compare(told: Envelope, held: Envelope) -> None:
    """Check that headers and body of a record say the same.

    Raises:
        WireError: they do not.
    """
    for name, one, other in zip(Envelope._fields, told, held, strict=True):
        if one != other:
            raise WireError(f"the header '{name}' says something else than the body")


def without_content(told: Envelope) -> Message | None:
    """Give the message that goes on when a record's body cannot be used; None for one that is not about a frame."""
    if not isinstance(told.spine, Spine):
        return None
    if told.size is not None:
        return Frame(told.spine, *told.size, None, "dead_letter")
    made = Faces if told.kind == "faces" else Readings
    return made(told.spine, (), told.recipe or "", "dead_letter")


def _spine(text: bytes | None) -> Spine:
    spine = _decoded(_spine_decoder, text)
    check_spine(spine)
    return spine


def _opening(text: bytes | None) -> Opening:
    opening = _decoded(_opening_decoder, text)
    check_names(opening.camera, opening.epoch)
    return opening


def _decoded(decoder: "msgspec.json.Decoder[Kept]", text: bytes | None) -> Kept:
    if text is None:
        raise WireError("the record has no header 'spine'")
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(f"the header 'spine' is not as documented: {error}") from error


def _size(text: bytes | None) -> tuple[int, int]:
    found = _SIZE.fullmatch(text or b"")
    if found is None:
        raise WireError(f"the header 'size' is {text!r:.80}, which is no size of a frame")
    return int(found[1]), int(found[2])


def _recipe(text: bytes | None) -> str:
    if text is None:
        raise WireError("the record has no header 'recipe'")
    try:
        recipe = text.decode()
    except UnicodeDecodeError as error:
        raise WireError("the header 'recipe' is not UTF-8") from error
    check_recipe(recipe)
    return recipe
