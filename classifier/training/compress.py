"""What JPEG does to gray pictures, as batch tensor operations; used by `augment`.

Blocks of 8 × 8 are transformed (DCT), rounded to multiples of the standard's luminance table, and transformed back
(ITU-T T.81, Annex A and table K.1); the table is scaled by quality as the Independent JPEG Group's encoder does. The
lossless part of JPEG changes nothing and is left out.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

BLOCK = 8
LEVEL = 128.0

TABLE = torch.tensor(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    dtype=torch.float32,
)


def _cosines() -> Tensor:
    wave, at = torch.arange(BLOCK)[:, None], torch.arange(BLOCK)[None]
    basis = torch.cos((2 * at + 1) * wave * math.pi / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
    basis[0] /= math.sqrt(2)
    return basis


COSINES = _cosines()
"""The orthonormal DCT: a row for each wave."""


def compress(pictures: Tensor, quality: Tensor) -> Tensor:
    """Compress and decompress.

    Args:
        pictures: (N, 1, H, W), gray, 0 to 255, float32; blocks begin at the upper left corner.
        quality: (N,) 1 to 100, as encoders count it, on the same device.

    Returns:
        (N, 1, H, W), gray, 0 to 255, whole numbers.
    """
    table, cosines = TABLE.to(pictures.device), COSINES.to(pictures.device)
    count, _, height, width = pictures.shape
    down, across = -height % BLOCK, -width % BLOCK
    padded = functional.pad(pictures.round() - LEVEL, (0, across, 0, down), mode="replicate")
    rows, columns = padded.shape[2] // BLOCK, padded.shape[3] // BLOCK
    blocks = padded.view(count, rows, BLOCK, columns, BLOCK).transpose(2, 3)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    steps = ((table * scale[:, None, None] + 50) / 100).floor().clamp(1, 255)[:, None, None]
    kept = torch.round(cosines @ blocks @ cosines.T / steps) * steps
    back = (cosines.T @ kept @ cosines).transpose(2, 3).reshape(count, 1, padded.shape[2], padded.shape[3])
    return (back + LEVEL).round().clamp(0, 255)[:, :, :height, :width]
