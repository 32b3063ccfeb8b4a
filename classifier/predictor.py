"""Loads the expression net and runs it on batches of crops; used by the stage and by `evaluate`.

Every forward pass has the same shape: crops are padded with zeros to full batches. With one shape and a fixed number
of threads, what a face gets does not depend on who shares its batch, to the last bit.
"""

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt
import torch

from classifier.calibration import Calibration, calibrations_of
from classifier.face_head import face_head_of
from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.looks import Looks, Scores, heads
from classifier.model import ExpressionNet, ModelSettings, place
from classifier.preprocess import standardise
from classifier.views import Views, views_of
from common.errors import ModelError

_UNREADABLE = (RuntimeError, UnpicklingError, BadZipFile, zlib.error, EOFError, LookupError, ValueError, OSError)
"""What reading a damaged weights file raises."""

FORMAT = 1
"""Layout of the weights file; raised when a reader must change."""


@dataclass(frozen=True)
class Serving:
    """How the net is run.

    Attributes:
        device: auto, cpu, or a CUDA device.
        precision: auto, float32 or bfloat16.
        shape: faces in one forward pass.
        threads: processor cores that one forward pass uses.
    """

    device: str = "auto"
    precision: str = "auto"
    shape: int = 16
    threads: int = 1


class Predictor:
    """The expression net, ready to read faces.

    Attributes:
        name: file name of the weights.
        sha256: of the weights file.
        device: where the net runs.
        precision: `float32` or `bfloat16`.
        face_head: the test for faces; None where the file has none.

    Raises:
        ModelError: the file is missing, damaged, or of another net; or the device is not there.
    """

    def __init__(self, weights: Path, serving: Serving) -> None:
        torch.set_num_threads(serving.threads)
        state = read_weights(weights)
        self.name = weights.name
        self.sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        self.device = _device(serving.device)
        self.precision = _precision(serving.precision, self.device)
        self._shape = serving.shape
        self._kind = torch.bfloat16 if self.precision == "bfloat16" else torch.float32
        net = build(state, weights).fuse()
        self.size = net.settings.size
        self._widths = (len(FERPLUS_LABELS), len(FER2013_LABELS), net.ferplus.in_features)
        self._calibrations = calibrations_of(state, weights)
        self.face_head = face_head_of(state, net.ferplus.in_features, weights)
        self._net = place(net, self.device, self._kind)

    def look(self, crops: npt.NDArray[np.uint8], views: Views = 1) -> Looks:
        """Look at faces.

        Args:
            crops: (N, 48, 48) gray.
            views: looks at each face, see `classifier.views`; each costs the same.

        Returns:
            What the net says of each at every look.
        """
        return Looks(*map(np.stack, zip(*(self._look(view) for view in views_of(crops, views)), strict=True)))

    def heads(self, crops: npt.NDArray[np.uint8], views: Views = 1) -> tuple[Scores, Scores]:
        """Scores of both heads, not calibrated, see `classifier.looks.heads`; arguments as for `look`."""
        return heads(self.look(crops, views))

    def predict(self, crops: npt.NDArray[np.uint8], views: Views = 1) -> Scores:
        """Calibrated probabilities (N, 7) in the order of `LABELS`, of both heads; arguments as for `look`."""
        return self.calibration(views).reading(*self.heads(crops, views))

    def calibration(self, views: Views = 1) -> Calibration:
        """Give what makes chances of the scores of so many looks; one that changes nothing where the file has none."""
        return self._calibrations.get(views, Calibration())

    def _look(self, crops: npt.NDArray[np.uint8] | npt.NDArray[np.float32]) -> list[Scores]:
        """Read (N, 48, 48) in passes of the fixed shape; what there is of each `Looks`, for one look."""
        parts = [[np.empty((0, width), np.float32) for width in self._widths]]
        for start in range(0, len(crops), self._shape):
            part = crops[start : start + self._shape]
            padded = np.zeros((self._shape, 1, self.size, self.size), np.float32)
            padded[: len(part)] = standardise(part)
            parts.append([found[: len(part)] for found in self._forward(padded)])
        return [np.concatenate(kind) for kind in zip(*parts, strict=True)]

    @torch.inference_mode()
    def _forward(self, padded: npt.NDArray[np.float32]) -> list[Scores]:
        inputs = torch.from_numpy(padded).to(self.device, self._kind)
        return [found.float().cpu().numpy() for found in self._net.look(inputs)]


def read_weights(path: Path) -> dict[str, Any]:
    """Read a weights file as plain values; keys that this version does not know are returned as they are.

    Raises:
        ModelError: missing, damaged, or not written by `moodline train`.
    """
    if not path.is_file():
        raise ModelError(f"the weights file '{path}' does not exist; name another with MOODLINE_CLASSIFIER_WEIGHTS")
    try:
        with ZipFile(path) as archive:
            # torch reads numbers without looking at their checksums.
            if archive.testzip() is not None:
                raise BadZipFile
        state = torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        raise ModelError(f"the weights file '{path}' is damaged or is not one; restore or retrain it") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT or "weights" not in state:
        raise ModelError(f"the weights file '{path}' is of another net; use one written by `moodline train`")
    return state


def build(state: dict[str, Any], path: Path) -> ExpressionNet:
    """Make the net that a weights file describes.

    Raises:
        ModelError: the weights do not fit the shape that the file states.
    """
    try:
        shape: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in state["model"].items()}
        net = ExpressionNet(ModelSettings(**shape))
        net.load_state_dict({name: value.float() for name, value in state["weights"].items()})
    except (RuntimeError, TypeError, KeyError, AttributeError, ValueError) as error:
        raise ModelError(f"the weights file '{path}' is of another net; use one written by `moodline train`") from error
    return net


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"there is no device '{name}' here; set MOODLINE_CLASSIFIER_DEVICE to auto or cpu") from error
    return device


def _precision(name: str, device: torch.device) -> str:
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001  # no public name
    return "bfloat16" if fast else "float32"
