"""Builders of the messages between the stages, for the tests of buses, runners and stages."""

import numpy as np

from common.messages import (
    Box,
    Closed,
    Face,
    Faces,
    Frame,
    Landmarks,
    Mode,
    Opened,
    Point,
    Quality,
    Spine,
    Status,
)

QUALITY = Quality(height=80.0, sharpness=12.0, turn=0.1, light=0.5, inside=1.0)


def spine(
    seq: int = 0,
    *,
    camera: str = "shop",
    epoch: str = "e1",
    time_ms: int | None = None,
    mode: Mode = "file",
    arrived_ms: int | None = None,
) -> Spine:
    time_ms = seq * 100 if time_ms is None else time_ms
    arrived_ms = time_ms + 500 if arrived_ms is None else arrived_ms
    return Spine(camera, epoch, seq, time_ms, "file" if mode == "file" else "arrival", 0.0, arrived_ms, mode)


def opened(camera: str = "shop", epoch: str = "e1", mode: Mode = "file") -> Opened:
    return Opened(camera, epoch, 0, mode, 10.0, 640, 480, f"{camera}.mp4")


def closed(last_seq: int = 0, camera: str = "shop", epoch: str = "e1") -> Closed:
    return Closed(camera, epoch, last_seq * 100, last_seq, "end", 0, 0)


def empty_frame(seq: int = 0, *, dropped=None, **names) -> Frame:
    return Frame(spine(seq, **names), 640, 480, None, dropped)


def gray_frame(seq: int = 0, *, size: tuple[int, int] = (640, 480), level: int = 128, **names) -> Frame:
    width, height = size
    return Frame(spine(seq, **names), width, height, np.full((height * 3 // 2, width), level, np.uint8))


def landmarks_of(box: Box, nose_shift: float = 0.0) -> Landmarks:
    """Six points where they are in an upright face; `nose_shift` in widths of the box to the right."""

    def at(across: float, down: float) -> Point:
        return Point(box.x + across * box.width, box.y + down * box.height)

    return Landmarks(
        at(0.3, 0.3), at(0.7, 0.3), at(0.5 + nose_shift, 0.55), at(0.5, 0.75), at(0.02, 0.4), at(0.98, 0.4)
    )


def face(track: int = 1, *, refused: Status | None = None, crop: np.ndarray | None = None, box=None, zone=None) -> Face:
    box = box or Box(10.0, 20.0, 64.0, 70.0)
    return Face(track, box, 0.9, landmarks_of(box), QUALITY, refused, crop, zone)


def faces(seq: int = 0, *inside: Face, dropped=None, **names) -> Faces:
    return Faces(spine(seq, **names), inside, "recipe", dropped)
