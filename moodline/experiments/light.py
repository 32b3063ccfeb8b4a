"""Preprocessing against bad light, before the net reads a face; used by the experiment on robustness."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import torch

from classifier.model import ExpressionNet
from common.messages import Gray

Treatment = Callable[[Gray], Gray]

CLIP, TILES = 2.0, 4
"""Of CLAHE: how far one level's count may stand out, and tiles along each side."""
CHUNK = 256


def equalise(face: Gray) -> Gray:
    """Spread a face's levels evenly over all (histogram equalisation)."""
    return np.asarray(cv2.equalizeHist(face), np.uint8)


def equalise_locally(face: Gray) -> Gray:
    """Do the same tile by tile, within limits (CLAHE, Zuiderveld, Graphics Gems IV, 1994)."""
    return np.asarray(cv2.createCLAHE(CLIP, (TILES, TILES)).apply(face), np.uint8)


def correct_gamma(face: Gray) -> Gray:
    """Choose the gamma that brings a face's mean to the middle."""
    mean = float(np.clip(face.mean() / 255, 1 / 255, 254 / 255))
    return np.asarray(np.round(255 * (face / 255.0) ** (np.log(0.5) / np.log(mean))), np.uint8)


UNTREATED = "as served"
RAW = "without the net's own standardisation"

TREATMENTS: dict[str, Treatment] = {
    "histogram equalisation": equalise,
    "CLAHE": equalise_locally,
    "gamma correction": correct_gamma,
}


@torch.inference_mode()
def read_unstandardised(net: ExpressionNet, faces: Gray, mean: float, spread: float) -> npt.NDArray[np.int64]:
    """Read faces without the standardisation of each by its own mean and spread.

    Args:
        net: a fused net.
        faces: (N, 48, 48).
        mean: of all faces that were learned from, gray levels.
        spread: of the same.

    Returns:
        (N,) class of the FER+ head.
    """
    said = []
    for start in range(0, len(faces), CHUNK):
        shown = (torch.from_numpy(faces[start : start + CHUNK]).float() - mean) / spread
        said.append(net(shown[:, None])[0].argmax(1))
    return torch.cat(said).numpy()


READ = (UNTREATED, *TREATMENTS, RAW)
"""How faces in bad light are read, in the order of tables."""
