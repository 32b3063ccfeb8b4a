"""A region of a frame in gray, at the scale at which a detector searches best; used by `haar` and `dlib`.

These detectors have a smallest face of their own. A region is shrunk or enlarged until the smallest face wanted has
that size: smaller faces are then not paid for, and no wanted face is too small.
"""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import Box
from detector.picture import Picture
from detector.tiles import Region, smallest_face

MOST_PIXELS = 1 << 25
"""A region is never enlarged beyond this many pixels, so that memory and time stay bounded; its smallest face grows."""

Plane = npt.NDArray[np.uint8]


class View(NamedTuple):
    """A region as the detector sees it.

    Attributes:
        image: (h, w) gray.
        left: left edge of the region, pixels of the frame.
        top: its upper edge.
        across: pixels of the frame for one pixel of the image, sideways.
        down: the same, downwards.
    """

    image: Plane
    left: int
    top: int
    across: float
    down: float

    def in_frame(self, x: float, y: float, width: float, height: float) -> Box:
        """Give a rectangle of the image in pixels of the frame."""
        return Box(self.left + x * self.across, self.top + y * self.down, width * self.across, height * self.down)


def gray_view(picture: Picture, region: Region, own: float, wanted: int | None) -> View:
    """Cut a region out in gray.

    Args:
        picture: the frame.
        region: what to cut; within the frame.
        own: height of the smallest face that the detector finds, pixels of the image.
        wanted: height of the smallest face wanted, pixels of the frame; None goes by the frame's height.
    """
    part = picture.luma[region.y : region.y + region.height, region.x : region.x + region.width]
    scale = own / (wanted or smallest_face(picture.luma.shape[0]))
    scale = min(scale, max((MOST_PIXELS / part.size) ** 0.5, 1.0))
    width, height = max(round(region.width * scale), 1), max(round(region.height * scale), 1)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image: Plane = cv2.resize(part, (width, height), interpolation=method)  # type: ignore[assignment]  # uint8 in, uint8 out
    return View(image, region.x, region.y, region.width / width, region.height / height)
