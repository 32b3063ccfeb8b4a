"""What a detector without landmarks means: a face area, and where its six points would be; used by `haar` and `dlib`.

The points are an estimate: those of an upright face that looks straight ahead, the medians of MediaPipe's over
portraits. Turn is therefore always 0, and `turned_away` never comes up; these detectors find hardly any turned face.
"""

from common.messages import Box, Landmarks, Point

EYE = (0.29, 0.33)
"""An eye: how far beside the middle of the face area, and how far below its top, as shares of its sides."""

NOSE_DOWN = 0.627
MOUTH_DOWN = 0.896
EAR = (0.59, 0.444)


def landmarks_in(area: Box) -> Landmarks:
    """Estimate the six points of the face in a face area."""

    def at(across: float, down: float) -> Point:
        return Point(area.x + (0.5 + across) * area.width, area.y + down * area.height)

    (eye, eye_down), (ear, ear_down) = EYE, EAR
    return Landmarks(
        left_eye=at(-eye, eye_down),
        right_eye=at(eye, eye_down),
        nose=at(0.0, NOSE_DOWN),
        mouth=at(0.0, MOUTH_DOWN),
        left_ear=at(-ear, ear_down),
        right_ear=at(ear, ear_down),
    )


def face_area(square: Box, width: float, drop: float, aspect: float) -> Box:
    """Give the face area, forehead to chin, for the square of a detector.

    Args:
        square: what the detector gave, pixels of the frame.
        width: of the face area, as a share of the square's.
        drop: how far the middle of the face area lies below that of the square, as a share of its height.
        aspect: height of the face area over its width.
    """
    across = square.width * width
    down = across * aspect
    middle_x = square.x + square.width / 2
    middle_y = square.y + square.height * (0.5 + drop)
    return Box(middle_x - across / 2, middle_y - down / 2, across, down)
