"""The settings of live cameras; used by the fleet and by the commands that start it."""

from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import VARIABLE_PREFIX, Settings

Policy = Literal["fair", "latest"]


class LiveSettings(Settings):
    """How cameras are connected to, and what happens when more comes than can be analysed."""

    section: ClassVar[str] = "live"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}LIVE_")

    policy: Policy = Field(
        "fair",
        description="whose picture is analysed next: fair = of the camera that has waited longest, so that each keeps "
        "its share under overload; latest = the newest of all",
    )
    transport: Literal["tcp", "udp"] = Field("tcp", description="how RTSP cameras send, unless a camera says otherwise")
    connect_s: float = Field(8.0, gt=0, le=60, description="seconds in which a camera must have answered")
    stall_s: float = Field(
        5.0, ge=1, le=60, description="seconds without a decoded picture after which a connection is given up"
    )
    timeout_s: float = Field(
        12.0, gt=0, le=120, description="seconds after which FFmpeg itself gives up; a second net under the two above"
    )
    threads: int = Field(1, ge=1, le=16, description="decoder threads for each camera; 1 suits substreams")
    trust_s: float = Field(
        2.0,
        gt=0,
        le=3600,
        description="seconds by which a camera's clock may differ from this machine's to be believed",
    )
