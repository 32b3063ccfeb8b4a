"""Where a camera is looked at, where never, and its named zones; pure, used by the detector stage.

A face counts with the middle of its face area, not with the feet of its person: where feet stand on the floor is not
known. A middle that lies beyond the frame, as that of a face that is cut off can, counts as at its edge.
"""

from collections.abc import Sequence

from msgspec import Struct

from common.messages import Box
from detector.polygon import Polygon, Rect
from detector.tiles import Region

FINEST = 6
"""How often a region that several polygons share is cut in four before it counts as looked at."""

_INSIDE = 1 - 1e-9


class CameraZones(Struct, frozen=True):
    """The areas of one camera.

    Attributes:
        look: where faces are looked for; everywhere if there are none.
        mask: where they never are, whatever `look` says.
        zones: named zones, which may overlap.
    """

    look: tuple[Polygon, ...] = ()
    mask: tuple[Polygon, ...] = ()
    zones: dict[str, Polygon] = {}

    @property
    def whole(self) -> bool:
        """Whether the whole frame is looked at."""
        return not (self.look or self.mask)

    def admits(self, box: Box, width: int, height: int) -> bool:
        """Whether a face may be tracked and read: its middle is where the camera is looked at.

        Args:
            box: the face area, pixels of the frame.
            width: of the frame, pixels.
            height: of the frame, pixels.
        """
        if self.whole:
            return True
        x, y = _middle(box, width, height)
        return _looked_at(x, y, self.look, self.mask)

    def sees(self, region: Region, width: int, height: int) -> bool:
        """Whether anything in a region is looked at; a doubt smaller than 1/64 of its side counts as something.

        Args:
            region: a part of the frame, pixels.
            width: of the frame, pixels.
            height: of the frame, pixels.
        """
        if self.whole:
            return True
        right, bottom = region.x + region.width, region.y + region.height
        rect = Rect(region.x / width, region.y / height, right / width, bottom / height)
        return _seen(rect, self.look, self.mask, FINEST)

    def zone_of(self, box: Box, width: int, height: int) -> str | None:
        """Name the zone that holds the middle of a face; of several the smallest, then the first by name.

        Args:
            box: the face area, pixels of the frame.
            width: of the frame, pixels.
            height: of the frame, pixels.
        """
        if not self.zones:
            return None
        x, y = _middle(box, width, height)
        found = [(zone.area, name) for name, zone in self.zones.items() if zone.holds(x, y)]
        return min(found)[1] if found else None


EVERYWHERE = CameraZones()
"""The areas of a camera for which none were drawn."""


def _middle(box: Box, width: int, height: int) -> tuple[float, float]:
    x, y = box.middle
    return min(max(x / width, 0.0), _INSIDE), min(max(y / height, 0.0), _INSIDE)


def _looked_at(x: float, y: float, look: Sequence[Polygon], mask: Sequence[Polygon]) -> bool:
    looked = not look or any(one.holds(x, y) for one in look)
    return looked and not any(one.holds(x, y) for one in mask)


def _seen(rect: Rect, look: Sequence[Polygon], mask: Sequence[Polygon], finer: int) -> bool:
    """Whether something of a rectangle is looked at: decided at once, or for each of its quarters."""
    if _looked_at(*rect.centre, look, mask):
        return True
    masks = [(one, one.against(rect)) for one in mask]
    if any(place == "inside" for _, place in masks):
        return False
    cutting = [one for one, place in masks if place == "cut"]
    looks = [(one, one.against(rect)) for one in look]
    partly = [one for one, place in looks if place == "cut"]
    if any(place == "inside" for _, place in looks):
        partly = []
    elif look and not partly:
        return False
    if not cutting or not finer:
        return True
    return any(_seen(quarter, partly, cutting, finer - 1) for quarter in rect.quarters())
