"""The slot of every camera: a number given once and never changed, which decides its partition on every topic.

Kept in one Redis hash, so that every ingest worker, whenever it starts, sends a camera to the same partition; used by
the ingest worker.
"""

from typing import Any

import redis

from common.reaching import reaching

_TAKE = """
local slot = redis.call('HGET', KEYS[1], ARGV[1])
if not slot then
    slot = redis.call('HLEN', KEYS[1])
    redis.call('HSET', KEYS[1], ARGV[1], slot)
end
return tonumber(slot)
"""


class Slots:
    """Gives cameras their slots: 0, 1, 2 … in the order in which they are first seen.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
    """

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._key = f"{prefix}:slots"
        self._take = client.register_script(_TAKE)

    def slot(self, camera: str) -> int:
        """Look up a camera's slot; a new camera takes the next one.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        with reaching(self._client):
            slot: Any = self._take([self._key], [camera])
        return int(slot)
