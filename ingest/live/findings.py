"""What was found about the clocks of a camera, as sentences for people; made by `clock`, told by the fleet."""

from typing import Literal

from msgspec import Struct

FindingKind = Literal[
    "camera_clock_off",
    "camera_clock_jumped",
    "camera_clock_drifts",
    "camera_clock_unsteady",
    "stream_clock_wrong",
    "stream_clock_jumped",
    "host_clock_stepped",
]
Change = Literal["began", "ended", "once"]

_BEGAN: dict[FindingKind, str] = {
    "camera_clock_off": "the camera's clock is {} {}; set its time server",
    "camera_clock_jumped": "the camera's clock jumped {} {}",
    "camera_clock_drifts": "the camera's clock runs {:.0f} ppm {}; set its time server",
    "camera_clock_unsteady": "the camera's clock wavers by {}{}, so it is not used",
    "stream_clock_wrong": "the stream's timestamps run {:.1f} % too {}; they are corrected by what arrives",
    "stream_clock_jumped": "the stream's timestamps jumped {} {}",
    "host_clock_stepped": "the clock of this machine was set {} {}",
}
_ENDED: dict[FindingKind, str] = {
    "camera_clock_off": "the camera's clock agrees with this machine again",
    "camera_clock_drifts": "the camera's clock no longer drifts",
    "camera_clock_unsteady": "the camera's clock runs steadily again",
    "stream_clock_wrong": "the stream's timestamps run at the right rate again",
    "host_clock_stepped": "event time has caught up with the clock of this machine",
}
_WAYS: dict[FindingKind, tuple[str, str]] = {
    "camera_clock_off": ("ahead", "behind"),
    "camera_clock_drifts": ("fast", "slow"),
    "camera_clock_unsteady": ("", ""),
    "stream_clock_wrong": ("fast", "slow"),
}


class Finding(Struct, frozen=True):
    """One thing that was found, or that has passed.

    Attributes:
        kind: what it is about.
        change: whether it begins, ends, or happened at this moment.
        amount: how much, positive for ahead or fast: milliseconds for what is off, jumped, stepped or unsteady; parts
            in a million for `camera_clock_drifts`; percent for `stream_clock_wrong`; 0 where it ends.
        text: the same as a sentence.
    """

    kind: FindingKind
    change: Change
    amount: float
    text: str


def found(kind: FindingKind, amount: float, change: Change = "began") -> Finding:
    """Make a finding that begins, or that happened once."""
    way = _WAYS.get(kind, ("ahead", "back"))[amount < 0]
    shown = abs(amount) if kind in ("camera_clock_drifts", "stream_clock_wrong") else duration(amount)
    return Finding(kind, change, amount, _BEGAN[kind].format(shown, way))


def passed(kind: FindingKind) -> Finding:
    """Make a finding that ends."""
    return Finding(kind, "ended", 0.0, _ENDED[kind])


def duration(amount_ms: float) -> str:
    """Write a duration in the largest unit that it fills, without its sign."""
    amount = abs(amount_ms)
    for unit, size in (("days", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if amount >= 0.995 * size:
            return f"{amount / size:.1f} {unit}"
    return f"{amount:.0f} ms"
