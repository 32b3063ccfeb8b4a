"""Logging for every command and worker: one line an event, and no password in any of them."""

import logging
import re
import sys

from common.errors import SettingsError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_SECRET = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)(?P<user>[^/\s]*)@")
_QUERY = re.compile(r"(?i)(?P<key>[?&;][\w.-]*(?:pass|pas|passwd|password|pwd|token|key|secret|auth)=)[^&\s\"]+")


def redact(text: str) -> str:
    """Hide user names and passwords of every address in a text: `rtsp://***@host/…`."""
    return _QUERY.sub(r"\g<key>***", _SECRET.sub(r"\g<scheme>***@", text))


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
