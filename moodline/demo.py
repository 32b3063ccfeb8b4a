"""The demonstration clip: two public-domain portraits walk through a drawn shop; used by `moodline demo`.

The portraits come inside packages and are not downloaded: Grace Hopper (United States Navy) with matplotlib, Eileen
Collins (NASA) with scikit-image. Each is cut out by hand-set outlines. Everything is computed from the frame number,
so that the pictures are the same every time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from matplotlib.cbook import get_sample_data
from skimage.data import astronaut

from common.errors import OutputError
from moodline.output import check_folder, replaced

WIDTH, HEIGHT = 960, 540
RATE = 15
SECONDS = 12

_BACK_SHELVES = (70, 165)
_ISLE = (330, 440)
_COUNTER = 488
_HOPPER = (
    (261, 23), (221, 30), (180, 61), (172, 89), (157, 107), (157, 154), (156, 186), (158, 214), (166, 246),
    (163, 271), (180, 293), (198, 299), (199, 316), (114, 357), (54, 382), (32, 429), (25, 500), (15, 600),
    (506, 600), (504, 500), (499, 442), (484, 394), (430, 358), (350, 326), (344, 304), (360, 272), (366, 236),
    (374, 207), (371, 179), (370, 150), (370, 108), (364, 89), (351, 82), (347, 67), (303, 34),
)  # fmt: skip
_COLLINS = (
    (231, 16), (191, 28), (163, 51), (155, 79), (160, 107), (177, 127), (141, 154), (118, 182), (117, 207),
    (60, 258), (39, 307), (28, 371), (21, 429), (34, 486), (41, 512), (509, 512), (501, 457), (487, 400),
    (451, 358), (402, 344), (359, 351), (356, 307), (340, 268), (306, 240), (304, 221), (291, 197), (274, 176),
    (257, 168), (263, 137), (283, 127), (300, 93), (298, 61), (269, 33),
)  # fmt: skip

Picture = npt.NDArray[np.uint8]
Layer = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Walk:
    """One way through the shop.

    Attributes:
        sprite: (h, w, 4) premultiplied colour and opacity, 0 to 1, in the size of its lane.
        top: height of the sprite's upper edge, pixels from above.
        path: (second, middle of the sprite in pixels from the left), in order; outside of it nobody is there.
        near: whether it leads in front of the isle of shelves.
    """

    sprite: Layer
    top: float
    path: tuple[tuple[float, float], ...]
    near: bool

    def place(self, second: float) -> tuple[float, float] | None:
        """Left and upper edge at a time, with the rise and fall of steps; None when nobody is there."""
        times, places = zip(*self.path, strict=True)
        if not times[0] <= second <= times[-1]:
            return None
        middle = float(np.interp(second, times, places))
        speed = abs(float(np.interp(second + 0.2, times, places)) - middle) / 0.2
        scale = self.sprite.shape[0] / 600
        stride = min(speed / 100, 1.0) * 9 * scale
        sway = 2.5 * scale * np.sin(2 * np.pi * 0.4 * second)
        return middle + sway - self.sprite.shape[1] / 2, self.top - stride * abs(np.sin(2 * np.pi * 0.9 * second))


def compose_demo(path: Path) -> None:
    """Write the clip: 12 s, 960 × 540, 15 frames a second, H.264 in MP4.

    Args:
        path: the file, written whole or not at all; its folder is made.

    Raises:
        OutputError: the file cannot be written.
    """
    options = {"crf": "20", "preset": "veryfast", "threads": "1"}
    check_folder(path.parent)
    with replaced(path) as part, av.open(str(part), "w", format="mp4") as target:
        stream: Any = target.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(demo_frames()):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def demo_frames() -> Iterator[Picture]:
    """Draw the clip's pictures, each (540, 960, 3) RGB."""
    back, front = _shop()
    walks = _walks()
    for number in range(RATE * SECONDS):
        canvas = back.copy()
        second = number / RATE
        for walk in (walk for walk in walks if not walk.near):
            _paint(canvas, walk, second)
        isle = slice(_ISLE[0], _ISLE[1])
        canvas[isle] = front[isle]
        canvas[_ISLE[1] :] = back[_ISLE[1] :]
        for walk in (walk for walk in walks if walk.near):
            _paint(canvas, walk, second)
        canvas[_COUNTER:] = front[_COUNTER:]
        yield np.rint(canvas * 255).astype(np.uint8)


def _walks() -> tuple[Walk, ...]:
    read: Any = cv2.imread(str(get_sample_data("grace_hopper.jpg", asfileobj=False)))
    if read is None:
        raise OutputError("the demonstration needs the sample pictures of matplotlib; install matplotlib again")
    hopper: Picture = read[..., ::-1]
    collins: Picture = astronaut()  # type: ignore[no-untyped-call]  # scikit-image has no types
    slow = ((0.0, -110.0), (3.0, 390.0), (6.0, 395.0), (9.5, 690.0), (12.0, 700.0))
    return (
        Walk(_cut(collins, _COLLINS, 0.62), 142, slow, near=False),
        Walk(_cut(hopper, _HOPPER, 0.37), 150, ((8.0, -90.0), (10.5, 250.0), (12.0, 262.0)), near=False),
        Walk(_cut(hopper, _HOPPER, 0.78), 64, ((0.6, 1150.0), (3.0, 690.0), (3.8, 660.0), (6.8, -190.0)), near=True),
    )


