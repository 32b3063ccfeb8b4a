"""The settings of the detector stage; read by its entry point and by the embedded run."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.settings import VARIABLE_PREFIX, Settings

MODEL_FOLDER = Path(__file__).parent / "models"

Backend = Literal["mediapipe", "haar", "mtcnn", "dlib"]


class DetectorSettings(Settings):
    """Where faces are looked for, what is believed, how long a track is kept, which faces may be read, and when."""

    section: ClassVar[str] = "detector"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}DETECTOR_")

    backend: Backend = Field("mediapipe", description="face detector; dlib needs the extra of that name")
    model: Path = Field(MODEL_FOLDER / "face_detection_short_range.tflite", description="BlazeFace file, for mediapipe")
    threads: int = Field(2, ge=1, le=64, description="looks at once; each thread owns one detector")
    batch: int = Field(8, ge=1, description="frames taken at a time, at most")
    smallest_face: int | None = Field(
        None,
        ge=12,
        description="height of the smallest face searched for, pixels; default: 1/18 of the frame's height, 12 to 40",
    )
    scan_ms: int = Field(200, ge=1, description="time between two looks at a part of the picture that changes, ms")
    still_ms: int = Field(2000, ge=1, description="time between two looks at a part that does not change, ms")
    propose: float = Field(0.4, gt=0, lt=1, description="score from which the search proposes a face")
    believe: float = Field(
        0.9, gt=0, lt=1, description="probability, as a second net sees it, from which what was found is a new face"
    )
    least_belief: float = Field(
        0.5, ge=0, le=1, description="a track for which that probability was lower over about a second is not a face"
    )
    static_ms: int = Field(
        10_000, ge=0, description="a face that looks the same for this long is static: a picture of one, ms; 0: never"
    )
    follow: float = Field(0.45, gt=0, lt=1, description="score from which a known track is still seen")
    lost_ms: int = Field(2000, ge=0, description="time after which a track that is not seen ends, ms")
    carry: Literal["live", "always", "never"] = Field(
        "live", description="whose faces are not read while they look the same: of live cameras, of all, of none"
    )
    changing_ms: int = Field(80, ge=0, description="time between two readings of a face that changes, at least, ms")
    settled_ms: int = Field(200, ge=0, description="time after which a face is read though it looks the same, ms")
    zones: Path | None = Field(
        None, description="TOML file with the zones and masks of each camera; default: every camera whole, no zones"
    )
    zone_dwell_ms: int = Field(500, ge=0, description="time in another zone after which a track belongs to it, ms")
    min_height: float = Field(12.0, ge=0, description="faces of a smaller box are not read, pixels")
    min_detail: float = Field(
        0.1, ge=0, description="blurred crops are not read: with less fine detail, as a share of contrast"
    )
    max_turn: float = Field(0.95, ge=0, le=1, description="faces turned further are not read; 0 frontal, 1 profile")
    min_contrast: float = Field(
        7.5, ge=0, description="crops in the dark or in fog are not read: with less spread, gray levels"
    )
    max_clipped: float = Field(
        0.6, ge=0, le=1, description="badly exposed crops are not read: with more of them black or white"
    )
    min_inside: float = Field(0.6, ge=0, le=1, description="faces with less of their box in the frame are not read")
    max_occlusion: float = Field(
        0.8, ge=0, le=1, description="covered faces are not read: with a part as bare; 0 as usual, 1 nothing to see"
    )
