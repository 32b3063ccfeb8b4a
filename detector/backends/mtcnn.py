"""MTCNN as a finder: three small nets, one after another, over all sizes; made by `choose`.

It gives five landmarks. The ears are estimated: where they are in an upright face that looks straight ahead.
"""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from common.messages import Box, Landmarks, Point
from detector.backends.nets import Nets
from detector.backends.score import Scale
from detector.finder import Detection
from detector.merge import merge
from detector.picture import Picture
from detector.tiles import Region, smallest_face

AREA_HEIGHT = 0.66
"""Height of the face area, as a share of the box's."""

AREA_ASPECT = 1.1
AREA_DROP = 0.3
"""Height of the face area over its width, and its middle between eyes (0) and mouth (1): MediaPipe's, see `faces`."""

EAR_OUT, EAR_DOWN = 1.02, 0.38
"""The ears, from between the eyes: distances between the eyes sideways, and lengths from there to the nose down."""

SCORE = Scale(-0.6, 2.0)
"""Over the log-odds of the third net: its 0.27 is followed, and 0.75 is a clear face."""

Vector = npt.NDArray[np.float64]


class MtcnnFinder:
    """One set of nets; not for use by two threads at once.

    Args:
        smallest_face: height of the smallest face searched for, pixels of the frame; None goes by the frame's height.

    Raises:
        ModelError: a file of the package is missing or damaged.
    """

    tile_faces: ClassVar[float | None] = None

    def __init__(self, smallest_face: int | None = None) -> None:
        self._smallest = smallest_face
        self._nets = Nets()

    def look(self, picture: Picture, region: Region) -> list[Detection]:
        """See `Finder.look`."""
        image = picture.colour(region, (region.width, region.height))
        found = self._nets.find(image, (self._smallest or smallest_face(picture.luma.shape[0])) / AREA_HEIGHT)
        corner = np.array([region.x, region.y], np.float32)
        return merge(
            _detection(box + np.tile(corner, 2), float(score), points + corner)
            for box, score, points in zip(*found, strict=True)
        )

    def close(self) -> None:
        """See `Finder.close`; the nets hold nothing that must be released."""


def _detection(box: npt.NDArray[np.float32], score: float, points: npt.NDArray[np.float32]) -> Detection:
    left_eye, right_eye, nose, left_mouth, right_mouth = (np.asarray(point, np.float64) for point in points)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    middle = eyes + (mouth - eyes) * AREA_DROP
    height = float(box[3] - box[1]) * AREA_HEIGHT
    width = height / AREA_ASPECT
    area = Box(float(middle[0]) - width / 2, float(middle[1]) - height / 2, width, height)
    chance = min(max(score, 1e-6), 1 - 1e-6)
    marks = (left_eye, right_eye, nose, mouth, *_ears(left_eye, right_eye, eyes, nose))
    landmarks = Landmarks(*(Point(float(x), float(y)) for x, y in marks))
    return Detection(area, SCORE.of(math.log(chance / (1 - chance))), landmarks)


def _ears(left_eye: Vector, right_eye: Vector, eyes: Vector, nose: Vector) -> tuple[Vector, Vector]:
    """Estimate the ears: on the line of the eyes, as far out as on an upright face, and down by a share of the nose."""
    across, down = (right_eye - left_eye) * EAR_OUT, (nose - eyes) * EAR_DOWN
    return eyes - across + down, eyes + across + down
