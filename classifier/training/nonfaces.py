"""Makes crops that show no face, of several kinds; used to learn the test for faces and to measure it.

Real false finds of a detector are rare and of each camera's own kind, so these are made: textures, drawn shapes, and
pictures of faces with no face left in them. A turned face is a face: it is made for measuring, and never learned as
none, because a test that refuses roll does not see things any more (see `docs/calibration.md`).
"""

import string
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]
Chance = np.random.Generator

SIDE = 48


def make(kind: str, count: int, faces: Gray, chance: Chance) -> Gray:
    """Make crops of one kind.

    Args:
        kind: a name in `KINDS`, or `turned`.
        count: how many.
        faces: (N, 48, 48) pictures of faces, which some kinds are made of.
        chance: the source of randomness.

    Returns:
        (count, 48, 48) gray.
    """
    maker = KINDS.get(kind, _turned)
    return np.stack([maker(faces[chance.integers(len(faces))], chance) for _ in range(count)])


def _clouds(_face: Gray, chance: Chance) -> Gray:
    return _levels(_octaves(chance), chance)


def _stripes(_face: Gray, chance: Chance) -> Gray:
    down, across = np.mgrid[:SIDE, :SIDE] / SIDE
    angle = chance.uniform(0, np.pi)
    along = across * np.cos(angle) + down * np.sin(angle)
    waves = np.sin(2 * np.pi * (chance.uniform(0.5, 14) * along + chance.uniform()))
    if chance.random() < 0.5:
        waves = np.sign(waves)
    if chance.random() < 0.3:
        crossing = down * np.cos(angle) - across * np.sin(angle)
        waves = waves * np.sin(2 * np.pi * chance.uniform(0.5, 14) * crossing)
    return _levels(waves + chance.uniform(0, 0.5) * _octaves(chance), chance)


def _shapes(_face: Gray, chance: Chance) -> Gray:
    """Boxes, ellipses, lines and letters over each other: shelves, bags, lamps, signs."""
    canvas = np.full((SIDE, SIDE), chance.uniform(0, 255), np.float32)
    for _ in range(int(chance.integers(1, 14))):
        start, end = ([int(v) for v in chance.integers(-8, SIDE + 8, 2)] for _ in range(2))
        level, form = float(chance.uniform(0, 255)), int(chance.integers(4))
        if form == 0:
            cv2.rectangle(canvas, start, end, level, -1)
        elif form == 1:
            axes = [int(v) for v in chance.integers(1, 26, 2)]
            cv2.ellipse(canvas, start, axes, float(chance.uniform(0, 180)), 0, 360, level, -1)
        elif form == 2:
            cv2.line(canvas, start, end, level, int(chance.integers(1, 6)))
        else:
            text = "".join(chance.choice(list(string.ascii_uppercase + string.digits), 4))
            size, thick = float(chance.uniform(0.3, 1.2)), int(chance.integers(1, 3))
            cv2.putText(canvas, text, start, cv2.FONT_HERSHEY_SIMPLEX, size, level, thick)
    soft = cv2.GaussianBlur(canvas, (0, 0), float(chance.uniform(0.3, 2.5)))
    return _levels(soft + chance.uniform(0, 10) * chance.standard_normal((SIDE, SIDE)), chance)


def _shuffled(face: Gray, chance: Chance) -> Gray:
    """Let tiles of the face change places, each turned and mirrored by chance."""
    across = int(chance.choice((2, 3, 4, 6)))
    side = SIDE // across
    order = chance.permutation(across * across)
    while (order == np.arange(across * across)).mean() > 0.3:
        order = chance.permutation(across * across)
    mixed = np.empty_like(face)
    for place, source in enumerate(order):
        row, column = divmod(int(source), across)
        tile = np.rot90(
            face[row * side : (row + 1) * side, column * side : (column + 1) * side], int(chance.integers(4))
        )
        row, column = divmod(place, across)
        shown = tile[:, ::-1] if chance.random() < 0.5 else tile
        mixed[row * side : (row + 1) * side, column * side : (column + 1) * side] = shown
    # Hard edges between the tiles would give them away.
    return mixed if chance.random() < 0.5 else _gray(cv2.GaussianBlur(mixed, (0, 0), float(chance.uniform(0.3, 1.2))))


def _nearby(face: Gray, chance: Chance) -> Gray:
    """Magnify a sixth to a third of the side: an eye, a cheek, hair."""
    side = int(chance.integers(SIDE // 6, SIDE // 3 + 1))
    top, left = chance.integers(0, SIDE - side + 1, 2)
    part = face[top : top + side, left : left + side]
    return _gray(cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def _beside(face: Gray, chance: Chance) -> Gray:
    """Move the face mostly out of the crop; beside it the picture's border goes on, or clouds do."""
    angle, scale = chance.uniform(0, 2 * np.pi), chance.uniform(0.8, 1.4)
    way = np.array([np.cos(angle), np.sin(angle)])
    move = chance.uniform(0.6, 0.9) * SIDE * way / np.abs(way).max() + SIDE / 2 * (1 - scale)
    matrix = np.array([[scale, 0, move[0]], [0, scale, move[1]]], np.float32)
    moved = _gray(cv2.warpAffine(face, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE))
    if chance.random() < 0.4:
        return moved
    inside = cv2.warpAffine(np.ones_like(face), matrix, (SIDE, SIDE))
    return np.where(inside > 0, moved, _clouds(face, chance))


def _turned(face: Gray, chance: Chance) -> Gray:
    """Lay the face on its side, or turn it upside down."""
    return np.ascontiguousarray(np.rot90(face, int(chance.integers(1, 4))))


def _octaves(chance: Chance) -> Floats:
    """Noise of all sizes, the fine ones weaker: clouds, walls, cloth, leaves."""
    rough = chance.uniform(0.3, 1.0)
    layers = (
        rough**power * cv2.resize(chance.standard_normal((size, size)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        for power, size in enumerate((2, 3, 6, 12, 24, 48))
    )
    return np.asarray(sum(layers), np.float64)


def _levels(values: Floats, chance: Chance) -> Gray:
    """Any values as gray levels, with a mean and a spread of chance."""
    standard = (values - values.mean()) / (values.std() + 1e-6)
    return _gray(chance.uniform(60, 190) + standard * chance.uniform(5, 70))


def _gray(values: Any) -> Gray:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


KINDS: dict[str, Callable[[Gray, Chance], Gray]] = {
    "clouds": _clouds,
    "stripes": _stripes,
    "shapes": _shapes,
    "shuffled": _shuffled,
    "nearby": _nearby,
    "beside": _beside,
}
"""What is learned as no face."""
