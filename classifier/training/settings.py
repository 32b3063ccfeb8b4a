"""The settings of a training run; used by `train` and its command."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from common.settings import VARIABLE_PREFIX, Settings


class TrainSettings(Settings):
    """Everything that a run depends on besides its data; written into its checkpoint."""

    section: ClassVar[str] = "train"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}TRAIN_")

    epochs: int = Field(40, ge=1, description="passes over the training split")
    batch: int = Field(128, ge=2, description="faces a step")
    rate: float = Field(0.1, gt=0, description="peak learning rate of SGD with Nesterov momentum 0.9")
    warmup: float = Field(2.0, ge=0, description="epochs of rising learning rate, before the cosine down to zero")
    decay: float = Field(5e-4, ge=0, description="weight decay, on kernels only")
    averaging: float = Field(0.999, ge=0, lt=1, description="decay of the moving average of the weights, a step")
    fer2013_share: float = Field(0.4, ge=0, le=1, description="weight of the FER2013 head's loss; FER+ has the rest")
    smoothing: float = Field(0.05, ge=0, lt=1, description="label smoothing of the FER2013 head")
    sizes: tuple[Annotated[int, Field(ge=16)], ...] = Field(
        (32, 40, 48),
        min_length=1,
        description="side of the training views in pixels, in equal parts of the run; the last is served",
    )
    widths: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (32, 64, 128, 256), min_length=2, description="channels of each step; every step halves the picture"
    )
    depths: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (2, 3, 4, 2), min_length=2, description="blocks in each step; as many numbers as `widths` has"
    )
    stem: int = Field(0, ge=0, description="channels of a first block at full resolution; 0: none, the cheapest net")
    apart: bool = Field(False, description="give the FER2013 head a last step of its own")
    dropout: float = Field(0.3, ge=0, lt=1, description="share of features dropped before the heads")
    erase: float = Field(0.3, ge=0, le=1, description="share of faces with a covered patch")
    soften: float = Field(0.25, ge=0, le=1, description="share of batches seen through fewer pixels")
    mixup: float = Field(0.0, ge=0, le=1, description="share of batches whose faces are blended in pairs")
    plain_end: float = Field(0.15, ge=0, le=1, description="last share of the run, in which nothing is blended")
    init_from: Path | None = Field(None, description="checkpoint of an earlier run whose weights this run starts with")
    teachers: tuple[Path, ...] = Field((), description="checkpoints whose mean reading softens the targets")
    teacher_share: float = Field(0.5, ge=0, le=1, description="weight of the teachers' reading in the targets")
    seed: int = Field(0, ge=0, description="fixes every random choice")
    threads: int = Field(1, ge=1, description="processor cores to train on")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="number format of the convolutions; bfloat16 pays where the processor computes in it"
    )
    compile: bool = Field(False, description="compile the training step with torch.compile (needs a C++ compiler)")
    device: str = Field("auto", description="auto, cpu, or a CUDA device")
    cache: Path = Field(Path(".moodline/cache"), description="folder for the parsed data set")

    @model_validator(mode="after")
    def _a_depth_for_each_width(self) -> Self:
        if len(self.depths) != len(self.widths):
            raise ValueError(f"depths has {len(self.depths)} numbers and widths {len(self.widths)}: give as many")
        return self
