"""State that survives its worker, in Redis: one hash for each camera and stage; used by the workers."""

from collections.abc import Collection, Mapping
from typing import Any

import redis

from common.bus.base import Place
from common.reaching import reaching
from common.state import Saved

_SAVE = """
local standing = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if standing + 1 ~= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'bus', ARGV[2], 'partition', ARGV[3], 'offset', ARGV[4],
           'state', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[6])
return 1
"""


class RedisStateStore:
    """A `StateStore` in Redis.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        stage: name of the stage, part of every key.
        expire_s: seconds from its last save that a state is kept.
    """

    def __init__(self, client: redis.Redis, prefix: str, stage: str, expire_s: int) -> None:
        self._client = client
        self._prefix, self._stage = prefix, stage
        self._expire_s = expire_s
        self._save = client.register_script(_SAVE)

    def _key(self, camera: str) -> str:
        return f"{self._prefix}:{{{camera}}}:worker:{self._stage}"

    def load(self, camera: str) -> Saved | None:
        """See `StateStore.load`."""
        with reaching(self._client):
            found: Any = self._client.hmget(self._key(camera), "version", "bus", "partition", "offset", "state")
        if None in found:
            return None
        version, bus, partition, offset, state = found
        return Saved(int(version), bus.decode(), Place(int(partition), int(offset)), state)

    def save(self, changes: Mapping[str, Saved]) -> Collection[str]:
        """See `StateStore.save`; all in one round trip, each camera in a transaction of its own."""
        with reaching(self._client), self._client.pipeline(transaction=False) as pipe:
            for camera, saved in changes.items():
                values: list[Any] = [
                    saved.version,
                    saved.bus,
                    saved.place.partition,
                    saved.place.offset,
                    saved.state,
                    self._expire_s,
                ]
                self._save([self._key(camera)], values, client=pipe)
            accepted = pipe.execute()
        return {camera for camera, done in zip(changes, accepted, strict=True) if not done}
