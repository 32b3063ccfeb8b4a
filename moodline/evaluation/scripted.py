"""Scripted tracks: labelled pictures in sequence, as before a camera; used by `evaluate scripted`.

A track shows one expression after another, each in one picture of FER+ that most taggers agree on, all expressions
equally often. Half of the tracks change from one frame to the next, half fade over a fifth of a second. What happens to
the pictures is drawn for each track: a wandering and trembling box, a head that tilts, changing light, moments out of
focus, noise, and a face of 20 to 90 pixels. No frame of real footage and no training picture is used.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from classifier.labels import FERPLUS_LABELS
from classifier.training.data import FaceData, ferplus_majority
from common.crop import CROP_REACH
from common.errors import DataError
from common.labels import LABELS
from common.messages import CROP_SIDE, Gray

RATE = 25
"""Frames a second of a script."""

SECONDS = (8.0, 16.0)
"""Shortest and longest track."""

SHORTEST_S, MEAN_S = 0.6, 3.1
"""Shortest and mean time of one expression, seconds; the rest is drawn from an exponential distribution."""

FADE_S = 0.2
HEIGHTS = (20.0, 90.0)
"""Heights of faces, pixels."""

Floats = npt.NDArray[np.float64]
Pool = Mapping[str, npt.NDArray[np.uint8]]
"""Pictures (N, 48, 48) by label."""


@dataclass(frozen=True)
class Scripted:
    """One track.

    Attributes:
        crops: one for each frame, (48, 48) gray.
        labels: the expression in each frame.
        height: height of the face, pixels of the source.
    """

    crops: Sequence[Gray]
    labels: Sequence[str]
    height: float


def pool_of(faces: FaceData) -> Pool:
    """Sort the pictures that most taggers agree on by label.

    Raises:
        DataError: an expression has no picture.
    """
    majority = ferplus_majority(faces.votes)
    pool = {label: faces.pixels[majority == FERPLUS_LABELS.index(label)] for label in LABELS}
    missing = [label for label, pictures in pool.items() if not len(pictures)]
    if missing:
        raise DataError(f"there is no picture that most taggers call {missing[0]}; take another split")
    return pool


def tracks(pool: Pool, count: int, seed: int) -> Iterator[Scripted]:
    """Compose tracks; each follows from the seed and its number alone."""
    for number in range(count):
        yield _track(pool, np.random.default_rng((seed, number)))


def _track(pool: Pool, chance: np.random.Generator) -> Scripted:
    frames = int(chance.uniform(*SECONDS) * RATE)
    shown, labels = _script(pool, frames, chance)
    height = float(np.exp(chance.uniform(*np.log(HEIGHTS))))
    moved = _moved(shown, chance)
    return Scripted([_seen(one, height, chance) for one in moved], labels, height)


def _script(pool: Pool, frames: int, chance: np.random.Generator) -> tuple[list[Floats], list[str]]:
    """One picture after another, with the label of each frame."""
    fade = int(chance.choice((0.0, FADE_S)) * RATE)
    shown: list[Floats] = []
    labels: list[str] = []
    while len(shown) < frames:
        label = str(chance.choice([one for one in LABELS if not labels or one != labels[-1]]))
        picture = pool[label][chance.integers(len(pool[label]))].astype(np.float64)
        before = shown[-1] if shown else picture
        length = int((SHORTEST_S + chance.exponential(MEAN_S - SHORTEST_S)) * RATE)
        for place in range(length):
            new = min((place + 1) / (fade + 1), 1.0)
            shown.append(new * picture + (1 - new) * before)
            labels.append(label)
    return shown[:frames], labels[:frames]


def _moved(shown: Sequence[Floats], chance: np.random.Generator) -> Iterator[Floats]:
    """Wander, tremble, tilt, come nearer, go out of focus, change in light."""
    frames, middle = len(shown), (CROP_SIDE - 1) / 2
    place = [_wander(frames, 0.03, 0.6, chance) + chance.normal(0, 0.015, frames) for _ in range(2)]
    scale = 1 + _wander(frames, 0.06, 0.6, chance) + chance.normal(0, 0.02, frames)
    tilt = _wander(frames, 5.0, 0.6, chance) + chance.normal(0, 0.5, frames)
    light, soft = 1 + _wander(frames, 0.1, 1.5, chance), _wander(frames, 1.0, 0.3, chance)
    for frame, picture in enumerate(shown):
        turn = cv2.getRotationMatrix2D((middle, middle), float(tilt[frame]), float(scale[frame]))
        turn[:, 2] += [axis[frame] * CROP_SIDE for axis in place]
        seen = cv2.warpAffine(picture, turn, (CROP_SIDE, CROP_SIDE), borderMode=cv2.BORDER_REPLICATE)
        if soft[frame] > 1:
            seen = cv2.GaussianBlur(seen, (0, 0), 0.6 + 1.2 * (soft[frame] - 1))
        yield np.asarray(seen * light[frame], np.float64)


def _wander(frames: int, spread: float, memory_s: float, chance: np.random.Generator) -> Floats:
    """Draw a walk that comes back to 0, of a given spread."""
    keep = np.exp(-1 / (RATE * memory_s))
    values = [chance.normal(0, spread)]
    for step in chance.normal(0, spread * np.sqrt(1 - keep * keep), frames - 1):
        values.append(keep * values[-1] + step)
    return np.array(values)


def _seen(picture: Floats, height: float, chance: np.random.Generator) -> Gray:
    """As the camera sees a face of this height, with its noise."""
    side = min(round(height * CROP_REACH), CROP_SIDE)
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    noisy = small + chance.normal(0, 3.5, small.shape)
    return np.clip(cv2.resize(noisy, (CROP_SIDE, CROP_SIDE)), 0, 255).astype(np.uint8)
