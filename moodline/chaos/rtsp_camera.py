"""One lying camera of `rtsp_server`: what it sends, what it says of its clock, whom it lets in.

Needs the system's Python with GStreamer and the standard library only.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gi.repository import Gst, GstRtspServer

from moodline.chaos.rtsp_clip import read_clip
from moodline.chaos.rtsp_clock import WallClock, rewritten
from moodline.chaos.rtsp_player import Output, Player

ANYBODY = "anybody"
"""Role of a client that has not said who it is."""

_STREAMS = {
    "h264": ("video/x-h264,stream-format=byte-stream,alignment=au", "rtph264pay config-interval=-1"),
    "hevc": ("video/x-h265,stream-format=byte-stream,alignment=au", "rtph265pay config-interval=-1"),
    "mjpeg": ("image/jpeg", "rtpjpegpay"),
    "alaw": ("audio/x-alaw,rate=8000,channels=1", "rtppcmapay"),
}
_TYPES = {"h264": 96, "hevc": 96, "mjpeg": 26, "alaw": 8}
_CLOCK_RATES = {"h264": 90_000, "hevc": 90_000, "mjpeg": 90_000, "alaw": 8000}

_WEEK_S = 604_800

_RTP_BEGINS_AT = 1_234_567
"""RTP timestamp of media time 0; any number, as RTP has no zero."""


@dataclass(frozen=True)
class CameraPlan:
    """What a camera is while nothing is wrong with it.

    Attributes:
        name: its address is `/NAME`.
        video: file of the clip that it plays.
        sound: file of the clip of its sound; None for a camera without.
        user: who may see it; None for everybody.
        report_s: between two sender reports, about, seconds.
    """

    name: str
    video: str
    sound: str | None = None
    user: str | None = None
    report_s: float = 1.0


class Camera:
    """A camera at one address.

    Args:
        plan: what it is while nothing is wrong with it.

    Attributes:
        plan: see above.
        players: its streams, `video` and perhaps `sound`.
        media: names of the streams that new clients get.
        user: who may see it; None for everybody.
        refused: status with which it turns new clients away; None lets them in.
        silent: whether it sends no sender reports.
        wall: its wall clock.
    """

    def __init__(self, plan: CameraPlan) -> None:
        self.plan = plan
        clips = {"video": plan.video, "sound": plan.sound}
        self.players = {media: Player(read_clip(Path(clip))) for media, clip in clips.items() if clip}
        self.media = tuple(self.players)
        self.user = plan.user
        self.refused: int | None = None
        self.silent = False
        self.wall = WallClock()

    def factory(self) -> Any:
        """Make what gives new clients the streams in `media`."""
        wanted = self.media
        made = GstRtspServer.RTSPMediaFactory()
        made.set_launch(f"( {' '.join(self._launch(media, number) for number, media in enumerate(wanted))} )")
        made.set_shared(True)
        made.set_latency(0)
        made.set_permissions(self._permissions())
        made.connect("media-configure", lambda _, opened: self._open(opened, wanted))
        return made

    def _permissions(self) -> Any:
        permissions = GstRtspServer.RTSPPermissions.new()
        roles = {ANYBODY: self.user is None} | ({self.user: True} if self.user else {})
        for role, allowed in roles.items():
            permissions.add_role(role)
            # Who may not even look gets "not found" and is never asked for a password.
            permissions.add_permission_for_role(role, GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
            permissions.add_permission_for_role(role, GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, allowed)
        return permissions

    def _launch(self, media: str, number: int) -> str:
        clip = self.players[media].clip
        caps, payloader = _STREAMS[clip.codec]
        size = f",width={clip.width},height={clip.height}" if clip.codec == "mjpeg" else ""
        return (
            f"appsrc name={media} format=time is-live=true max-bytes=0 caps={caps}{size} ! {payloader} "
            f"name=pay{number} pt={_TYPES[clip.codec]} timestamp-offset={_RTP_BEGINS_AT}"
        )

    def _open(self, opened: Any, wanted: tuple[str, ...]) -> None:
        """Feed what a first client has opened, until the last one has gone."""
        top = opened.get_element()
        fed = [(self.players[media], self.players[media].open(top.get_by_name(media))) for media in wanted]

        def prepared(_: Any) -> None:
            pipeline = top.get_parent()
            pipeline.connect("element-added", _send_at_once)
            rtpbin = next(one for one in pipeline.children if one.get_factory().get_name() == "rtpbin")
            for number, (player, output) in enumerate(fed):
                _keep_back(rtpbin.get_static_pad(f"send_rtp_src_{number}"), output)
                session = opened.get_stream(number).get_rtpsession()
                session.set_property("rtcp-min-interval", round(self.plan.report_s * Gst.SECOND))
                rtpbin.get_static_pad(f"send_rtcp_src_{number}").add_probe(Gst.PadProbeType.BUFFER, self._lie(player))

        def changed(_: Any, state: int) -> None:
            if state == int(Gst.State.PLAYING):
                for player, output in fed:
                    player.let_through(output)

        def unprepared(_: Any) -> None:
            for player, output in fed:
                player.close(output)

        opened.connect("prepared", prepared)
        opened.connect("new-state", changed)
        opened.connect("unprepared", unprepared)

    def _lie(self, player: Player) -> Callable[[Any, Any], Any]:
        """Put the clocks of this camera into the sender reports of a stream."""
        rate = _CLOCK_RATES[player.clip.codec]

        def probe(pad: Any, info: Any) -> Any:
            following = pad.get_peer()
            if self.silent or player.silent or following is None:
                return Gst.PadProbeReturn.DROP
            buffer = info.get_buffer()
            report = buffer.extract_dup(0, buffer.get_size())
            now_s, wall_s = time.monotonic(), time.time()
            rtp_time = _RTP_BEGINS_AT + round(player.media_s(now_s) * rate)
            changed = rewritten(report, self.wall.at(now_s, wall_s), rtp_time)
            if changed is None:
                return Gst.PadProbeReturn.OK
            # A probe cannot replace a buffer from Python: it hands its own to the next element.
            following.chain(Gst.Buffer.new_wrapped(changed))
            return Gst.PadProbeReturn.DROP

        return probe


def _send_at_once(_: Any, element: Any) -> None:
    """Let a new sink send what it gets, whatever the timestamps say."""
    if element.find_property("ts-offset") is not None:
        element.set_property("ts-offset", -_WEEK_S * Gst.SECOND)


def _keep_back(pad: Any, output: Output) -> None:
    """Drop the picture that described the stream: it is old when the first client may have it."""

    def probe(_: Any, info: Any) -> Any:
        alone = info.type & Gst.PadProbeType.BUFFER
        buffer = info.get_buffer() if alone else info.get_buffer_list().get(0)
        return Gst.PadProbeReturn.DROP if buffer.pts == output.first else Gst.PadProbeReturn.REMOVE

    pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, probe)
