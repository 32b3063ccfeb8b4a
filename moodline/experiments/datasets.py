"""The data sets that experiments learn from and are measured on, found under one folder; used by every experiment."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from classifier.training.data import FaceData, load_fer
from classifier.training.forms import Reading, load_faces
from common.errors import DataError

FOLDERS = {"fer2013": "fer2013", "ckplus": "CK+48", "portraits": "portraits"}
"""Where each set lies under the folder of all."""


class Datasets:
    """The sets under one folder; each is read when it is first asked for.

    Args:
        root: holds the folders of `FOLDERS`.
        cache: for the parsed copy of FER2013.
    """

    def __init__(self, root: Path, cache: Path | None) -> None:
        self._root, self._cache = root, cache

    def missing(self, names: Sequence[str]) -> list[str]:
        """Give those of some sets that are not there."""
        return [name for name in names if not self.path(name).is_dir()]

    def path(self, name: str) -> Path:
        """Give the folder of a set, whether or not it is there."""
        return self._root / FOLDERS[name]

    @cached_property
    def fer2013(self) -> dict[str, FaceData]:
        """The official splits of FER2013 with the votes of FER+, see `load_fer`.

        Raises:
            DataError: the set is not there or not as documented.
        """
        return load_fer(self._folder("fer2013"), self._cache)

    @cached_property
    def ckplus(self) -> FaceData:
        """Every frame of CK+, with its sequence as its group.

        Raises:
            DataError: the set is not there or not as documented.
        """
        return load_faces(self._folder("ckplus"), Reading("ckplus", folds=2)).whole()

    def digest(self, names: Sequence[str]) -> str:
        """Give a hash of the contents of some sets."""
        whole = hashlib.sha256()
        for path in sorted(path for name in names for path in self._folder(name).rglob("*") if path.is_file()):
            whole.update(str(path.relative_to(self._root)).encode() + b"\0")
            whole.update(hashlib.sha256(path.read_bytes()).digest())
        return whole.hexdigest()

    def _folder(self, name: str) -> Path:
        path = self.path(name)
        if not path.is_dir():
            raise DataError(f"'{path}' is not there; it is the folder of {name}")
        return path
