"""Reads the weights file of a net that somebody chooses, and makes sure that it can be served; used by `models`."""

import hashlib
from pathlib import Path

from classifier.served import load
from classifier.settings import ClassifierSettings
from common.errors import ModelError


def content_of_net(path: Path, settings_file: Path | None) -> bytes:
    """Read the weights file of an expression net that could be served, as bytes.

    Raises:
        ModelError: it is missing, damaged, of another net or for another size of face, or differs from the sum that
            stands beside it.
    """
    settings = ClassifierSettings.load({"device": "cpu", "precision": "float32"}, settings_file)
    if not path.is_file():
        raise ModelError(f"'{path}' does not exist; name another FILE")
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    if load(path, settings).predictor.sha256 != sha256:
        raise ModelError(f"'{path}' was written while it was read; try again")
    stated = path.with_suffix(".sha256")
    if stated.is_file() and stated.read_text(encoding="utf-8").split()[:1] != [sha256]:
        raise ModelError(f"'{path}' is not the file whose sum stands in '{stated.name}'; get it again")
    return content
