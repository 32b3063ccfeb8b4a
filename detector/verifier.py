"""A second opinion on whether something is a face, by a net that shares nothing with the finder's; used by `looks`.

It is the third net of MTCNN (Zhang et al., IEEE SPL 2016), which was taught on what the first two mistake for faces.
Backs of heads, hands, drawings and crockery that BlazeFace takes for faces at every scale are none to it.
"""

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import Box
from detector.backends.nets import as_input, read_net
from detector.picture import Picture
from detector.tiles import Region

SIDE = 48
"""What the net sees, pixels."""

SQUARE = 1.3
"""Side of the square that is judged, in heights of the face area."""


class Verifier:
    """One net; not for use by two threads at once.

    Raises:
        ModelError: its file is missing or damaged.
    """

    def __init__(self) -> None:
        self._net = read_net("onet")

    def probability(self, picture: Picture, box: Box) -> float:
        """Say how likely it is that there is a face, 0 to 1.

        Args:
            picture: the frame.
            box: the face area, pixels of the frame.
        """
        self._net.setInput(as_input(square(picture, box)[np.newaxis]))
        return float(self._net.forward("softmax_2")[0, 1])


def square(picture: Picture, box: Box) -> npt.NDArray[np.uint8]:
    """Cut out what the net sees of a face: (48, 48, 3) RGB; what lies outside of the frame is black, as in training.

    Args:
        picture: the frame.
        box: the face area, pixels of the frame.
    """
    view = np.zeros((SIDE, SIDE, 3), np.uint8)
    height, width = picture.luma.shape
    x, y = box.middle
    side = max(box.height * SQUARE, 2.0)
    (left, across, column, columns), (top, down, row, rows) = (
        _span(x - side / 2, side, width),
        _span(y - side / 2, side, height),
    )
    if across and down:
        inside = Region(left, top, across, down)
        view[row : row + rows, column : column + columns] = picture.colour(inside, (columns, rows), cv2.INTER_AREA)
    return view


def _span(begin: float, length: float, limit: int) -> tuple[int, int, int, int]:
    """Cut a stretch to the frame, on even edges.

    Returns:
        Where it begins and how long it is, in the frame; and the same in the view.
    """
    first, last = 2 * round(max(begin, 0.0) / 2), 2 * round(min(begin + length, limit) / 2)
    last = min(last, limit // 2 * 2)
    if last <= first:
        return 0, 0, 0, 0
    scale = SIDE / length
    seen = min(max(2 * round((last - first) * scale / 2), 2), SIDE)
    return first, last - first, min(max(round((first - begin) * scale), 0), SIDE - seen), seen
