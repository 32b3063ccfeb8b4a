"""Loads the expression net and runs it on batches of crops; used by the stage and by `evaluate`.

Forward passes have one shape: crops are padded with zeros to full batches, and each pass is computed by one thread. So
what a face gets does not depend on who shares its batch, nor on how many passes run at once, to the last bit. Faces of
live cameras, to which nobody returns, may be read in smaller passes, which are sooner done.
"""

import hashlib
import logging
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt
import torch

from classifier.calibration import Calibration, calibrations_of
from classifier.device import find_device
from classifier.engine import make_pass, precision_of
from classifier.face_head import face_head_of
from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.looks import Looks, Scores, heads
from classifier.model import ExpressionNet, ModelSettings
from classifier.preprocess import standardise
from classifier.views import Views, views_of
from common.errors import ModelError

log = logging.getLogger(__name__)

_UNREADABLE = (RuntimeError, UnpicklingError, BadZipFile, zlib.error, EOFError, LookupError, ValueError, OSError)
"""What reading a damaged weights file raises."""

FORMAT = 1
"""Layout of the weights file; raised when a reader must change."""


@dataclass(frozen=True)
class Serving:
    """How the net is run.

    Attributes:
        device: auto, cpu, or a CUDA device.
        precision: auto, float32, bfloat16 or float16.
        shape: faces in one forward pass.
        threads: passes at once on a processor, each on a core of its own.
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
        precision: `float32`, `bfloat16` or `float16`.
        face_head: the test for faces; None where the file has none.

    Raises:
        ModelError: the file is missing, damaged, or of another net; or the device is not there.
    """

    def __init__(self, weights: Path, serving: Serving) -> None:
        torch.set_num_threads(1)
        state = read_weights(weights)
        self.name = weights.name
        self.sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        self.device = _device(serving.device)
        self.precision = precision_of(serving.precision, self.device)
        self._shape = serving.shape
        net = build(state, weights).fuse()
        self.size = net.settings.size
        self._widths = (len(FERPLUS_LABELS), len(FER2013_LABELS), net.ferplus.in_features)
        self._calibrations = calibrations_of(state, weights)
        self.face_head = face_head_of(state, net.ferplus.in_features, weights)
        self._pass = make_pass(net, self.device, self.precision, serving.shape)
        many = serving.threads > 1 and self.device.type == "cpu"
        self._pool = ThreadPoolExecutor(serving.threads, "faces") if many else None

    def warm_up(self, live: bool = True) -> None:
        """Compute one pass of the fixed shape, and for live cameras of every other, so that the first face waits not.

        Raises:
            torch.OutOfMemoryError: the device has not even room for one face.
        """
        for count in _shapes(self._shape) if live else (self._shape,):
            self._through(np.zeros((count, 1, self.size, self.size), np.float32))

    def look(self, crops: npt.NDArray[np.uint8], views: Views = 1, live: bool = False) -> Looks:
        """Look at faces.

        Args:
            crops: (N, 48, 48) gray.
            views: looks at each face, see `classifier.views`; each costs the same.
            live: whether few faces may be read in a smaller pass, which may change the last digits.

        Returns:
            What the net says of each at every look.

        Raises:
            torch.OutOfMemoryError: the device has not even room for one face.
        """
        looks = [self._look(view, live) for view in views_of(crops, views)]
        return Looks(*map(np.stack, zip(*looks, strict=True)))

    def heads(self, crops: npt.NDArray[np.uint8], views: Views = 1) -> tuple[Scores, Scores]:
        """Scores of both heads, not calibrated, see `classifier.looks.heads`; arguments as for `look`."""
        return heads(self.look(crops, views))

    def predict(self, crops: npt.NDArray[np.uint8], views: Views = 1) -> Scores:
        """Calibrated probabilities (N, 7) in the order of `LABELS`, of both heads; arguments as for `look`."""
        return self.calibration(views).reading(*self.heads(crops, views))

    def calibration(self, views: Views = 1) -> Calibration:
        """Give what makes chances of the scores of so many looks; one that changes nothing where the file has none."""
        return self._calibrations.get(views, Calibration())

    def _look(self, crops: npt.NDArray[np.uint8] | npt.NDArray[np.float32], live: bool) -> list[Scores]:
        """Read (N, 48, 48) in passes; what there is of each `Looks`, for one look."""
        parts = [crops[start : start + self._shape] for start in range(0, len(crops), self._shape)]
        run = map if self._pool is None or len(parts) == 1 else self._pool.map
        none = [np.empty((0, width), np.float32) for width in self._widths]
        found = [none, *run(lambda part: self._read(part, live), parts)]
        return [np.concatenate(kind) for kind in zip(*found, strict=True)]

    def _read(self, part: npt.NDArray[np.uint8] | npt.NDArray[np.float32], live: bool) -> list[Scores]:
        """Read the faces of one pass."""
        count = next(one for one in _shapes(self._shape) if one >= len(part)) if live else self._shape
        padded = np.zeros((count, 1, self.size, self.size), np.float32)
        padded[: len(part)] = standardise(part)
        return [found[: len(part)] for found in self._through(padded)]

    def _through(self, faces: npt.NDArray[np.float32]) -> list[Scores]:
        """Compute a pass; where the device has no room for it, its two halves one after the other."""
        try:
            return self._pass(faces)
        except torch.OutOfMemoryError as error:
            if len(faces) == 1:
                raise
            # Not the error itself: a record of the log that is kept would keep what the pass had computed, too.
            log.warning("no room on %s for %d faces at once, halving: %s", self.device, len(faces), str(error))
        torch.cuda.empty_cache()
        halves = self._through(faces[: len(faces) // 2]), self._through(faces[len(faces) // 2 :])
        return [np.concatenate(kind) for kind in zip(*halves, strict=True)]


def _device(name: str) -> torch.device:
    device = find_device(name)
    if device is None:
        raise ModelError(f"there is no device '{name}' here; set MOODLINE_CLASSIFIER_DEVICE to auto or cpu")
    return device


def _shapes(most: int) -> list[int]:
    """Give the sizes of passes: powers of two below the fixed shape, and that."""
    return [1 << power for power in range((most - 1).bit_length())] + [most]


def read_weights(path: Path) -> dict[str, Any]:
    """Read a weights file as plain values; keys that this version does not know are returned as they are.

    Raises:
        ModelError: missing, damaged, or not written by `moodline train`.
    """
    if not path.is_file():
        raise ModelError(
            f"the weights file '{path}' does not exist; name another (--weights, MOODLINE_CLASSIFIER_WEIGHTS)"
        )
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
