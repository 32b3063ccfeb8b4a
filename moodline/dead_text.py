"""Dead letters as text for people and programs: their names, and what is in them; used by `moodline dead`.

What is in a dead letter may be anything; nothing of it reaches a terminal that could steer it, and no password does.
"""

import re
from datetime import UTC, datetime
from typing import Any

from common.bus.base import Place
from common.dead import DeadLetter
from common.errors import UsageError
from common.logs import redact
from common.messages import Spine
from common.wire_checks import WireError
from common.wire_headers import Envelope
from common.wire_headers import read as read_headers

HEAD_BYTES = 32
SHOWN = 600
"""Characters of a header that are shown."""

_NAME = re.compile(r"(?:([0-9]{1,9})/)?([0-9]{1,18})", re.ASCII)


def place_of(name: str) -> Place:
    """Read the name of a letter: its offset, or `PARTITION/OFFSET`.

    Raises:
        UsageError: it is no such name.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise UsageError(f"'{name}' names no dead letter; write its number, or PARTITION/OFFSET")
    return Place(int(found[1] or 0), int(found[2]))


def name_of(letter: DeadLetter) -> str:
    """Give the name by which a letter is shown and replayed."""
    place = letter.place or Place(0, -1)
    return f"{place.partition}/{place.offset}" if place.partition else str(place.offset)


def camera_of(letter: DeadLetter) -> str:
    """Give the camera of a letter: its key; empty without one."""
    return printable((letter.key or b"").decode(errors="replace"))


def frame_of(letter: DeadLetter) -> str:
    """Give the frame of a letter as `camera/epoch/seq`, as far as its headers tell."""
    told = _envelope_of(letter)
    if told is None or told.spine is None:
        return camera_of(letter)
    spine = told.spine
    return f"{spine.camera}/{spine.epoch}" + (f"/{spine.seq}" if isinstance(spine, Spine) else "")


def kind_of(letter: DeadLetter) -> str:
    """Give the kind of message that a letter was; `unknown` if its headers do not tell."""
    told = _envelope_of(letter)
    return "unknown" if told is None else told.kind


def _envelope_of(letter: DeadLetter) -> Envelope | None:
    try:
        return read_headers(letter.headers)
    except WireError:
        return None


def summary(letter: DeadLetter) -> dict[str, Any]:
    """Give what a letter says, without its value, ready for JSON."""
    return {
        "id": name_of(letter),
        "frame": frame_of(letter),
        "camera": camera_of(letter),
        "stage": printable(letter.stage),
        "reason": printable(letter.reason),
        "dead_ms": letter.dead_ms,
        "topic": printable(letter.topic),
        "partition": letter.partition,
        "offset": letter.offset,
        "size": letter.size,
        "whole": letter.whole,
    }


def details(letter: DeadLetter) -> dict[str, Any]:
    """Give a letter's summary, its headers as text, and the kind and begin of its value."""
    return {
        **summary(letter),
        "kind": kind_of(letter),
        "headers": {printable(name): _shown(held) for name, held in letter.headers},
        "headers_left_out": letter.headers_left_out,
        "kept": len(letter.value),
        "head": letter.value[:HEAD_BYTES].hex(" "),
    }


def died_at(letter: DeadLetter) -> str:
    """Give the time of a letter for people; empty if it has none that can be written."""
    try:
        return (
            datetime.fromtimestamp(letter.dead_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ") if letter.dead_ms else ""
        )
    except (OverflowError, ValueError, OSError):
        return ""


def printable(text: str) -> str:
    """Make text of unknown origin safe to print: no control characters, no passwords."""
    return redact("".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text))


def _shown(held: bytes) -> str:
    try:
        text = printable(held.decode())
    except UnicodeDecodeError:
        text = held.hex(" ")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
