"""Which zone a track is in, without flicker at an edge; pure, used by the detector stage and saved with each track.

A track is at once in the zone where it is first seen. Later it changes, also to and from no zone, when it was in the
other one for some time of event time, sighting after sighting.
"""

from msgspec import Struct


class Stay(Struct, frozen=True, array_like=True):
    """Where a track is; saved as it is.

    Attributes:
        zone: the zone that counts; None for none.
        other: another one that it seems to have gone to; None for none, or while it has not.
        since_ms: event time since which it has been seen there; None while it has not.
    """

    zone: str | None
    other: str | None = None
    since_ms: int | None = None


def stay_at(zone: str | None, time_ms: int, before: Stay | None, dwell_ms: int) -> Stay:
    """Give the stay of a track after a sighting.

    Args:
        zone: the zone that holds the face now; None for none.
        time_ms: event time of the sighting, not below that of the one before.
        before: the stay after the sighting before; None at the first one.
        dwell_ms: time in another zone after which it counts, milliseconds.
    """
    if before is None or zone == before.zone:
        return Stay(zone)
    since_ms = time_ms if before.since_ms is None or zone != before.other else before.since_ms
    return Stay(zone) if time_ms - since_ms >= dwell_ms else Stay(before.zone, zone, since_ms)
