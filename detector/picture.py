"""The picture of one frame as planes; what every face detector looks at."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from detector.tiles import Region


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

    def colour(self, region: Region, size: tuple[int, int], method: int = cv2.INTER_LINEAR) -> npt.NDArray[np.uint8]:
        """Cut a region out in another size, (height, width, 3) RGB.

        Planes are resized before they become colour: converting the whole region would often cost as much as a look.

        Args:
            region: inside the frame, even edges.
            size: width and height that are wanted, even.
            method: of interpolation, as OpenCV names it.
        """
        width, height = size
        x, y, right, bottom = region.x, region.y, region.x + region.width, region.y + region.height
        stacked = np.empty((height * 3 // 2, width), np.uint8)
        chroma = stacked[height:].reshape(2, height // 2, width // 2)
        cv2.resize(self.luma[y:bottom, x:right], (width, height), dst=stacked[:height], interpolation=method)
        halves = (slice(y // 2, bottom // 2), slice(x // 2, right // 2))
        for plane, into in zip((self.blue, self.red), chroma, strict=True):
            cv2.resize(plane[halves], (width // 2, height // 2), dst=into, interpolation=method)
        return cv2.cvtColor(stacked, cv2.COLOR_YUV2RGB_I420)  # type: ignore[return-value]  # uint8 in, uint8 out
