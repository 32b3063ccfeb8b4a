"""The settings of the ingest stage; used by `source`, `stage` and the commands that start them."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from common.errors import UsageError
from common.settings import VARIABLE_PREFIX, Settings


class IngestSettings(Settings):
    """How recordings are sampled and dated."""

    section: ClassVar[str] = "ingest"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}INGEST_")

    rate: float = Field(
        5.0, ge=0, le=1000, allow_inf_nan=False, description="sampled frames a second of event time; 0 = every frame"
    )
    start: str | None = Field(
        None, description="event time of the first frame: ISO 8601 with a zone, or Unix seconds; default: from the file"
    )
    use_modified_time: bool = Field(
        False,
        description="where a recording carries no creation time, take the file's modification time as its last frame",
    )
    speed: float = Field(
        0.0,
        ge=0,
        le=1000,
        allow_inf_nan=False,
        description="how fast recordings play: 1 = as they were recorded, 2 = twice as fast, 0 = without waiting",
    )
    when_behind: Literal["wait", "drop"] = Field(
        "wait",
        description="what to do with a frame that would have to wait for the next stage: wait, or drop its picture",
    )
    threads: int = Field(
        1,
        ge=1,
        le=64,
        description="decoder threads for each recording; with more than 1, pictures beside damaged data may vary",
    )

    @field_validator("start", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        # TOML knows dates and numbers of its own.
        if isinstance(value, datetime):
            return value.isoformat()
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    @field_validator("start")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            unix_ms(value)
        return value

    @property
    def start_ms(self) -> int | None:
        """`start` in Unix milliseconds."""
        return None if self.start is None else unix_ms(self.start)


def unix_ms(text: str) -> int:
    """Read an ISO 8601 time with a zone, or Unix seconds, as Unix milliseconds.

    Raises:
        ValueError: it is neither, it lacks a zone, or it lies before 1970.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = _iso_seconds(text)
    if not 0 <= seconds <= datetime.max.replace(tzinfo=UTC).timestamp():
        raise ValueError("the time must lie between 1970 and 9999")
    return round(seconds * 1000)


def _iso_seconds(text: str) -> float:
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("write a time such as 2026-03-01T09:00:00+01:00, or Unix seconds") from None
    if time.tzinfo is None:
        raise ValueError("the time needs a zone: add Z or an offset such as +01:00")
    return time.timestamp()


def speed_of(text: str | None) -> float | None:
    """Read the option `--speed`: a number, or `max` for no waiting at all.

    Raises:
        UsageError: it is neither.
    """
    if text is None:
        return None
    try:
        return 0.0 if text == "max" else float(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is no speed; write 1, 2.5 or max") from error
