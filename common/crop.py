"""The crop rule, the only one: how a face is cut from a frame for the net. The detector cuts, evaluation shares it.

A crop is a square of gray (the frame's luma), `CROP_SIDE` pixels a side, around the middle of the face box, and
`CROP_REACH` times as high. That is how the training pictures are cut: over 956 of them the detector's box has its
middle within 1 % of the picture's and 1 / 1.47 of its height (medians). What lies outside of the frame repeats the
frame's border.
"""

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import CROP_SIDE, Box

CROP_REACH = 1.47


def cut(luma: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.uint8]:
    """Cut the face in `box` from a frame.

    Args:
        luma: (H, W) gray, 0 to 255.
        box: face area in pixels of the frame.

    Returns:
        (48, 48) gray.
    """
    side = max(box.height * CROP_REACH, 2.0)
    left = box.x + box.width / 2 - side / 2
    top = box.y + box.height / 2 - side / 2
    x0, y0, x1, y1 = round(left), round(top), round(left + side), round(top + side)
    height, width = luma.shape
    part = luma[max(y0, 0) : min(y1, height), max(x0, 0) : min(x1, width)]
    if part.size == 0:
        return np.zeros((CROP_SIDE, CROP_SIDE), np.uint8)
    margins = (max(-y0, 0), max(y1 - height, 0), max(-x0, 0), max(x1 - width, 0))
    if any(margins):
        part = cv2.copyMakeBorder(part, *margins, cv2.BORDER_REPLICATE)  # type: ignore[assignment]  # uint8 in, uint8 out
    method = cv2.INTER_AREA if part.shape[0] > CROP_SIDE else cv2.INTER_LINEAR
    return cv2.resize(part, (CROP_SIDE, CROP_SIDE), interpolation=method)  # type: ignore[return-value]  # uint8 in, uint8 out
