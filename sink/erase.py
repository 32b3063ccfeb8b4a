"""Deleting an epoch whole, before another recipe writes it anew; used by the store."""

from typing import Any

from redis.client import Pipeline

from sink.batch import EpochLog
from sink.keys import CameraKeys
from sink.minute_rows import partials_of, queue_minute
from sink.minutes import minute_of


def queue_erase(pipe: Pipeline, keys: CameraKeys, epoch: str, log: EpochLog | None) -> None:
    """Begin a transaction that deletes every key of a recorded epoch and its part in every minute.

    Deletion and new begin are one transaction: whoever writes the epoch in between makes it fail, and is never undone.

    Args:
        pipe: a pipeline that watches the epoch's state; afterwards it queues.
        keys: the keys of the camera.
        epoch: the epoch to delete.
        log: how it stood; None if nothing did.
    """
    state = keys.state(epoch)
    until: Any = pipe.hget(state, "time_ms")
    members: Any = pipe.zrange(keys.tracks(epoch), 0, -1)
    minutes = _minutes(pipe, keys, minute_of(log.opened.time_ms), int(until or 0)) if log is not None else {}
    pipe.multi()
    for time_ms, (partials, left) in minutes.items():
        if partials.pop(epoch, None) is None:
            continue
        queue_minute(pipe, keys, time_ms, partials)
        if partials and left > 0:
            pipe.expire(keys.minute(time_ms), left)
    streams = [keys.track(epoch, int(number)) for number in members]
    pipe.unlink(keys.readings(epoch, live=False), keys.ended(epoch, live=False), keys.tracks(epoch), *streams)
    pipe.hdel(state, "state", "last_seq")


def _minutes(pipe: Pipeline, keys: CameraKeys, since_ms: int, until_ms: int) -> dict[int, tuple[dict[str, Any], int]]:
    """Watch the minutes of a span; gives the sums of each, and the seconds for which it is still kept."""
    members: Any = pipe.zrangebyscore(keys.minutes, since_ms, until_ms)
    if members:
        names = [keys.minute(int(member)) for member in members]
        pipe.watch(*names)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    found: dict[int, tuple[dict[str, Any], int]] = {}
    for member in members:
        key = keys.minute(int(member))
        found[int(member)] = partials_of(pipe.hgetall(key)), int(pipe.ttl(key))
    return found
