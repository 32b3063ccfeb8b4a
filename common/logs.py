"""Logging for every command and worker: one line an event, and no password in any of them."""

import logging
import re
import sys

from common.errors import SettingsError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_SECRETS = tuple(
    re.compile(pattern)
    for pattern in (
        # What stands before the host of an address; people write `/`, `?` and `@` in it as they are. An `@` may also
        # stand in the query, behind a `=`.
        r"[a-zA-Z][a-zA-Z0-9+.-]{0,15}://(?P<secret>(?:[^\s?]|\?(?=[^\s=]*@))*|[^\s/@:?]*:\S*)@",
        # The same of an address whose scheme is missing or misspelt.
        r"(?<!\S)['\"(<\[]*(?P<secret>(?!\S*://)[^\s@]*:\S*)@",
        r"(?i)[?&;][\w.-]*(?:pass|pas|passwd|password|pwd|token|key|secret|auth)=(?P<secret>[^&\s\"]+)",
    )
)


def redact(text: str) -> str:
    """Hide user names and passwords of every address in a text: `rtsp://***@host/…`.

    Where it is not clear what is a secret, more is hidden rather than less.
    """
    kept: list[str] = []
    end = 0
    for start, stop in sorted(match.span("secret") for pattern in _SECRETS for match in pattern.finditer(text)):
        if start > end or not kept:
            kept.append(text[end:start])
        end = max(end, stop)
    return "***".join([*kept, text[end:]])


class RedactingFormatter(logging.Formatter):
    """Formats a record, then hides what looks like a secret, also in tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        return redact(super().format(record))


def set_up_logs(level: str = "WARNING") -> None:
    """Send the logs of this process to standard error, in the one format.

    Raises:
        SettingsError: there is no such level.
    """
    if level not in LEVELS:
        raise SettingsError(f"MOODLINE_LOG_LEVEL is '{level}'; it must be one of {', '.join(LEVELS)}")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
