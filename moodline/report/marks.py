"""What is drawn on a face of the annotated video: its box, and a plate with track number and label or status.

Drawn straight onto the decoder's planes, so that no pixel outside changes by a conversion of colours.
"""

import cv2
import numpy as np
import numpy.typing as npt

from common.messages import READ
from moodline.report.palette import COLOURS, DARK_WRITING, words
from sink.records import UNSETTLED, FrameFace

_UNREAD = "#b9bec6"
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_MOST_LETTER = 0.9

Plane = npt.NDArray[np.uint8]


def draw_mark(planes: Plane, face: FrameFace) -> None:
    """Draw one face, in place.

    Args:
        planes: I420, (H * 3 / 2, W); H and W even.
        face: what is drawn, in pixels of the frame.
    """
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    state = (face.label or UNSETTLED) if face.status in READ else face.status
    colour = COLOURS.get(state, _UNREAD)
    thick = max(2, 2 * round(height / 720))
    box = face.box
    left, right = (min(max(round(x / 2) * 2, 0), width) for x in (box.x, box.x + box.width))
    top, bottom = (min(max(round(y / 2) * 2, 0), height) for y in (box.y, box.y + box.height))
    if left >= right or top >= bottom:
        return
    for area in (
        (left, top, right, top + thick),
        (left, bottom - thick, right, bottom),
        (left, top, left + thick, bottom),
        (right - thick, top, right, bottom),
    ):
        _fill(planes, area, colour)
    black = state in DARK_WRITING or state not in COLOURS
    _plate(planes, f"{face.track.rsplit('-', 1)[-1]}  {words(state)}", (left, top, bottom), colour, black)


def _plate(planes: Plane, text: str, corner: tuple[int, int, int], colour: str, black: bool) -> None:
    """Write on a plate above a box, below it where there is no room above."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    size = min(max(height / 1200, 0.4), _MOST_LETTER)
    stroke = 1 if size < 0.7 else 2
    (text_width, text_height), base = cv2.getTextSize(text, _FONT, size, stroke)
    wide, high = _even_up(text_width + 10), _even_up(text_height + base + 6)
    left, top, bottom = corner
    left = max(min(left, (width - wide) // 2 * 2), 0)
    upper = top - high if top >= high else min(bottom, height - high)
    upper = max(upper // 2 * 2, 0)
    _fill(planes, (left, upper, left + wide, upper + high), colour)
    luma = planes[:height]
    place = (left + 5, upper + 3 + text_height)
    cv2.putText(luma, text, place, _FONT, size, 16 if black else 235, stroke, cv2.LINE_AA)


def _fill(planes: Plane, area: tuple[int, int, int, int], colour: str) -> None:
    """Fill an area, even on all sides, with one colour."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    left, top, right, bottom = area
    luma, blue, red = _yuv(colour)
    planes[:height][top:bottom, left:right] = luma
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    chroma[0, top // 2 : bottom // 2, left // 2 : right // 2] = blue
    chroma[1, top // 2 : bottom // 2, left // 2 : right // 2] = red


def _yuv(colour: str) -> tuple[int, int, int]:
    """`#rrggbb` as studio-range BT.601, the common case; another matrix shifts the hue a little."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    luma = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    return (
        round(luma),
        round(128 - 0.148 * red - 0.291 * green + 0.439 * blue),
        round(128 + 0.439 * red - 0.368 * green - 0.071 * blue),
    )


def _even_up(value: int) -> int:
    return value + value % 2
