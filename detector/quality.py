"""How good the picture of a face is, and whether it may be read; pure, used by the detector stage."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import Box, Landmarks, Quality, Status


@dataclass(frozen=True)
class QualityGate:
    """The limits outside of which a face is not read; units as in `Quality`."""

    min_height: float
    min_sharpness: float
    max_turn: float
    min_light: float
    max_light: float
    min_inside: float

    def refuse(self, quality: Quality) -> Status | None:
        """Give the first reason why a face must not be read; None if it may."""
        if quality.inside < self.min_inside:
            return "cut_off"
        if quality.height < self.min_height:
            return "too_small"
        if quality.turn > self.max_turn:
            return "turned_away"
        if not self.min_light <= quality.light <= self.max_light:
            return "badly_lit"
        if quality.sharpness < self.min_sharpness:
            return "blurred"
        return None


def measure(
    box: Box, landmarks: Landmarks, crop: npt.NDArray[np.uint8], frame_width: int, frame_height: int
) -> Quality:
    """Measure one face.

    Args:
        box: face area, pixels of the frame.
        landmarks: pixels of the frame.
        crop: the face by the crop rule, gray.
        frame_width: pixels.
        frame_height: pixels.
    """
    inside = box.overlap(Box(0.0, 0.0, float(frame_width), float(frame_height))) / max(box.width * box.height, 1e-9)
    return Quality(
        height=box.height,
        sharpness=float(cv2.Laplacian(crop, cv2.CV_32F).std()),
        turn=turn(landmarks),
        light=float(crop.mean()) / 255,
        inside=inside,
    )


def turn(landmarks: Landmarks) -> float:
    """Sideways turn of the head, 0 (frontal) to 1 (profile): how far the nose has left the middle of the eyes.

    The offset is measured along the line through the eyes, in half distances between them, so that roll does not
    count.
    """
    across = landmarks.right_eye.x - landmarks.left_eye.x
    down = landmarks.right_eye.y - landmarks.left_eye.y
    square = across * across + down * down
    if square == 0:
        return 1.0
    middle_x = (landmarks.left_eye.x + landmarks.right_eye.x) / 2
    middle_y = (landmarks.left_eye.y + landmarks.right_eye.y) / 2
    along = ((landmarks.nose.x - middle_x) * across + (landmarks.nose.y - middle_y) * down) / square
    return min(abs(along) * 2, 1.0)
