"""Where the embedded Redis of a measurement is; used by `embedded`, `slowed` and `churn`."""

from pathlib import Path

from common.store_settings import StoreSettings


def own_redis(home: Path) -> StoreSettings:
    """Give the settings of an embedded Redis, whatever Redis the environment names.

    Args:
        home: its folder.
    """
    return StoreSettings(home=home, redis_url=None, key_prefix="moodline")
