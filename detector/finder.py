"""What looks for faces: the interface behind which each face detector stands; used by the detector stage."""

from typing import NamedTuple, Protocol

from common.messages import Box, Landmarks
from detector.picture import Picture
from detector.tiles import Region


class Detection(NamedTuple):
    """One detected face, in pixels of the frame."""

    box: Box
    score: float
    landmarks: Landmarks


class Finder(Protocol):
    """What looks for faces; each thread has its own."""

    @property
    def tile_faces(self) -> float | None:
        """Side of the finest tile to give it, in heights of the smallest face; None: it searches whole frames."""

    def look(self, picture: Picture, region: Region) -> list[Detection]:
        """Find the faces in one region of a frame."""

    def close(self) -> None:
        """Release what it holds."""
