"""OpenCV's cascade of Haar features (Viola & Jones, CVPR 2001) as a finder; made by `choose`.

Of the frontal cascades that OpenCV ships, `alt2` is the cheapest; `default` finds as many faces of the labelled scenes,
but of its finds a quarter are none. It sees gray only and has no landmarks: see `upright`. Its score is made from how
many windows around a face agreed.
"""

import math
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from common.errors import ModelError
from detector.backends.score import Scale
from detector.backends.upright import face_area, landmarks_in
from detector.backends.view import gray_view
from detector.finder import Detection
from detector.merge import merge
from detector.picture import Picture
from detector.tiles import Region

CASCADE = "haarcascade_frontalface_alt2.xml"
WINDOW = 20
"""The smallest square that the cascade judges, pixels."""

AREA_WIDTH, AREA_DROP, AREA_ASPECT = 0.66, 0.015, 1.1
"""From its square to the face area, see `face_area`."""

STEP = 1.1
"""Ratio of one size searched to the next smaller."""

LEAST = 1
"""Windows around a place, beyond one, that must agree."""

SCORE = Scale(0.75, 0.74)
"""Over the logarithm of how many windows agreed: 2 are followed, 4 begin a track."""


class HaarFinder:
    """One cascade; not for use by two threads at once.

    Args:
        smallest_face: height of the smallest face searched for, pixels of the frame; None goes by the frame's height.

    Raises:
        ModelError: the cascade is not where OpenCV's package should have it.
    """

    tile_faces: ClassVar[float | None] = None

    def __init__(self, smallest_face: int | None = None) -> None:
        self._smallest = smallest_face
        path = Path(cv2.data.haarcascades) / CASCADE  # type: ignore[attr-defined]  # its stubs leave it out
        self._cascade = cv2.CascadeClassifier(str(path)) if path.is_file() else cv2.CascadeClassifier()
        if self._cascade.empty():
            raise ModelError(f"OpenCV's cascade '{CASCADE}' is missing; install opencv-python again")

    def look(self, picture: Picture, region: Region) -> list[Detection]:
        """See `Finder.look`."""
        view = gray_view(picture, region, WINDOW * AREA_WIDTH * AREA_ASPECT, self._smallest)
        squares, agreed = self._cascade.detectMultiScale2(view.image, scaleFactor=STEP, minNeighbors=LEAST)
        found = []
        for (x, y, width, height), count in zip(np.asarray(squares).tolist(), np.asarray(agreed).tolist(), strict=True):
            area = face_area(view.in_frame(x, y, width, height), AREA_WIDTH, AREA_DROP, AREA_ASPECT)
            found.append(Detection(area, SCORE.of(math.log(count)), landmarks_in(area)))
        return merge(found)

    def close(self) -> None:
        """See `Finder.close`; a cascade holds nothing that must be released."""
