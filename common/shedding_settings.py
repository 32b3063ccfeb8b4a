"""The settings by which work on live cameras is shed; used by the embedded run and by the workers."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import VARIABLE_PREFIX, Settings


class SheddingSettings(Settings):
    """What a stage still begins of a live camera, and how much of it at a time; recordings are not concerned."""

    section: ClassVar[str] = "shedding"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}SHEDDING_")

    max_age_ms: int = Field(
        1000,
        ge=1,
        le=600_000,
        description="age from which a face of a live camera is not read any more, ms; its picture is not searched from "
        "half of that",
    )
    budget_ms: int = Field(250, ge=1, le=60_000, description="work that a stage takes on at a time of live cameras, ms")
