"""Errors of Redis as sentences for people; used around every piece of work with a client."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from common.errors import StoreError
from common.logs import redact


@contextmanager
def reaching(client: redis.Redis) -> Iterator[None]:
    """Turn whatever Redis raises inside into a `StoreError` of one sentence, without any password.

    Raises:
        StoreError: Redis is away, full, or refuses.
    """
    try:
        yield
    except redis.RedisError as error:
        raise StoreError(sentence(error, place_of(client))) from error


def place_of(client: redis.Redis) -> str:
    """Give the address of a client's Redis, without user and password."""
    given = client.connection_pool.connection_kwargs
    if "path" in given:
        return str(given["path"])
    return f"{given.get('host', 'localhost')}:{given.get('port', 6379)}"


def sentence(error: Exception, place: str) -> str:
    """Say in one sentence what Redis at `place` refused, and what to change."""
    reason = redact(" ".join(str(error).split()))
    if isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError):
        return f"Redis at {place} refuses this user or password; correct them in MOODLINE_REDIS_URL ({reason})"
    if isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return f"Redis at {place} does not answer; start it, or set MOODLINE_REDIS_URL to one that runs ({reason})"
    if isinstance(error, redis.exceptions.OutOfMemoryError) or "OOM" in reason:
        return f"Redis at {place} is full; raise its 'maxmemory' or shorten the time that series are kept ({reason})"
    return f"Redis at {place} refused a command: {reason}"
