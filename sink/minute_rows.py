"""The hash of one minute: the sums of each of its epochs, and the summary made from all; used by store and reader.

Fields: `epoch:<epoch>`, JSON of `sink.minutes.Partial`, and one field for every attribute of `sink.records.Minute`:
numbers as text, mappings as JSON; a share that does not exist is left out.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from redis.client import Pipeline

from sink.keys import CameraKeys
from sink.minutes import Partial, combine

_EPOCH = b"epoch:"
_decode = msgspec.json.Decoder(Partial).decode


def partials_of(fields: Any, without: str = "") -> dict[str, Partial]:
    """Give the sums in a minute's hash, by epoch.

    Args:
        fields: the hash, bytes to bytes, as the client returns it.
        without: an epoch whose sums are left out.
    """
    own = _EPOCH + without.encode()
    return {
        name.removeprefix(_EPOCH).decode(): _decode(value)
        for name, value in fields.items()
        if name.startswith(_EPOCH) and name != own
    }


def queue_minute(pipe: Pipeline, keys: CameraKeys, time_ms: int, partials: Mapping[str, Partial]) -> None:
    """Write a minute anew from all its sums, or delete it when there are none."""
    key = keys.minute(time_ms)
    pipe.delete(key)
    if not partials:
        pipe.zrem(keys.minutes, time_ms)
        return
    fields: dict[Any, Any] = {f"epoch:{epoch}": msgspec.json.encode(partials[epoch]) for epoch in sorted(partials)}
    summary = msgspec.structs.asdict(combine(time_ms, partials.values()))
    fields.update({name: msgspec.json.encode(value) for name, value in summary.items() if value is not None})
    pipe.hset(key, mapping=fields)
    pipe.zadd(keys.minutes, {str(time_ms): time_ms})
