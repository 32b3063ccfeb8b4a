"""Faces as cameras see them: far, soft, moving, dark, bright; as far as the detector lets a face pass.

Used to learn the test for faces, which must not refuse what can be read, and to measure it. `evaluate quality` has the
whole range of each fault; these go as far as the limits in `detector/settings.py`.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Chance = np.random.Generator

REACH = 1.47
"""Side of a crop in heights of the face, as in `common.crop`."""

NOISE = 1.0
"""Spread of the noise in a dark crop, gray levels."""

FAULTS = ("far", "soft", "moving", "dark", "bright")


def worsen(faces: Gray, fault: str | None, chance: Chance) -> Gray:
    """Make each face worse.

    Args:
        faces: (N, 48, 48) gray.
        fault: one of `FAULTS`; None: any, by chance.
        chance: the source of randomness.

    Returns:
        (N, 48, 48) gray.
    """
    return np.stack([_MAKERS[fault or str(chance.choice(FAULTS))](face, chance) for face in faces])


def _far(face: Gray, chance: Chance) -> Gray:
    """12 to 24 pixels high in the picture."""
    side = round(chance.uniform(12, 24) * REACH)
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    return _gray(cv2.resize(small, face.shape, interpolation=cv2.INTER_LINEAR))


def _soft(face: Gray, chance: Chance) -> Gray:
    return _gray(cv2.GaussianBlur(face, (0, 0), float(chance.uniform(0.5, 1.5))))


def _moving(face: Gray, chance: Chance) -> Gray:
    """Smeared along a line of 2 to 6 pixels."""
    angle, length, reach = chance.uniform(0, np.pi), chance.uniform(2, 6), 4
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for step in np.linspace(-length / 2, length / 2, 24):
        kernel[round(reach + step * np.sin(angle)), round(reach + step * np.cos(angle))] += 1
    return _gray(cv2.filter2D(face, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))


def _dark(face: Gray, chance: Chance) -> Gray:
    """1 to 2.5 stops darker, with noise."""
    signal = face.astype(np.float32) * 2.0 ** -chance.uniform(1, 2.5)
    return _gray(np.round(signal + chance.normal(0, NOISE, face.shape)))


def _bright(face: Gray, chance: Chance) -> Gray:
    """Half a stop to one stop brighter, clipped."""
    return _gray(face.astype(np.float32) * 2.0 ** chance.uniform(0.5, 1))


def _gray(values: Any) -> Gray:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


_MAKERS = {"far": _far, "soft": _soft, "moving": _moving, "dark": _dark, "bright": _bright}
