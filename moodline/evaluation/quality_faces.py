"""Labelled faces as crops, from FER2013 or from a folder of pictures; used by `evaluate quality`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from classifier.labels import FER2013_TO_LABELS
from classifier.training.data import load_fer
from common.crop import cut
from common.errors import DataError
from common.labels import LABELS
from common.messages import Gray
from detector.faces import FaceFinder
from detector.finder import Detection
from detector.picture import Picture
from detector.quality import turn
from detector.tiles import Region, around
from moodline.evaluation.degrade import BLACK, WHITE
from moodline.evaluation.portraits import read_portraits
from moodline.evaluation.stills import planes_of

BELIEVE = 0.5
"""Score from which a detection counts; crops leave little room around a face."""

MARGIN, LARGER = 24, 3
"""Pixels of border repeated around a FER2013 crop, and how many times it is then magnified, to seek a face in it."""

FLAT = 5.0
"""Crops with less spread than this hold no face, gray levels."""


@dataclass(frozen=True)
class LabelledFaces:
    """Undegraded faces.

    Attributes:
        crops: (N, 48, 48) gray, levels of video.
        labels: (N,) places in `LABELS`.
        turns: (N,) turn by the landmarks; NaN where no face was found in the crop.
        heights: (N,) height of the box in the source, pixels; NaN where it is not known.
    """

    crops: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    turns: npt.NDArray[np.float64]
    heights: npt.NDArray[np.float64]


def read_faces(data: Path, split: str, cache: Path | None, most: int, model: Path) -> LabelledFaces:
    """Read labelled faces, evenly spread over the data.

    Args:
        data: a folder with `labels.csv` and `images/`, or with FER2013 and FER+.
        split: official split, for FER2013.
        cache: folder for parsed FER2013.
        most: faces at most.
        model: BlazeFace model file.

    Raises:
        DataError: the folder is neither, or no face is found in it.
        ModelError: the face model is missing.
    """
    finder = FaceFinder(model)
    try:
        pictures = (data / "labels.csv").is_file()
        rows = list(_pictures(data, most, finder) if pictures else _fer2013(data, split, cache, most, finder))
    finally:
        finder.close()
    if not rows:
        raise DataError(f"no face was found in '{data}'; quality is measured on pictures of faces")
    crops, labels, turns, heights = zip(*rows, strict=True)
    return LabelledFaces(np.stack(crops), np.array(labels), np.array(turns), np.array(heights))


_Row = tuple[Gray, int, float, float]


def _pictures(folder: Path, most: int, finder: FaceFinder) -> Iterator[_Row]:
    portraits = read_portraits(folder)
    for portrait in portraits[:: -(-len(portraits) // most)]:
        picture = Picture.of(planes_of(portrait.image))
        found = _largest(finder, picture)
        if found is not None:
            label = LABELS.index(portrait.emotion)
            yield cut(picture.luma, found.box), label, turn(found.landmarks), found.box.height


def _fer2013(folder: Path, split: str, cache: Path | None, most: int, finder: FaceFinder) -> Iterator[_Row]:
    faces = load_fer(folder, cache)[split]
    shown = np.flatnonzero(faces.pixels.std(axis=(1, 2)) > FLAT)
    label_of = {number: place for place, number in enumerate(FER2013_TO_LABELS)}
    for row in shown[:: -(-len(shown) // most)]:
        crop = np.round(BLACK + faces.pixels[row] * ((WHITE - BLACK) / 255)).astype(np.uint8)
        found = _largest(finder, _surrounded(crop))
        seen = turn(found.landmarks) if found is not None else float("nan")
        yield crop, label_of[int(faces.fer2013[row])], seen, float("nan")


def _surrounded(crop: Gray) -> Picture:
    wide = cv2.copyMakeBorder(crop, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    luma = np.asarray(cv2.resize(wide, None, fx=LARGER, fy=LARGER), np.uint8)
    gray = np.full((luma.shape[0] // 2, luma.shape[1] // 2), 128, np.uint8)
    return Picture(luma, gray, gray)


def _largest(finder: FaceFinder, picture: Picture) -> Detection | None:
    """Look at the whole picture, then closer at the largest face in it."""
    height, width = picture.luma.shape
    first = _believed(finder, picture, Region(0, 0, width, height))
    closer = _believed(finder, picture, around(first.box, width, height)) if first is not None else None
    return closer or first


def _believed(finder: FaceFinder, picture: Picture, region: Region) -> Detection | None:
    found = [detection for detection in finder.look(picture, region) if detection.score >= BELIEVE]
    return max(found, key=lambda detection: detection.box.height, default=None)
