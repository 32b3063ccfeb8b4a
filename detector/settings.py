"""The settings of the detector stage; read by its entry point and by the embedded run."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import VARIABLE_PREFIX, Settings

MODEL_FOLDER = Path(__file__).parent / "models"


class DetectorSettings(Settings):
    """Where faces are looked for, what is believed, how long a track is kept, which faces may be read."""

    section: ClassVar[str] = "detector"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}DETECTOR_")

    model: Path = Field(MODEL_FOLDER / "face_detection_short_range.tflite", description="BlazeFace model file")
    threads: int = Field(2, ge=1, le=64, description="looks at once; each thread owns one detector")
    batch: int = Field(8, ge=1, description="frames taken at a time, at most")
    smallest_face: int | None = Field(
        None,
        ge=12,
        description="height of the smallest face searched for, pixels; default: 1/18 of the frame's height, 12 to 40",
    )
    scan_ms: int = Field(250, ge=1, description="every part of the picture is searched at least this often, ms")
    propose: float = Field(0.4, gt=0, lt=1, description="score from which the search proposes a face")
    believe: float = Field(0.7, gt=0, lt=1, description="score of a second, closer look from which it is a face")
    sure: float = Field(0.8, gt=0, le=1, description="score of one closer look that starts a track by itself")
    follow: float = Field(0.45, gt=0, lt=1, description="score from which a known track is still seen")
    hits: int = Field(2, ge=1, description="believed looks that start a track otherwise")
    lost_ms: int = Field(1000, ge=0, description="time after which a track that is not seen ends, ms")
    min_height: float = Field(20.0, ge=0, description="faces of a smaller box are not read, pixels")
    min_sharpness: float = Field(3.0, ge=0, description="softer crops are not read, gray levels")
    max_turn: float = Field(0.9, ge=0, le=1, description="faces turned further are not read; 0 frontal, 1 profile")
    min_light: float = Field(0.06, ge=0, le=1, description="darker crops are not read; 0 black, 1 white")
    max_light: float = Field(0.94, ge=0, le=1, description="brighter crops are not read; 0 black, 1 white")
    min_inside: float = Field(0.6, ge=0, le=1, description="faces with less of their box in the frame are not read")
