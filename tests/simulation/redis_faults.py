"""A client of the real Redis, each of whose round trips a simulator may make fail, before or after its effect."""

from typing import Any

import redis
from redis.client import Pipeline

from tests.simulation.bus import Chance


def client_of(client: redis.Redis, chance: Chance) -> redis.Redis:
    """Give a client that shares another one's connections and asks `chance` at each round trip."""
    made = _Client(connection_pool=client.connection_pool)
    made.chance = chance
    return made


class _Client(redis.Redis):
    chance: Chance

    def execute_command(self, *args: Any, **options: Any) -> Any:
        self.chance.reach("redis")
        result = super().execute_command(*args, **options)
        self.chance.reach("redis done")
        return result

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Pipeline:
        made = _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        made.chance = self.chance
        return made


class _Pipeline(Pipeline):
    chance: Chance
    _executing = False

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        self.chance.reach("redis")
        self._executing = True
        try:
            result = super().execute(raise_on_error)
        finally:
            self._executing = False
        self.chance.reach("redis done")
        return result

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        if self._executing:
            # Scripts are loaded on their first use only: a run must not depend on whether there was one before it.
            return super().immediate_execute_command(*args, **options)
        self.chance.reach("redis")
        result = super().immediate_execute_command(*args, **options)
        self.chance.reach("redis done")
        return result
