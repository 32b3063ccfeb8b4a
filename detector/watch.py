"""What the detector remembers of one camera while an epoch lasts; made, saved and taken up again by the stage."""

from collections.abc import Iterable
from dataclasses import dataclass

from detector.finder import Detection
from detector.motion import Motion
from detector.settings import DetectorSettings
from detector.state import WatchState, pack_cells
from detector.tiles import START, Scan, ScanState, plan, smallest_face
from detector.tracks import Tracker
from detector.zones import CameraZones

Size = tuple[int, int]
"""Width and height of a frame, pixels."""


@dataclass
class Watch:
    """What is remembered of one camera.

    Attributes:
        epoch: the epoch that is open.
        seq: number of the last frame seen.
        size: width and height of its frames, pixels.
        scan: whose turn it is in the search.
        motion: what the next picture is compared with.
        tracker: its tracks.
        zones: the areas of the camera.
        seen_ms: event time of the last picture that went through the tracker; -1: none.
    """

    epoch: str
    seq: int
    size: Size
    scan: Scan
    motion: Motion
    tracker: Tracker
    zones: CameraZones
    seen_ms: int = -1

    def looked_at(self, detections: Iterable[Detection]) -> list[Detection]:
        """Leave out what is masked or outside of the areas to look at."""
        return [one for one in detections if self.zones.admits(one.box, *self.size)]

    def saved(self, recipe: str) -> WatchState:
        """Give it in the form that is saved."""
        return WatchState(
            recipe=recipe,
            epoch=self.epoch,
            seq=self.seq,
            size=self.size,
            scan=self.scan.state,
            reference=pack_cells(self.motion.reference),
            seen_ms=self.seen_ms,
            tracks=self.tracker.tracks,
            begun=self.tracker.begun,
            suspects=self.tracker.suspects,
        )


class Watches:
    """Makes what is remembered of a camera.

    Args:
        settings: of the detector.
        tile_faces: side of the smallest tile, in heights of the smallest face; None: whole frames.
    """

    def __init__(self, settings: DetectorSettings, tile_faces: float | None) -> None:
        self._settings = settings
        self._tile_faces = tile_faces

    def begin(self, epoch: str, size: Size, zones: CameraZones) -> Watch:
        """Begin an epoch."""
        motion = Motion(self._smallest(size))
        return Watch(epoch, -1, size, self._scan(size, zones), motion, Tracker(self._settings.lost_ms), zones)

    def resize(self, watch: Watch, size: Size) -> None:
        """Go on with frames of another size: everything is searched anew, the tracks stay."""
        watch.size, watch.scan, watch.motion = size, self._scan(size, watch.zones), Motion(self._smallest(size))

    def resume(self, saved: WatchState, zones: CameraZones) -> Watch:
        """Go on where a saved state left off."""
        return Watch(
            epoch=saved.epoch,
            seq=saved.seq,
            size=saved.size,
            scan=self._scan(saved.size, zones, saved.scan),
            motion=Motion(self._smallest(saved.size), saved.cells()),
            tracker=Tracker(self._settings.lost_ms, saved.tracks, saved.begun, saved.suspects, saved.seen_ms),
            zones=zones,
            seen_ms=saved.seen_ms,
        )

    def _scan(self, size: Size, zones: CameraZones, state: ScanState = START) -> Scan:
        regions = [r for r in plan(*size, self._smallest(size), self._tile_faces) if zones.sees(r, *size)]
        return Scan(regions, self._settings.scan_ms, self._settings.still_ms, state)

    def _smallest(self, size: Size) -> int:
        return self._settings.smallest_face or smallest_face(size[1])
