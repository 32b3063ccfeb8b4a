"""Errors of Redis as sentences for people; used around every piece of work with a client."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from common.errors import StoreError
from common.logs import redact

_AUTHORITY = "name the file of the authority that signed it: MOODLINE_REDIS_URL=rediss://…?ssl_ca_certs=FILE"


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
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return f"Redis at {place} has a certificate that is not trusted here; {_AUTHORITY} ({reason})"
    if "No such file" in reason and not place.startswith("/"):
        return f"the file of the authority that signed the certificate of Redis at {place} is not there; {_AUTHORITY}"
    if isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return f"Redis at {place} does not answer; start it, or set MOODLINE_REDIS_URL to one that runs ({reason})"
    if isinstance(error, redis.exceptions.OutOfMemoryError) or "OOM" in reason:
        return f"Redis at {place} is full; raise its 'maxmemory' or shorten the time that series are kept ({reason})"
    return f"Redis at {place} refused a command: {reason}"
