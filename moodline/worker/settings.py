"""The settings that all workers share; used by `moodline worker`."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import VARIABLE_PREFIX, Settings


class WorkerSettings(Settings):
    """How a worker shows that it is alive, and how it can be made slow."""

    section: ClassVar[str] = "worker"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}WORKER_")

    alive_file: Path | None = Field(
        None, description="file whose modification time is that of the last poll: for a liveness probe"
    )
    delay_ms: int = Field(
        0, ge=0, le=60_000, description="wait so long for every frame, ms: to try out scaling without the load"
    )
    state_days: float = Field(
        7.0, gt=0, le=365, description="days from its last save that the state of a camera's tracker is kept"
    )
