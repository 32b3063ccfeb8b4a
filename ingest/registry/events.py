"""What happened to each live camera, for people; written by the worker that holds it, read by `moodline cameras`."""

from collections.abc import Mapping
from typing import Any

import redis
from msgspec import Struct

from common.logs import redact
from common.reaching import reaching

KEPT = 1000
"""About how many events are kept of each camera."""

KEPT_S = 30 * 86_400
"""How long they are kept after the last one, seconds: a camera that was removed leaves nothing for ever."""

_TIME, _KIND = "time_ms", "kind"


class Event(Struct, frozen=True):
    """Something that happened to a camera.

    Attributes:
        time_ms: when, Unix milliseconds by the clock of the worker.
        kind: what, as the name of the state that it came into.
        fields: more about it, as `reason`.
    """

    time_ms: int
    kind: str
    fields: dict[str, str]


class EventLog:
    """The events of all cameras: a stream for each.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
    """

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def _key(self, camera: str) -> str:
        return f"{self._prefix}:{{{camera}}}:events"

    def add(self, camera: str, time_ms: int, kind: str, fields: Mapping[str, str]) -> None:
        """Append an event; passwords in its fields are hidden.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        entry: Any = {name: redact(text) for name, text in fields.items()} | {_TIME: time_ms, _KIND: kind}
        with reaching(self._client), self._client.pipeline() as pipe:
            pipe.xadd(self._key(camera), entry, maxlen=KEPT, approximate=True)
            pipe.expire(self._key(camera), KEPT_S)
            pipe.execute()

    def read(self, camera: str, count: int) -> list[Event]:
        """Read the last `count` events of a camera, the newest last.

        Raises:
            StoreError: Redis is away or refuses.
        """
        with reaching(self._client):
            found: Any = self._client.xrevrange(self._key(camera), count=count)
        return [_event(entry) for _, entry in reversed(found)]


def _event(entry: Mapping[bytes, bytes]) -> Event:
    fields = {name.decode(): text.decode() for name, text in entry.items()}
    return Event(int(fields.pop(_TIME)), fields.pop(_KIND), fields)
