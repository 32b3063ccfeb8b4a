"""Builders of pictures with real faces, from the public-domain portraits that ship with the demo's packages."""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from matplotlib import cbook
from skimage import data

from common.messages import Frame, Point
from tests.builders_messages import spine


class Portrait(NamedTuple):
    """A colour picture (H, W, 3) RGB, and where eyes and mouth are in it, left and right as the viewer sees them."""

    picture: np.ndarray
    left_eye: Point
    right_eye: Point
    mouth: Point


@cache
def grace_hopper() -> Portrait:
    """512 × 600."""
    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    colour = cv2.imread(str(path), cv2.IMREAD_COLOR)[:600, :512]
    return Portrait(colour[:, :, ::-1].copy(), Point(222, 190), Point(303, 187), Point(270, 279))


@cache
def astronaut() -> Portrait:
    """512 × 512."""
    return Portrait(data.astronaut(), Point(203, 101), Point(246, 103), Point(224, 144))


def planes_of(picture: np.ndarray) -> np.ndarray:
    """I420 planes (H * 3 / 2, W) of an RGB picture with even sides."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2YUV_I420), np.uint8)


def frame_of(picture: np.ndarray, seq: int = 0, **names) -> Frame:
    height, width = picture.shape[:2]
    return Frame(spine(seq, **names), width, height, planes_of(picture))


def pasted(portrait: Portrait, x: int, y: int, *, size: tuple[int, int] = (640, 480), side: int = 200) -> np.ndarray:
    """An RGB picture of an evenly coloured room with a portrait, `side` pixels wide, its corner at `x`, `y`."""
    width, height = size
    room = np.full((height, width, 3), (150, 160, 170), np.uint8)
    high = round(side * portrait.picture.shape[0] / portrait.picture.shape[1])
    small = cv2.resize(portrait.picture, (side, high), interpolation=cv2.INTER_AREA)
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + side, width), min(y + high, height)
    room[top:bottom, left:right] = small[top - y : bottom - y, left - x : right - x]
    return room
