"""Several looks at the same face, whose readings are averaged; used by the predictor.

Ten views are what the literature calls ten-crop: the whole face and four parts that are a little nearer and off its
centre, each also mirrored. A still picture, or a benchmark, gains from them what a track gains from its neighbouring
frames.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

Views = Literal[1, 2, 10]

NEARER = 1.1
"""How much larger the face is in the views off its centre."""

OFF = 0.08
"""How far off the centre those views are, in half sides."""


def views_of(crops: npt.NDArray[np.uint8], count: Views) -> Iterator[npt.NDArray[np.uint8] | npt.NDArray[np.float32]]:
    """Give the views of every face, one after another, each (N, H, W) with levels from 0 to 255.

    Args:
        crops: (N, H, W), gray, 0 to 255.
        count: 1: the face itself; 2: also mirrored; 10: also four that are nearer and off the centre, and theirs.
    """
    yield crops
    if count == 1:
        return
    yield np.ascontiguousarray(crops[:, :, ::-1])
    if count == 2:
        return
    for across, down in ((OFF, 0.0), (-OFF, 0.0), (0.0, OFF), (0.0, -OFF)):
        nearer = _nearer(crops, across, down)
        yield nearer
        yield np.ascontiguousarray(nearer[:, :, ::-1])


def _nearer(crops: npt.NDArray[np.uint8], across: float, down: float) -> npt.NDArray[np.float32]:
    matrix = torch.tensor([[1 / NEARER, 0.0, across], [0.0, 1 / NEARER, down]]).expand(len(crops), 2, 3)
    faces = torch.from_numpy(crops)[:, None].float()
    grid = functional.affine_grid(matrix, list(faces.shape), align_corners=False)
    seen = functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    return seen[:, 0].numpy()
