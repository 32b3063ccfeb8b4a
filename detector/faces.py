"""MediaPipe's short-range BlazeFace behind one method: look at a region of a frame, get faces in frame pixels.

Used by the detector stage, one `FaceFinder` a thread. The box it gives is the face area from the middle of the
forehead to the chin: BlazeFace's own square is wider than the face and sits at a varying height, its eyes and mouth
do not.
"""

from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.components.containers import Detection as Detected
from mediapipe.tasks.python.vision import FaceDetector, FaceDetectorOptions

from common.errors import ModelError
from common.messages import Box, Landmarks, Point
from detector.finder import Detection
from detector.picture import Picture
from detector.quiet import quiet
from detector.tiles import TILE_FACES, Region

INPUT_SIDE = 128
"""What the net sees, pixels; larger pictures only cost time."""

LOWEST = 0.3
"""Detections below this score are never given."""

AREA_WIDTH = 0.72
"""Width of the face area, as a share of BlazeFace's square."""

AREA_ASPECT = 1.1
"""Height of the face area over its width."""

AREA_DROP = 0.3
"""Where the middle of the face area lies between the eyes (0) and the mouth (1)."""


class FaceFinder:
    """One MediaPipe detector; not for use by two threads at once.

    Raises:
        ModelError: the model file is missing or is not BlazeFace.
    """

    tile_faces: ClassVar[float | None] = TILE_FACES

    def __init__(self, model: Path) -> None:
        if not model.is_file():
            raise ModelError(f"the face model '{model.name}' is not installed; run `moodline models fetch`")
        options = FaceDetectorOptions(
            base_options=BaseOptions(model_asset_path=str(model)), min_detection_confidence=LOWEST
        )
        blank = Image(image_format=ImageFormat.SRGB, data=np.zeros((INPUT_SIDE, INPUT_SIDE, 3), np.uint8))
        try:
            with quiet():
                self._detector: FaceDetector | None = FaceDetector.create_from_options(options)
                self._detector.detect(blank)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"'{model.name}' is not a face model that MediaPipe can load: {error}") from error

    def look(self, picture: Picture, region: Region) -> list[Detection]:
        """Find the faces in one region of a frame."""
        if self._detector is None:
            # MediaPipe gives no faces after close instead of failing, which would read as an empty scene.
            raise ModelError("the face detector was closed while still in use")
        view = _view(picture, region)
        found = self._detector.detect(Image(image_format=ImageFormat.SRGB, data=view))
        scale = region.width / view.shape[1]
        return [_in_frame(detection, region, scale) for detection in found.detections]

    def close(self) -> None:
        """Release the detector and its thread."""
        if self._detector is not None:
            with quiet():
                self._detector.close()
            self._detector = None


def _view(picture: Picture, region: Region) -> npt.NDArray[np.uint8]:
    """Cut the region out in colour, (h, w, 3) RGB, its longer side shrunk to what the net sees."""
    shrink = min(INPUT_SIDE / max(region.width, region.height), 1.0)
    width = max(2 * round(region.width * shrink / 2), 2)
    return picture.colour(region, (width, max(2 * round(region.height * shrink / 2), 2)))


def _in_frame(detection: Detected, region: Region, scale: float) -> Detection:
    points = [Point(region.x + k.x * region.width, region.y + k.y * region.height) for k in detection.keypoints]
    landmarks = Landmarks(*points[:6])
    width = detection.bounding_box.width * scale * AREA_WIDTH
    height = width * AREA_ASPECT
    eyes_x = (landmarks.left_eye.x + landmarks.right_eye.x) / 2
    eyes_y = (landmarks.left_eye.y + landmarks.right_eye.y) / 2
    middle_x = eyes_x + (landmarks.mouth.x - eyes_x) * AREA_DROP
    middle_y = eyes_y + (landmarks.mouth.y - eyes_y) * AREA_DROP
    box = Box(middle_x - width / 2, middle_y - height / 2, width, height)
    return Detection(box, float(detection.categories[0].score), landmarks)
