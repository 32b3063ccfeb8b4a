"""Which ingest workers are alive: each gives a sign of life from time to time; used by `keeper`."""

from typing import Any

import redis
from msgspec import Struct

from common.reaching import reaching
from ingest.registry.lease import TTL_MS

# All times are those of Redis, so that workers whose clocks differ agree on who is alive. What seems to come from the
# future is from before its clock was set back; whoever is alive comes again.
_BEAT = """
local seconds, micros = unpack(redis.call('TIME'))
local now = seconds * 1000 + math.floor(micros / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. string.format('%d', now), '+inf')
local known = redis.call('ZADD', KEYS[1], now, ARGV[1]) == 0
return {known and 1 or 0, redis.call('ZRANGE', KEYS[1], 0, -1)}
"""


class Beat(Struct, frozen=True):
    """What a sign of life brought back.

    Attributes:
        alive: names of the workers that are alive, this one among them, sorted.
        missed: whether this worker had counted as dead since its last sign of life.
    """

    alive: tuple[str, ...]
    missed: bool


class Workers:
    """The signs of life of all ingest workers; every method raises `StoreError` when Redis is away or refuses.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        owner: name of this worker, as in its `Leases`.
        ttl_ms: how long a worker counts as alive after a sign of life, milliseconds.
    """

    def __init__(self, client: redis.Redis, prefix: str, owner: str, ttl_ms: int = TTL_MS) -> None:
        self._client = client
        self._key = f"{prefix}:ingest:workers"
        self._ttl_ms = ttl_ms
        self.owner = owner
        self._began = False
        self._beat = client.register_script(_BEAT)

    def beat(self) -> Beat:
        """Give a sign of life, and look who else is alive."""
        with reaching(self._client):
            known, alive = self._send()
        missed = self._began and not known
        self._began = True
        return Beat(tuple(sorted(one.decode() for one in alive)), missed)

    def leave(self) -> None:
        """Count as dead from now on: the others share this worker's cameras."""
        with reaching(self._client):
            self._client.zrem(self._key, self.owner)

    def _send(self) -> Any:
        return self._beat([self._key], [self.owner, self._ttl_ms])
