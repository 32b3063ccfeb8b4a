"""Event times as people read them: with a date where there is one, else relative to the begin; used by every chart."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

YEAR_MS = 365 * 86_400_000
"""Event times below this come from a recording without a clock: they count from its begin, 1970-01-01."""

_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


def is_relative(time_ms: float) -> bool:
    """Whether an event time counts from the begin of its recording."""
    return time_ms < YEAR_MS


@dataclass(frozen=True)
class Clock:
    """Writes event times.

    Attributes:
        zone: the time zone of everything that has a date.
    """

    zone: tzinfo = UTC

    def full(self, time_ms: float) -> str:
        """Date and time to the second, or `+0:01:23.4` for a recording without a clock."""
        if is_relative(time_ms):
            return "+" + _relative(time_ms, tenths=True)
        return self._moment(time_ms).strftime("%Y-%m-%d %H:%M:%S")

    def short(self, time_ms: float, step_s: float) -> str:
        """Write it for an axis: no finer than the distance of its ticks, no date below a day."""
        if is_relative(time_ms):
            return _relative(time_ms, tenths=step_s < 1)
        moment = self._moment(time_ms)
        if step_s >= 86400:
            return moment.strftime("%m-%d")
        if step_s >= 60:
            return moment.strftime("%H:%M")
        seconds = moment.strftime("%H:%M:%S")
        return f"{seconds}.{moment.microsecond // 100_000}" if step_s < 1 else seconds

    def span(self, from_ms: float, to_ms: float) -> str:
        """From one time to another; the date of the second only if it is another day."""
        first, last = self.full(from_ms), self.full(to_ms)
        if not is_relative(from_ms) and first[:10] == last[:10]:
            last = last[11:]
        return f"{first} – {last}"

    def _moment(self, time_ms: float) -> datetime:
        return datetime.fromtimestamp(time_ms / 1000, self.zone)


def ticks(from_ms: float, to_ms: float, most: int) -> tuple[list[float], float]:
    """Round times for an axis.

    Args:
        from_ms: its begin.
        to_ms: its end.
        most: how many ticks it has room for.

    Returns:
        The times in milliseconds, and their distance in seconds.
    """
    span_s = max(to_ms - from_ms, 1) / 1000
    step = next((step for step in _STEPS_S if span_s / step < most), _STEPS_S[-1] * (1 + span_s // 86400 // most))
    first = -(-from_ms // (step * 1000))
    times: list[float] = []
    while (first + len(times)) * step * 1000 <= to_ms:
        times.append((first + len(times)) * step * 1000)
    return times, step


def _relative(time_ms: float, tenths: bool) -> str:
    # Rounded as a whole, so that 59.96 s becomes 1:00.0 and not 0:60.0.
    total = round(time_ms / 100) if tenths else round(time_ms / 1000) * 10
    minutes, rest = divmod(total, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 10:02d}" + (f".{rest % 10}" if tenths else "")
    return f"{hours}:{minutes:02d}:{seconds}"
