"""Deleting an epoch whole, before another recipe writes it anew; used by the store."""

from typing import Any

import msgspec
import redis

from sink.batch import EpochLog
from sink.keys import CameraKeys
from sink.minute_rows import partials_of, queue_minute
from sink.minutes import minute_of

_CHUNK = 500


def erase_epoch(client: redis.Redis, keys: CameraKeys, epoch: str, log: EpochLog | None) -> None:
    """Delete every key of a recorded epoch and its part in every minute.

    Its recipe goes first: a deletion that is cut off leaves an epoch of no recipe, which the next run deletes again.

    Args:
        client: the opened Redis.
        keys: the keys of the camera.
        epoch: the epoch to delete.
        log: how it stood; None if nothing did.
    """
    state = keys.state(epoch)
    until = int(client.hget(state, "time_ms") or 0)
    if client.exists(state):
        client.hset(state, "recipe", "")
    if log is not None:
        client.hset(keys.epochs, epoch, msgspec.json.encode(EpochLog(log.opened)))
        _erase_minutes(client, keys, epoch, minute_of(log.opened.time_ms), until)
    members: Any = client.zrange(keys.tracks(epoch), 0, -1)
    tracks = [int(number) for number in members]
    for start in range(0, len(tracks), _CHUNK):
        client.unlink(*(keys.track(epoch, number) for number in tracks[start : start + _CHUNK]))
    client.unlink(keys.readings(epoch, live=False), keys.ended(epoch, live=False))
    client.unlink(keys.tracks(epoch))
    client.hdel(state, "state", "last_seq")


def _erase_minutes(client: redis.Redis, keys: CameraKeys, epoch: str, since_ms: int, until_ms: int) -> None:
    members: Any = client.zrangebyscore(keys.minutes, since_ms, until_ms)
    for member in members:
        time_ms = int(member)

        def rewrite(pipe: redis.client.Pipeline, time_ms: int = time_ms) -> None:
            partials = partials_of(pipe.hgetall(keys.minute(time_ms)))
            if partials.pop(epoch, None) is None:
                return
            left = pipe.ttl(keys.minute(time_ms))
            pipe.multi()
            queue_minute(pipe, keys, time_ms, partials)
            if partials and left > 0:
                pipe.expire(keys.minute(time_ms), left)

        client.transaction(rewrite, keys.minute(time_ms))
