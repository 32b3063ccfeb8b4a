"""dlib's frontal face detector, histograms of gradients and a linear classifier (King, 2015), as a finder.

Made by `choose`; needs the extra `dlib`. It sees gray only and has no landmarks: see `upright`. (dlib's own landmark
model may not be used commercially and is not part of its package.) Faces below 80 pixels are enlarged for it, which
makes it dear where small faces are wanted.
"""

from typing import ClassVar

import dlib

from detector.backends.score import Scale
from detector.backends.upright import face_area, landmarks_in
from detector.backends.view import gray_view
from detector.finder import Detection
from detector.merge import merge
from detector.picture import Picture
from detector.tiles import Region

WINDOW = 80
"""The smallest square that it judges, pixels."""

AREA_WIDTH, AREA_DROP, AREA_ASPECT = 0.76, -0.065, 1.1
"""From its square to the face area, see `face_area`."""

LEAST = -0.62
"""Margin of the classifier from which a square is given; 0 is where it decides by itself."""

SCORE = Scale(-0.5, 0.3)
"""Over the margin: -0.56 is followed, and -0.25 is a clear face."""


class DlibFinder:
    """One detector; not for use by two threads at once.

    Args:
        smallest_face: height of the smallest face searched for, pixels of the frame; None goes by the frame's height.
    """

    tile_faces: ClassVar[float | None] = None

    def __init__(self, smallest_face: int | None = None) -> None:
        self._smallest = smallest_face
        self._detector = dlib.get_frontal_face_detector()

    def look(self, picture: Picture, region: Region) -> list[Detection]:
        """See `Finder.look`."""
        view = gray_view(picture, region, WINDOW * AREA_WIDTH * AREA_ASPECT, self._smallest)
        squares, margins, _ = self._detector.run(view.image, 0, LEAST)
        found = []
        for square, margin in zip(squares, margins, strict=True):
            place = view.in_frame(square.left(), square.top(), square.width(), square.height())
            area = face_area(place, AREA_WIDTH, AREA_DROP, AREA_ASPECT)
            found.append(Detection(area, SCORE.of(margin), landmarks_in(area)))
        return merge(found)

    def close(self) -> None:
        """See `Finder.close`; the detector holds nothing that must be released."""
