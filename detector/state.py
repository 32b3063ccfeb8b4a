"""What the detector must know of a camera to go on: saved by its runner after every batch; used by `stage`.

A worker that was killed, or another one that takes its camera over, goes on with the same tracks and the same turns
in the search, so that it gives the same faces as one that was never disturbed.
"""

import msgspec
import numpy as np

from detector.leap import Suspect
from detector.motion import Cells
from detector.tiles import ScanState
from detector.track import Track


class WatchState(msgspec.Struct, frozen=True):
    """One camera between two frames.

    Attributes:
        recipe: of the detector that wrote it; another recipe cannot go on from here.
        epoch: the epoch that is open.
        seq: number of the last frame seen.
        size: width and height of its frames, pixels.
        scan: whose turn it is in the search.
        reference: what the next picture is compared with: rows, columns, and the cells, row by row.
        seen_ms: event time of the last picture that went through the tracker.
        tracks: the tracks and candidates in view.
        begun: how many tracks have begun.
        suspects: what may have been faces lately.
    """

    recipe: str
    epoch: str
    seq: int
    size: tuple[int, int]
    scan: ScanState
    reference: tuple[int, int, bytes]
    seen_ms: int
    tracks: list[Track]
    begun: int
    suspects: list[Suspect]

    def cells(self) -> Cells | None:
        """Give the reference as an array; None if there is none yet."""
        rows, columns, cells = self.reference
        return np.frombuffer(cells, np.uint8).reshape(rows, columns) if cells else None


def pack_cells(reference: Cells | None) -> tuple[int, int, bytes]:
    """Give a reference in the form that is saved."""
    return (0, 0, b"") if reference is None else (*reference.shape, reference.tobytes())


pack = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(WatchState)


def unpack(state: bytes, recipe: str) -> WatchState | None:
    """Read a saved state; None if it is empty, of another recipe, or of a version that this one cannot read."""
    if not state:
        return None
    try:
        found = _decoder.decode(state)
    except msgspec.MsgspecError:
        return None
    return found if found.recipe == recipe else None
