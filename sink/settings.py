"""The settings of the sink; used by the composition root."""

from typing import Any, ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import VARIABLE_PREFIX, Settings


class SinkSettings(Settings):
    """How readings become a series, and how long it is kept."""

    section: ClassVar[str] = "sink"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}SINK_")

    tau_s: float = Field(
        0.2,
        gt=0,
        le=60,
        description="time constant of the smoothing while readings agree, seconds of event time",
    )
    lead: float = Field(
        0.08, ge=0, le=1, description="lead over the label, in smoothed probability, by which another one takes over"
    )
    track_gap_s: float = Field(2.0, gt=0, le=3600, description="seconds unseen after which a track has ended")
    facing_turn: float = Field(
        0.35, ge=0, le=1, description="sideways turn (0 to 1) up to which a face counts as facing"
    )
    expire_days: float = Field(30.0, gt=0, le=36500, description="days from the last write that recordings are kept")
    trim_hours: float = Field(168.0, gt=0, le=876000, description="hours of event time of live samples that are kept")

    def recipe(self) -> dict[str, Any]:
        """Give the settings on which the values of a series depend; how long it is kept is not among them."""
        return self.model_dump(mode="json", exclude={"expire_days", "trim_hours"})
