"""Dead letters: records that could not be decoded or processed, kept whole with their place and reason.

The Kafka bus packs and writes them, `moodline dead` reads them and gives them back to their topics. One is a record of
the dead-letter topic: its value is the original value, its key the original key, and everything else is in headers:

| header | content |
|---|---|
| `topic`, `partition`, `offset` | the place of the original; offset -1 if it never stood there |
| `reason` | one sentence, without passwords |
| `stage` | the stage that could not use it |
| `dead_ms` | when, Unix milliseconds |
| `size` | bytes of the original value, of which at most `VALUE_BYTES` are kept |
| `headers_left_out` | how many of the original's headers are not kept; absent if all are |
| `orig.…` | the original's headers, at most `HEADER_BYTES` of them |
"""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from common.bus.base import Place
from common.logs import redact

VALUE_BYTES = 2**20
"""The most of a value that is kept: enough for every record that one of our own stages writes."""
HEADER_BYTES = 64 * 1024
"""The most of the original's headers, names and values, that is kept; ours take a fraction of it."""
REASON_LENGTH = 400

_ORIGINAL = "orig."
_LEFT_OUT = "headers_left_out"
_WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_FOREIGN = "not written by Moodline: this record has no headers of a dead letter"

Headers = Sequence[tuple[str, bytes]]


class DeadLetter(Struct, frozen=True, kw_only=True):
    """One record that could not be used.

    Attributes:
        topic: whole name of the topic that it stood on; empty if a stranger wrote this record.
        partition: its partition there.
        offset: its offset there; -1 if it was never written there.
        key: its key: the camera's name.
        reason: why it could not be used, one sentence without passwords.
        stage: the stage that could not use it.
        dead_ms: when, Unix milliseconds.
        size: bytes of the original value.
        headers: the original's headers.
        value: the original value, or its first `VALUE_BYTES`.
        headers_left_out: how many of the original's headers are not kept.
        place: where the dead letter itself stands; None before it is written.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    reason: str
    stage: str
    dead_ms: int
    size: int
    headers: Headers
    value: bytes
    headers_left_out: int = 0
    place: Place | None = None

    @property
    def whole(self) -> bool:
        """Whether all of the original is kept, so that it can be given back."""
        return len(self.value) == self.size and not self.headers_left_out

    def header(self, name: str) -> bytes | None:
        """Give one of the original's headers, the last of that name; None without it."""
        return next((value for key, value in reversed(self.headers) if key == name), None)


def pack(letter: DeadLetter) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Make the value and the headers of a dead letter's record; what is too big is cut, and the record says so."""
    kept = _fitting(letter.headers)
    left_out = letter.headers_left_out + len(letter.headers) - len(kept)
    own = {
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "reason": one_sentence(letter.reason),
        "stage": letter.stage,
        "dead_ms": letter.dead_ms,
        "size": letter.size,
    }
    if left_out:
        own[_LEFT_OUT] = left_out
    headers = [(name, str(value).encode()) for name, value in own.items()]
    headers += [(f"{_ORIGINAL}{name}", value) for name, value in kept]
    return letter.value[:VALUE_BYTES], headers


def unpack(
    value: bytes | None, headers: Iterable[tuple[str, bytes | None]], place: Place, key: bytes | None = None
) -> DeadLetter:
    """Read a dead letter's record; one that somebody else wrote becomes a letter without a topic, which says so.

    Args:
        value: the record's value.
        headers: the record's headers.
        place: where the record stands on the dead-letter topic.
        key: the record's key.
    """
    value, given = value or b"", [(name, held or b"") for name, held in headers]
    own = {name: held.decode(errors="replace") for name, held in given if not name.startswith(_ORIGINAL)}
    partition, offset, dead_ms, size = (_whole_number(own.get(n)) for n in ("partition", "offset", "dead_ms", "size"))
    ours = bool(own.get("topic")) and None not in {partition, offset, dead_ms, size}
    return DeadLetter(
        topic=own["topic"] if ours else "",
        partition=partition if ours and partition is not None else -1,
        offset=offset if ours and offset is not None else -1,
        key=key,
        reason=own.get("reason", "") if ours else _FOREIGN,
        stage=own.get("stage", ""),
        dead_ms=dead_ms if ours and dead_ms is not None else 0,
        size=size if ours and size is not None else len(value),
        headers=[(name.removeprefix(_ORIGINAL), held) for name, held in given if name.startswith(_ORIGINAL)],
        value=value,
        headers_left_out=_whole_number(own.get(_LEFT_OUT)) or 0,
        place=place,
    )


def one_sentence(reason: str) -> str:
    """Make a reason one line of at most `REASON_LENGTH` characters without passwords."""
    line = redact(" ".join(reason.split()))
    return line if len(line) <= REASON_LENGTH else f"{line[: REASON_LENGTH - 1]}…"


def _fitting(headers: Headers) -> Headers:
    """Give the headers that fit; a big one does not keep a small one behind it out."""
    kept, left = [], HEADER_BYTES
    for name, value in headers:
        size = len(name.encode()) + len(value)
        if size <= left:
            kept.append((name, value))
            left -= size
    return kept


def _whole_number(text: str | None) -> int | None:
    return int(text) if text is not None and _WHOLE.fullmatch(text) else None
