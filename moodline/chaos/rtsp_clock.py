"""The two clocks of a camera, which may lie, and the sender reports that join them; used by the RTSP server.

Pure, and needs the standard library only: `now_s` is the monotonic clock, `wall_s` the wall clock (Unix), seconds.
"""

import struct

_NTP_EPOCH_S = 2_208_988_800
"""From 1900, where NTP begins, to 1970."""

_SENDER_REPORT = 200
_CLOCKS = struct.Struct(">QI")
_CLOCKS_AT = 8
"""Where the NTP and the RTP time stand in a sender report (RFC 3550, 6.4.1)."""

_BEGIN_S = 3600.0
"""Media time at the beginning, so that it may also jump back."""


class MediaTime:
    """The time that the RTP timestamps of a stream count; it runs as the monotonic clock unless it is made to lie.

    Args:
        now_s: when it begins.
    """

    def __init__(self, now_s: float) -> None:
        self._since_s = now_s
        self._at_s = _BEGIN_S
        self._speed = 1.0

    def at(self, now_s: float) -> float:
        """Media time, seconds."""
        return self._at_s + (now_s - self._since_s) * self._speed

    def jump(self, by_s: float) -> None:
        """Leap by so many seconds."""
        self._at_s += by_s

    def run(self, speed: float, now_s: float) -> None:
        """From now on, run `speed` times as fast as the monotonic clock."""
        self._at_s, self._since_s = self.at(now_s), now_s
        self._speed = speed


class WallClock:
    """The clock on the wall of a camera: right, unless it is set wrong."""

    def __init__(self) -> None:
        self._offset_s = 0.0
        self._drift = 0.0
        self._since_s = 0.0

    def set_wrong(self, offset_s: float, drift_ppm: float, now_s: float) -> None:
        """From now on, be off by `offset_s`, and by `drift_ppm` microseconds more every second; zeros set it right."""
        self._offset_s, self._drift, self._since_s = offset_s, drift_ppm / 1e6, now_s

    def at(self, now_s: float, wall_s: float) -> float:
        """Give what it shows at a moment, Unix seconds."""
        return wall_s + self._offset_s + (now_s - self._since_s) * self._drift


def rewritten(report: bytes, shown_s: float, rtp_time: int) -> bytes | None:
    """Give a compound RTCP packet with other times in its sender report.

    Args:
        report: the packet.
        shown_s: the camera's wall clock, Unix seconds.
        rtp_time: the RTP timestamp of the same moment; only its lowest 32 bits count.

    Returns:
        The changed packet, or None when it does not begin with a sender report.
    """
    if len(report) < _CLOCKS_AT + _CLOCKS.size or report[1] != _SENDER_REPORT:
        return None
    ntp = round((shown_s + _NTP_EPOCH_S) * 2**32) & (2**64 - 1)
    clocks = _CLOCKS.pack(ntp, rtp_time & (2**32 - 1))
    return report[:_CLOCKS_AT] + clocks + report[_CLOCKS_AT + _CLOCKS.size :]
