"""What is measured on the crop of a face alone: detail, contrast, clipped share, bareness; used by `detector.quality`.

All four are taken from the resized crop, so that they mean the same for near and far faces, and cost about as much
together as one filter over it.
"""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

DARKEST, BRIGHTEST = 17, 234
"""Levels from which on a pixel counts as clipped: black and white of video are 16 and 235."""

DIRECTIONS = 8
"""Directions in which detail is measured, evenly over half a turn."""

STEADY = 1.0
"""Gray levels added to a spread before it divides, so that a flat crop is not all detail."""

QUIET = 1.0
"""Gray levels a pixel added to edges before they are compared: noise is not a shape."""

FACE = slice(6, 42)
"""Rows and columns of the crop that the face fills."""

MOUTH = (slice(29, 42), slice(13, 35))
"""Where the crop rule puts the mouth, rows and columns."""

USUAL_MOUTH = 0.84
"""Median edge around the mouth over the mean edge of the face, in the median face of FER2013 PublicTest."""

USUAL_BAND = 1.02
"""The same for the strongest ninth of the weakest outer third of the face."""

_ANGLES = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
_COS, _SIN = np.cos(_ANGLES), np.sin(_ANGLES)
_POWERS = np.stack(
    [_COS**4, 4 * _COS**3 * _SIN, 2 * (_COS * _SIN) ** 2, 4 * (_COS * _SIN) ** 2, 4 * _COS * _SIN**3, _SIN**4], axis=1
)

Crop = npt.NDArray[np.uint8]


class CropMeasures(NamedTuple):
    """What `measure_crop` gives; meanings as in `common.messages.Quality`."""

    sharpness: float
    light: float
    detail: float
    contrast: float
    clipped: float
    occlusion: float


def measure_crop(crop: Crop) -> CropMeasures:
    """Measure a (48, 48) gray crop, levels as the decoder gives them."""
    mean, spread = cv2.meanStdDev(crop)
    contrast = float(spread[0, 0])
    between = cv2.countNonZero(cv2.inRange(crop, DARKEST + 1, BRIGHTEST - 1))
    return CropMeasures(
        sharpness=float(cv2.meanStdDev(cv2.Laplacian(crop, cv2.CV_32F))[1][0, 0]),
        light=float(mean[0, 0]) / 255,
        detail=_fine_detail(crop) / (contrast + STEADY),
        contrast=contrast,
        clipped=1 - between / crop.size,
        occlusion=_bareness(crop),
    )


def _fine_detail(crop: Crop) -> float:
    """Root mean square of the second derivative in the direction that has least of it, gray levels.

    The least, because motion softens one direction only, and leaves noise-like detail in the others.
    """
    xx, yy, xy = (_derivative(crop, *order) for order in ((2, 0), (0, 2), (1, 1)))
    # The mean square in every direction is a polynomial of these six means; a quarter of Sobel's slopes, squared.
    products = np.array([xx @ xx, xx @ xy, xx @ yy, xy @ xy, xy @ yy, yy @ yy]) / (16 * crop.size)
    return float(np.sqrt(max((_POWERS @ products).min(), 0.0)))


def _derivative(crop: Crop, across: int, down: int) -> npt.NDArray[np.int64]:
    """Slopes as whole numbers: their sums are exact, in whatever order a processor adds them."""
    return np.asarray(cv2.Sobel(crop, cv2.CV_16S, across, down), np.int64).ravel()


def _bareness(crop: Crop) -> float:
    """How much less edge the barest part of the face has than usual: 0 as usual or more, 1 none.

    A mask, a hand or a hat is mostly plainer than the mouth, cheeks and brows that it hides.
    """
    across, down = (slope.astype(np.int32) for slope in cv2.spatialGradient(crop))
    # An eighth of Sobel's slope is gray levels a pixel; sixteenths of that are kept whole, so that sums are exact.
    edges = np.asarray(2 * np.sqrt((across * across + down * down).astype(np.float64)), np.int64)
    face = edges[FACE, FACE]
    around = float(face.mean()) / 16 + QUIET
    region = edges[MOUTH].ravel()
    mouth = float(np.partition(region, region.size // 2)[region.size // 2]) / 16
    third = face.shape[0] // 3
    ninths = (face.reshape(3, third, 3, third).sum((1, 3)) / (16 * third * third)).tolist()
    thirds = (ninths[0], ninths[2], [row[0] for row in ninths], [row[2] for row in ninths])
    band = float(min(max(one) for one in thirds))
    left = min((mouth + QUIET) / around / USUAL_MOUTH, (band + QUIET) / around / USUAL_BAND)
    return float(min(max(1 - left, 0.0), 1.0))
