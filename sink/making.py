"""Makes the sink on an opened Redis; used by every command and worker that writes series."""

from typing import Any

import redis

from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import Keeping, RedisStore


def make_sink(client: redis.Redis, prefix: str, settings: SinkSettings, **options: Any) -> SinkStage:
    """Make the sink.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        settings: how readings become a series, and how long it is kept.
        options: as of `SinkStage`.
    """
    keeping = Keeping(expire_s=round(settings.expire_days * 86_400), trim_s=round(settings.trim_hours * 3600))
    return SinkStage(RedisStore(client, prefix, keeping), settings, **options)
