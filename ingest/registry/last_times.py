"""How far each live camera's series has come, so that whoever holds it next goes on in order; used by the workers.

It outlives the camera's state, which expires: a machine whose clock was set back, or another one whose clock is behind,
must not write before what stands.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import redis

from common.reaching import reaching


class LastTimes:
    """Event time of the last sampled frame of every camera: one hash.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
    """

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._key = f"{prefix}:times"

    def put(self, times: Mapping[str, int]) -> None:
        """Note event times of cameras, Unix milliseconds.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        if times:
            with reaching(self._client):
                self._client.hset(self._key, mapping={camera: str(time_ms) for camera, time_ms in times.items()})

    def get(self, cameras: Iterable[str]) -> dict[str, int]:
        """Read those that are known.

        Raises:
            StoreError: Redis is away or refuses.
        """
        asked = list(cameras)
        if not asked:
            return {}
        with reaching(self._client):
            found: Any = self._client.hmget(self._key, asked)
        return {camera: int(time_ms) for camera, time_ms in zip(asked, found, strict=True) if time_ms is not None}
