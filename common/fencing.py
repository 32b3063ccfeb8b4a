"""Which opening of a live camera counts: the latest one that was seen; used by `common.shedding`.

A live camera is held by one worker of ingest at a time. One that was paused and is not the holder any more may wake up
and go on under its old epoch. The epochs of a live camera rise as text with every opening and every holder, so that
whoever has seen a higher one knows. The last word has the store, see `sink.store`: this only saves the work.
"""

from msgspec.structs import replace

from common.messages import Faces, Frame


class Fence:
    """The highest live epoch of each camera."""

    def __init__(self) -> None:
        self._highest: dict[str, str] = {}

    def admits(self, camera: str, epoch: str) -> bool:
        """Whether no higher epoch of the camera was seen; this one counts as seen from now on."""
        if epoch < self.highest(camera):
            return False
        self._highest[camera] = epoch
        return True

    def highest(self, camera: str) -> str:
        """Give the highest epoch of a camera; empty before the first."""
        return self._highest.get(camera, "")

    def resume(self, camera: str, epoch: str) -> None:
        """Go on from the highest epoch that somebody else has seen; empty for none."""
        self._highest[camera] = epoch

    def forget(self, camera: str) -> None:
        """Know nothing of a camera any more."""
        self._highest.pop(camera, None)


def fenced(message: Frame | Faces) -> Frame | Faces:
    """Take away the content of a frame under an epoch that is over; what was dropped before keeps its reason."""
    if message.dropped is not None:
        return message
    if isinstance(message, Faces):
        return replace(message, faces=(), dropped="fenced")
    return replace(message, planes=None, dropped="fenced")
