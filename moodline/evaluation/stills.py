"""Reads single pictures the way a frame of a camera is read: search, closer look, crop, net; used by `evaluate`."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from classifier.settings import ClassifierSettings
from classifier.stage import ClassifierStage
from common.errors import DataError
from common.labels import LABELS
from common.messages import Faces, Frame, Reading, Readings, Spine
from detector.settings import DetectorSettings
from detector.stage import DetectorStage


class StillReader:
    """The detector and the classifier, for one picture at a time.

    A mirrored second look stands in for the frames that a track would have; more looks read no better.
    """

    def __init__(self, detector: DetectorSettings, classifier: ClassifierSettings) -> None:
        self._detector = DetectorStage(detector)
        self._classifier = ClassifierStage(classifier.model_copy(update={"views": 2}))
        self._count = 0

    def read(self, picture: Path) -> str | None:
        """Give the apparent expression of the largest face that could be read; None if there was none.

        Raises:
            DataError: the picture cannot be decoded.
        """
        planes = planes_of(picture)
        self._count += 1
        height, width = planes.shape[0] * 2 // 3, planes.shape[1]
        frame = Frame(Spine("still", str(self._count), 0, 0, "file", 0.0, 0, "file"), width, height, planes)
        for faces in self._detector.process([frame]):
            if not isinstance(faces, Faces):
                continue
            for readings in self._classifier.process([faces]):
                if isinstance(readings, Readings):
                    return _label_of_largest(readings.readings)
        return None

    def close(self) -> None:
        """Release the stages."""
        self._classifier.close()
        self._detector.close()


def _label_of_largest(readings: tuple[Reading, ...]) -> str | None:
    read = [reading for reading in readings if reading.probabilities is not None]
    if not read:
        return None
    largest = max(read, key=lambda reading: reading.box.width * reading.box.height)
    assert largest.probabilities is not None  # noqa: S101  # chosen above
    return LABELS[int(np.argmax(largest.probabilities))]


def planes_of(picture: Path) -> npt.NDArray[np.uint8]:
    """Read a picture file as the I420 planes of a frame; an odd last column or row is left out.

    Raises:
        DataError: the picture cannot be decoded.
    """
    colour = cv2.imread(str(picture), cv2.IMREAD_COLOR)
    if colour is None:
        raise DataError(f"picture '{picture}' cannot be decoded; replace it or take its row out of labels.csv")
    even = colour[: colour.shape[0] // 2 * 2, : colour.shape[1] // 2 * 2]
    return cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420)  # type: ignore[return-value]  # uint8 in, uint8 out
