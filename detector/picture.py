"""The picture of one frame as planes; what every face detector looks at."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Picture(NamedTuple):
    """The planes of an I420 frame: luma (H, W), and two chroma planes (H / 2, W / 2)."""

    luma: npt.NDArray[np.uint8]
    blue: npt.NDArray[np.uint8]
    red: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, planes: npt.NDArray[np.uint8]) -> "Picture":
        """Give views into the planes of a `Frame`, (H * 3 / 2, W)."""
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        chroma = planes[height:].reshape(2, height // 2, width // 2)
        return cls(planes[:height], chroma[0], chroma[1])
