"""Scenes in which much moves and nobody is: no mood may ever be read in them."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from detector.settings import DetectorSettings
from detector.stage import DetectorStage
from tests.builders_pictures import frame_of

WIDTH, HEIGHT = 640, 360
FRAMES = 12
SKIN = (215, 170, 140)

Scene = Callable[[int], np.ndarray]
"""Paints the RGB picture of a frame, by its number."""


def room() -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), 90, np.uint8)


def noise(index: int) -> np.ndarray:
    return np.random.default_rng(index).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


def smooth_noise(index: int) -> np.ndarray:
    coarse = np.random.default_rng(index).integers(0, 255, (HEIGHT // 20, WIDTH // 20, 3), np.uint8)
    return cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def stripes(index: int) -> np.ndarray:
    bright = (np.arange(WIDTH) + 3 * index) // 12 % 2 * 180
    return np.broadcast_to(bright[np.newaxis, :, np.newaxis], (HEIGHT, WIDTH, 3)).astype(np.uint8)


def checks(index: int) -> np.ndarray:
    bright = ((np.arange(WIDTH) + 2 * index) // 20 + np.arange(HEIGHT)[:, np.newaxis] // 20) % 2 * 200
    return np.repeat(bright[:, :, np.newaxis], 3, axis=2).astype(np.uint8)


def text(index: int) -> np.ndarray:
    picture = room()
    line = "the quick brown fox :) (o_o) 8-) " * 2
    for row in range(12):
        place = (5 - 2 * index, 25 + 28 * row)
        cv2.putText(picture, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (230, 230, 230), 2)
    return picture


def emoticons(index: int) -> np.ndarray:
    picture = room()
    for number in range(15):
        x, y = 70 + 125 * (number % 5) + 2 * index % 9, 60 + 115 * (number // 5)
        cv2.circle(picture, (x, y), 42, (240, 200, 60), -1)
        for eye in (x - 15, x + 15):
            cv2.circle(picture, (eye, y - 12), 6, (0, 0, 0), -1)
        cv2.ellipse(picture, (x, y + 8), (20, 14), 0, 0, 180, (0, 0, 0), 3)
    return picture


def balls(index: int) -> np.ndarray:
    picture = room()
    for number in range(20):
        place = (97 * number + 7 * index) % WIDTH, (53 * number + 5 * index) % HEIGHT
        cv2.circle(picture, place, 25, (200, 150, 120), -1)
    return picture


def hands(index: int) -> np.ndarray:
    picture = room()
    for x in (80 + 6 * index, 380 - 4 * index):
        cv2.rectangle(picture, (x, 180), (x + 70, 270), SKIN, -1)
        for finger in range(4):
            knuckle, tip = x + 8 + 18 * finger, (x + 5 + 20 * finger, 110 + 8 * abs(finger - 1))
            cv2.line(picture, (knuckle, 185), tip, SKIN, 15)
        cv2.line(picture, (x + 70, 220), (x + 110, 180), SKIN, 16)
    return picture


def crockery(index: int) -> np.ndarray:
    picture = room()
    for y in range(80, HEIGHT, 80):
        cv2.rectangle(picture, (0, y), (WIDTH, y + 6), (100, 80, 60), -1)
        for column in range(12):
            cv2.ellipse(picture, (30 + 52 * column + index % 5, y - 20), (20, 20), 0, 0, 180, (235, 235, 235), -1)
    return picture


def one_colour(index: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), (200, 30, 20 * index), np.uint8)


SCENES: list[Scene] = [noise, smooth_noise, stripes, checks, text, emoticons, balls, hands, crockery, one_colour]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_in_a_moving_scene_without_anybody_nothing_is_read_or_even_tracked(scene):
    stage = DetectorStage(DetectorSettings())
    frames = [frame_of(scene(index), index) for index in range(FRAMES)]
    found = list(stage.process(frames))
    stage.close()
    assert [one.dropped for one in found] == [None] * FRAMES
    assert [one.faces for one in found] == [()] * FRAMES
