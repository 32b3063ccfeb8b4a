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

    form: Literal["auto", "fer2013", "affectnet", "ckplus", "folders"] = Field(
        "auto", description="how the data set is stored; auto finds out"
    )
    unusable: float = Field(
        0.01, ge=0, lt=1, description="share of pictures that may be missing, unreadable or of a wrong size"
    )
    folds: int = Field(10, ge=2, description="parts that a set without held-out pictures of its own is dealt into")
    fold: int = Field(0, ge=0, description="the part that is held out to choose the epoch by, from 0")
    epochs: int = Field(40, ge=1, description="passes over the training split")
    batch: int = Field(128, ge=2, description="faces a step")
    rate: float = Field(0.1, gt=0, description="peak learning rate of SGD with Nesterov momentum 0.9")
    warmup: float = Field(2.0, ge=0, description="epochs of rising learning rate, before the cosine down to zero")
    decay: float = Field(5e-4, ge=0, description="weight decay, on kernels only")
    averaging: float = Field(0.999, ge=0, lt=1, description="decay of the moving average of the weights, a step")
    fer2013_share: float = Field(0.4, ge=0, le=1, description="weight of the FER2013 head's loss; FER+ has the rest")
    smoothing: float = Field(0.05, ge=0, lt=1, description="label smoothing of the FER2013 head")
    adjust: float = Field(
        0.0,
        ge=0,
        le=2,
        description="how far rare classes are favoured (logit adjustment): 0 not, 1 as if all were alike",
    )
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
    shift: float = Field(0.08, ge=0, le=0.5, description="largest move of a face, as a share of its picture's side")
    scale: float = Field(0.15, ge=0, le=0.7, description="largest change of its size, as a natural logarithm")
    erase: float = Field(0.3, ge=0, le=1, description="share of faces with a covered patch")
    soften: float = Field(0.25, ge=0, le=1, description="share of batches seen through fewer pixels")
    blur: float = Field(0.0, ge=0, le=1, description="share of faces that are out of focus or moved")
    jpeg: float = Field(0.0, ge=0, le=1, description="share of faces with the traces of strong JPEG compression")
    mixup: float = Field(0.0, ge=0, le=1, description="share of batches whose faces are blended in pairs")
    plain_end: float = Field(0.15, ge=0, le=1, description="last share of the run, in which nothing is blended")
    init_from: Path | None = Field(None, description="checkpoint of an earlier run whose weights this run starts with")
    teachers: tuple[Path, ...] = Field((), description="checkpoints whose mean reading of a view softens its targets")
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
    def _what_fits_together(self) -> Self:
        if len(self.depths) != len(self.widths):
            raise ValueError(f"depths has {len(self.depths)} numbers and widths {len(self.widths)}: give as many")
        if self.fold >= self.folds:
            raise ValueError(f"fold is {self.fold} of {self.folds} folds, counted from 0: give a smaller one")
        return self
