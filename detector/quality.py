"""How good the picture of a face is, and whether it may be read; pure, used by the detector stage."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from common.messages import Box, Landmarks, Quality, Status
from detector.crop_measures import measure_crop
from detector.curves import CURVES, LOW_IS_BAD, Measure, share_left

COVERED = 0.4
"""Share of a face's box from which a larger face over it hides too much."""

_REASONS: dict[Measure, Status] = {
    "inside": "cut_off",
    "height": "too_small",
    "turn": "turned_away",
    "contrast": "badly_lit",
    "clipped": "badly_lit",
    "detail": "blurred",
    "occlusion": "occluded",
}


@dataclass(frozen=True)
class QualityGate:
    """The limits outside of which a face is not read; units as in `Quality`.

    How they were learned, and how often a face at each of them is read wrongly, is in `docs/quality.md`.
    """

    min_height: float = 12.0
    min_detail: float = 0.1
    max_turn: float = 0.95
    min_contrast: float = 7.5
    max_clipped: float = 0.6
    min_inside: float = 0.6
    max_occlusion: float = 0.8

    def refuse(self, quality: Quality) -> Status | None:
        """Give the worst reason why a face must not be read; None if it may.

        The worst is the measure that has lost most accuracy since its limit, by its learned curve.
        """
        beyond = []
        for measure, limit in self.limits().items():
            value = getattr(quality, measure)
            if value < limit if LOW_IS_BAD[measure] else value > limit:
                beyond.append((share_left(measure, limit) - share_left(measure, value), _REASONS[measure]))
        return max(beyond, key=lambda reason: reason[0])[1] if beyond else None

    def limits(self) -> dict[Measure, float]:
        """Give each limit by the measure that it is of; of reasons that weigh the same the first counts."""
        return {
            "inside": self.min_inside,
            "height": self.min_height,
            "turn": self.max_turn,
            "contrast": self.min_contrast,
            "clipped": self.max_clipped,
            "detail": self.min_detail,
            "occlusion": self.max_occlusion,
        }


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
    frame = Box(0.0, 0.0, float(frame_width), float(frame_height))
    seen = measure_crop(crop)
    quality = Quality(
        height=box.height,
        sharpness=seen.sharpness,
        turn=turn(landmarks),
        light=seen.light,
        inside=box.overlap(frame) / max(box.width * box.height, 1e-9),
        detail=seen.detail,
        contrast=seen.contrast,
        clipped=seen.clipped,
        occlusion=seen.occlusion,
    )
    return replace(quality, left=left(quality))


def left(quality: Quality) -> float:
    """Share of the net's accuracy that is left on such faces, 0 to 1: by the worst measure, since faults overlap."""
    return min(share_left(name, getattr(quality, name)) for name in CURVES)


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
