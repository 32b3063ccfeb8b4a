"""What the detector must know of a camera to go on: saved by its runner after every batch; used by `stage`.

A worker that was killed, or another one that takes its camera over, goes on with the same tracks and the same turns
in the search, so that it gives the same faces as one that was never disturbed.
"""

import msgspec

from detector.tiles import ScanState
from detector.tracks import Track


class WatchState(msgspec.Struct, frozen=True):
    """One camera between two frames.

    Attributes:
        recipe: of the detector that wrote it; another recipe cannot go on from here.
        epoch: the epoch that is open.
        seq: number of the last frame seen.
        size: width and height of its frames, pixels.
        scan: whose turn it is in the search.
        tracks: the tracks and candidates in view.
        begun: how many tracks have begun.
    """

    recipe: str
    epoch: str
    seq: int
    size: tuple[int, int]
    scan: ScanState
    tracks: list[Track]
    begun: int


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
