"""Leases: at any time one worker holds a camera, and everybody can tell an older holder from a newer one.

A lease runs out unless it is renewed. A worker that was paused, or cut off from Redis, may believe that it still holds
a camera which another has taken since. Each holder therefore gets a number, the fencing number, higher than those of
all holders before it; it stands in all that the holder sends, and who receives something under a lower number than he
has seen drops it. After M. Kleppmann, "How to do distributed locking" (2016). Used by `keeper`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import redis

from common.reaching import reaching

TTL_MS = 8000
"""How long a lease stands without being renewed, milliseconds."""

_ACQUIRE = """
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%d+ (.*)$') ~= ARGV[1] then return false end
local number = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, tonumber(redis.call('TIME')[1]))
redis.call('SET', KEYS[2], string.format('%d', number))
redis.call('SET', KEYS[1], string.format('%d', number) .. ' ' .. ARGV[1], 'PX', ARGV[2])
return number
"""

# A lease that ran out is taken up again if nobody has held the camera since: then its number is the last one given.
# One that stands is only prolonged, which also a full Redis allows.
_RENEW = """
local held = redis.call('GET', KEYS[1])
local mine = ARGV[2] .. ' ' .. ARGV[1]
if held == mine then return redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if held or redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], mine, 'PX', ARGV[3])
return 1
"""

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[2] .. ' ' .. ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""


class Leases:
    """The leases that one worker holds; every method raises `StoreError` when Redis is away or refuses.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        owner: name of the worker, unlike that of any other process.
        ttl_ms: how long a lease stands without being renewed, milliseconds.
    """

    def __init__(self, client: redis.Redis, prefix: str, owner: str, ttl_ms: int = TTL_MS) -> None:
        self._client = client
        self._prefix, self._ttl_ms = prefix, ttl_ms
        self.owner = owner
        self._held: dict[str, int] = {}
        self._acquire = client.register_script(_ACQUIRE)
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)

    @property
    def held(self) -> Mapping[str, int]:
        """The fencing number of each camera that this worker believes to hold."""
        return self._held

    def acquire(self, camera: str) -> int | None:
        """Take a camera that nobody holds.

        Returns:
            The fencing number: one more than the last of this camera, but at least Redis's time in whole seconds, so
            that it rises even if Redis has lost the last one. None if another worker holds the camera.
        """
        with reaching(self._client):
            number: Any = self._acquire(self._keys(camera), [self.owner, self._ttl_ms])
        if number is None:
            return None
        self._held[camera] = int(number)
        return int(number)

    def renew(self, cameras: Iterable[str]) -> set[str]:
        """Renew the leases of cameras, all in one round trip.

        Returns:
            Those that are lost: another worker holds them, or has held them meanwhile.
        """
        mine = {camera: self._held[camera] for camera in cameras if camera in self._held}
        with reaching(self._client), self._client.pipeline(transaction=False) as pipe:
            for camera, number in mine.items():
                self._renew(self._keys(camera), [self.owner, number, self._ttl_ms], client=pipe)
            renewed = pipe.execute()
        lost = {camera for camera, done in zip(mine, renewed, strict=True) if not done}
        for camera in lost:
            del self._held[camera]
        return lost

    def release(self, camera: str) -> None:
        """Give a camera back, so that another worker may take it at once; nothing happens if it is lost already."""
        if camera in self._held:
            with reaching(self._client):
                self._release(self._keys(camera)[:1], [self.owner, self._held[camera]])
            del self._held[camera]

    def owners(self, cameras: Iterable[str]) -> dict[str, str]:
        """Give who holds each of the cameras; those that nobody holds are left out."""
        asked = list(cameras)
        if not asked:
            return {}
        with reaching(self._client):
            found: Any = self._client.mget([self._keys(camera)[0] for camera in asked])
        return {camera: held.decode().partition(" ")[2] for camera, held in zip(asked, found, strict=True) if held}

    def _keys(self, camera: str) -> list[str]:
        return [f"{self._prefix}:{{{camera}}}:{name}" for name in ("lease", "fence")]
