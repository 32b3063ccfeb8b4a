"""The stages of the simulation: the real ones, but what they see and read is made up, and quickly."""

import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import torch

from classifier.looks import Looks
from classifier.settings import ClassifierSettings
from classifier.stage import ClassifierStage
from detector.settings import DetectorSettings
from detector.stage import DetectorStage
from tests.classifier.builders import random_net, state_of
from tests.simulation.footage import ScriptedFinder, ScriptedJudge

_DETECTOR = DetectorSettings(threads=1, lost_ms=300, carry="always")


def detector_stage() -> DetectorStage:
    """Make the detector: its tracker, scan, merging and state are real, its looks are scripted."""
    return DetectorStage(_DETECTOR, lambda _: ScriptedFinder(), ScriptedJudge)


class CropScores:
    """Reads faces by the bytes of their crops; some cannot be read."""

    def look(self, crops: np.ndarray, views: int = 1, live: bool = False) -> Looks:
        """Give made-up logits (1, N, 8) and (1, N, 7)."""
        del views, live
        plain = np.stack([self._one(zlib.crc32(crop.tobytes())) for crop in crops])[None]
        return Looks(np.zeros((1, len(crops), 8), np.float32), plain, np.zeros((1, len(crops), 4), np.float32))

    @staticmethod
    def _one(number: int) -> np.ndarray:
        if number % 50 == 0:
            raise ValueError("a face that cannot be read")
        return np.array([(number >> (4 * place)) % 16 for place in range(7)], np.float32)


@cache
def classifier_stage() -> ClassifierStage:
    """Make the classifier, with scripted scores; it holds nothing of any camera, so that all processes share it."""
    threads = torch.get_num_threads()
    with TemporaryDirectory() as folder:
        weights = Path(folder) / "small.pt"
        torch.save(state_of(random_net()), weights)
        stage = ClassifierStage(ClassifierSettings(weights=weights, device="cpu", precision="float32"))
    torch.set_num_threads(threads)
    scripted = SimpleNamespace(look=CropScores().look, sha256=stage.served.predictor.sha256)
    stage.served = stage.live = replace(stage.served, predictor=scripted)  # type: ignore[arg-type]  # all that is used
    return stage
