"""The time of now, and times as people give them on the command line; used by the composition root."""

import time
from datetime import datetime

from common.errors import UsageError


def now_ms() -> int:
    """Give the time, Unix milliseconds."""
    return time.time_ns() // 1_000_000


def parse_ms(text: str | None) -> int | None:
    """Read a time: ISO 8601, or seconds since 1970; gives Unix milliseconds, or None for none.

    Raises:
        UsageError: it is no time.
    """
    if text is None:
        return None
    try:
        return round(float(text) * 1000)
    except (ValueError, OverflowError):
        pass
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"'{text}' is no time; write 2026-05-01T09:00:00+02:00, or seconds") from error
