"""The settings of the classifier stage; read by its entry point and by the embedded run."""

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from common.settings import VARIABLE_PREFIX, Settings

WEIGHTS = Path(__file__).parent / "weights" / "expression.pt"


class ClassifierSettings(Settings):
    """Which net reads the faces, where it runs, and how its inputs are batched."""

    section: ClassVar[str] = "classifier"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}CLASSIFIER_")

    weights: Path = Field(WEIGHTS, description="weights file of the expression net")
    device: str = Field("auto", description="auto (a CUDA device if there is one), cpu, cuda, cuda:1, …")
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="arithmetic of the net; auto takes the shortest that the device has units for"
    )
    shape: int = Field(16, ge=1, le=1024, description="faces in one forward pass; fewer are padded with zeros")
    views: Literal[1, 2, 10] = Field(
        1, description="looks at each face, averaged: 1; 2, also mirrored; 10, also off its centre; each costs the same"
    )
    batch: int = Field(32, ge=1, description="frames taken at a time, at most")
    wait_ms: int = Field(200, ge=0, description="longest wait for a batch to fill, ms")
    threads: int = Field(1, ge=1, le=256, description="forward passes at once, each on a processor core of its own")
    ambiguous: float | None = Field(
        None,
        ge=0,
        le=1,
        description="chance that the label is that of most people, below which a reading is ambiguous; 0: none is; "
        "without it, the limit that the weights were calibrated with",
    )
    not_a_face: float | None = Field(
        None,
        ge=0,
        le=1,
        description="chance of a face, below which a crop is not read; 0: every one is read; "
        "without it, the limit that the weights were calibrated with",
    )

    @field_validator("views", mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        # A variable is text, and a choice among numbers takes no text.
        return int(value) if isinstance(value, str) and value.isdigit() else value
