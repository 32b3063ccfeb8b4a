"""The faults that are tried on one camera of several, and what must become of it; used by `faults`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ingest.live.findings import FindingKind
from ingest.live.states import State
from moodline.chaos.cameras import Cameras, FaultKind
from moodline.chaos.proxy import FaultProxy

DAYS_3_S = 3 * 86_400.0


@dataclass(frozen=True)
class Scene:
    """Where faults happen: to one camera behind a proxy.

    Attributes:
        server: the cameras.
        proxy: the network before the one that fails.
        camera: name of that one.
    """

    server: Cameras
    proxy: FaultProxy
    camera: str

    def cut(self) -> None:
        """Reset its connection."""
        self.proxy.cut()


Act = Callable[[Scene], None]


@dataclass(frozen=True)
class Case:
    """A fault.

    Attributes:
        begin: begins it.
        lift: ends it.
        states: one of these the camera must come to be, or stay, if it is `live`.
        within_s: in this time, seconds.
        lasts_s: how long the fault lasts, seconds.
        rest_s: pictures before it begins, seconds: about 20 until the clock of a camera is believed.
        finding: what must be found about a clock.
        heard: whether the camera has sound, too. Of those, GStreamer sends some clients that take the video alone no
            sender reports, so that their clocks cannot be tried.
        resumed: whether an operator says `resume` after it; nobody tries wrong passwords every few seconds.
    """

    begin: Act
    lift: Act
    states: tuple[State, ...]
    within_s: float = 10.0
    lasts_s: float = 8.0
    rest_s: float = 3.0
    finding: FindingKind | None = None
    heard: bool = False
    resumed: bool = False

    @property
    def stays_live(self) -> bool:
        """Whether its pictures go on."""
        return "live" in self.states


def _server(kind: FaultKind, *, cut: bool = False, **options: Any) -> Act:
    def begin(scene: Scene) -> None:
        scene.server.fault(scene.camera, kind, **options)
        if cut:
            scene.cut()

    return begin


def _lift(kind: FaultKind) -> Act:
    return lambda scene: scene.server.lift(scene.camera, kind)


def _silent(scene: Scene) -> None:
    scene.proxy.black_hole()
    scene.cut()


def _refused(scene: Scene) -> None:
    scene.proxy.refuse()
    scene.cut()


def _mend(scene: Scene) -> None:
    scene.proxy.lift()


def _of_server(kind: FaultKind, *states: State, cut: bool = False, **more: Any) -> Case:
    """Make a case of a fault of the server; `more` are attributes of the case, and `options` those of the fault."""
    options = more.pop("options", {})
    return Case(_server(kind, cut=cut, **options), _lift(kind), states, **more)


def _clock(kind: FaultKind, finding: FindingKind | None, **more: Any) -> Case:
    return _of_server(kind, "live", **{"lasts_s": 16.0, "rest_s": 25.0, "finding": finding} | more)


def _seen(kind: FaultKind, state: State) -> Case:
    return _of_server(kind, state, within_s=15.0, lasts_s=18.0)


CASES: dict[str, Case] = {
    "refused": Case(_refused, _mend, ("offline",)),
    "refused for 40 s": Case(_refused, _mend, ("offline",), lasts_s=40.0),
    "turned away (503)": _of_server("refuse", "offline", cut=True),
    "reset": Case(Scene.cut, _mend, ("live",)),
    "nothing more is sent": _of_server("stall", "stalled", "offline"),
    "only reports are sent": _of_server("stall", "stalled", "offline", options={"reports": True}),
    "black hole": Case(lambda scene: scene.proxy.black_hole(), _mend, ("stalled", "offline")),
    "silent at connecting": Case(_silent, _mend, ("offline",), lasts_s=12.0),
    "sound only": _of_server("audio", "stalled", "offline", heard=True),
    "wrong password": _of_server("auth", "auth_failed", cut=True, resumed=True),
    "other size": _of_server("size", "live"),
    "other codec": _of_server("codec", "live"),
    "same picture again": _seen("repeat", "frozen"),
    "dark": _seen("dark", "dark"),
    "covered": _seen("covered", "covered"),
    "clock off by 3 days": _clock(
        "clock", "camera_clock_off", options={"offset_s": DAYS_3_S}, rest_s=3.0, lasts_s=20.0
    ),
    "clock jumps by 30 s": _clock("clock", "camera_clock_jumped", options={"offset_s": 30.0}),
    "no clock": _clock("no_clock", None, cut=True),
    "timestamps jump by 100 s": _clock("pts_jump", "stream_clock_jumped", options={"by_s": 100.0}),
    "21 frames a second, not 25": _clock("rate", "stream_clock_wrong", options={"real": 21.0}, lasts_s=40.0),
}
"""All faults by name."""
