"""Gray crop to net input: the one rule that training, evaluation and serving share.

Each picture is standardised by its own mean and spread, which takes out most of exposure and contrast.
"""

import numpy as np
import numpy.typing as npt

FLAT = 4.0
"""Gray levels added to the spread, so that a flat picture is not blown up into noise."""


def standardise(crops: npt.NDArray[np.uint8] | npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Turn gray crops (N, H, W), 0 to 255, into net input (N, 1, H, W) with mean 0 and spread about 1."""
    pixels = crops.astype(np.float32)
    mean = pixels.mean(axis=(1, 2), keepdims=True)
    spread = pixels.std(axis=(1, 2), keepdims=True)
    standard: npt.NDArray[np.float32] = (pixels - mean) / (spread + FLAT)
    return standard[:, None]