def _cut(portrait: Picture, outline: tuple[tuple[int, int], ...], scale: float) -> Layer:
    """Cut a person out along an outline, with a soft edge, and bring them to the size of their lane."""
    mask = np.zeros(portrait.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.array(outline, np.int32)], 255)
    mask = cv2.erode(mask, np.ones((5, 5), np.uint8))  # type: ignore[assignment]  # keeps the old background out
    opacity = cv2.GaussianBlur(mask, (0, 0), 2.5).astype(np.float32)[..., None] / 255
    sprite = np.concatenate([portrait.astype(np.float32) / 255 * opacity, opacity], axis=2)
    return cv2.resize(sprite, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def _paint(canvas: Layer, walk: Walk, second: float) -> None:
    """Lay a walker over the picture where they are at this time."""
    place = walk.place(second)
    if place is None:
        return
    height, width = walk.sprite.shape[:2]
    left, top = int(np.floor(place[0])), int(np.floor(place[1]))
    shift = np.array([[1, 0, place[0] - left], [0, 1, place[1] - top]], np.float32)
    layer = cv2.warpAffine(walk.sprite, shift, (width + 1, height + 1))
    x0, x1, y1 = max(left, 0), min(left + width + 1, WIDTH), min(top + height + 1, HEIGHT)
    if x0 >= x1:
        return
    layer = layer[: y1 - top, x0 - left : x1 - left]
    part = canvas[top:y1, x0:x1]
    part *= 1 - layer[..., 3:]
    part += layer[..., :3]


def _shop() -> tuple[Layer, Layer]:
    """Draw the picture behind everybody, and the furniture in front: (540, 960, 3) RGB, 0 to 1."""
    chance = np.random.default_rng(7)
    down = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    wall = (1 - down) * np.array([0.93, 0.91, 0.86], np.float32) + down * np.array([0.74, 0.71, 0.66], np.float32)
    across = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :, None]
    back = np.ascontiguousarray(wall * (1 - 0.16 * across**2))
    for shelf in _BACK_SHELVES:
        _goods(back, chance, shelf + 78, (34, 66), 0.45)
        cv2.rectangle(back, (0, shelf + 78), (WIDTH, shelf + 85), (0.55, 0.47, 0.38), -1)
    floor = back[300:]
    floor[:] = np.array([0.62, 0.60, 0.57], np.float32) * (1 - 0.25 * np.abs(across)) * np.ones((240, 1, 1), np.float32)
    for line in range(-900, 1900, 120):
        cv2.line(back, (480 + (line - 480) // 3, 300), (line, HEIGHT), (0.52, 0.50, 0.48), 1, cv2.LINE_AA)
    front = back.copy()
    cv2.rectangle(front, (0, _ISLE[0]), (WIDTH, _ISLE[1]), (0.40, 0.36, 0.33), -1)
    _goods(front, chance, _ISLE[1] - 14, (46, 84), 0.8)
    cv2.rectangle(front, (0, _ISLE[0]), (WIDTH, _ISLE[0] + 9), (0.72, 0.63, 0.50), -1)
    cv2.rectangle(front, (0, _ISLE[1] - 14), (WIDTH, _ISLE[1]), (0.60, 0.52, 0.42), -1)
    cv2.rectangle(front, (0, _COUNTER), (WIDTH, HEIGHT), (0.36, 0.27, 0.20), -1)
    cv2.rectangle(front, (0, _COUNTER), (WIDTH, _COUNTER + 10), (0.56, 0.43, 0.31), -1)
    return back, front


def _goods(picture: Layer, chance: np.random.Generator, bottom: int, heights: tuple[int, int], strength: float) -> None:
    """Stand boxes of several colours side by side on a shelf; weaker colours look farther away."""
    left = 6
    while left < WIDTH - 20:
        width, height = int(chance.integers(18, 44)), int(chance.integers(*heights))
        colour = 0.8 * (1 - strength) + strength * chance.uniform(0.15, 0.85, 3)
        for repeat in range(int(chance.integers(1, 4))):
            x = left + repeat * (width + 3)
            tone = tuple(float(value) for value in colour)
            cv2.rectangle(picture, (x, bottom - height), (x + width, bottom), tone, -1)
            label = tuple(float(value) for value in 0.6 * colour + 0.4)
            top = bottom - height * 2 // 3
            cv2.rectangle(picture, (x + 3, top), (x + width - 3, bottom - height // 3), label, -1)
            left = x + width + 3
        left += int(chance.integers(2, 16))
