"""What can go wrong with a camera of the RTSP server, by name: each fault begins and is lifted; used by `rtsp_server`.

Needs the system's Python with GStreamer and the standard library only.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from moodline.chaos.rtsp_camera import Camera
from moodline.chaos.rtsp_clip import read_clip


class Place(Protocol):
    """The server, as faults need it."""

    def mount(self, camera: Camera) -> None:
        """Give new clients the camera as it is now."""

    def reset(self, camera: Camera) -> None:
        """Cut the connections of all its clients."""

    def admit(self, user: str, password: str) -> None:
        """Make a user known, or change the password."""


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        begin: begins it, with its options.
        end: lifts it; what happens in one moment has nothing to lift.
    """

    begin: Callable[..., None]
    end: Callable[[Place, Camera], None] = lambda _place, _camera: None


def _refuse(_: Place, camera: Camera, status: int = 503) -> None:
    camera.refused = status


def _admit_again(_: Place, camera: Camera) -> None:
    camera.refused = None


def _ask(place: Place, camera: Camera, user: str = "admin", password: str = "changed") -> None:  # noqa: S107  # of a test
    place.admit(user, password)
    camera.user = user
    place.mount(camera)


def _ask_as_before(place: Place, camera: Camera) -> None:
    camera.user = camera.plan.user
    place.mount(camera)


def _reset(place: Place, camera: Camera) -> None:
    place.reset(camera)


def _stall(_: Place, camera: Camera, *, reports: bool = False) -> None:
    for player in camera.players.values():
        player.stall(reports=reports)


def _go_on(_: Place, camera: Camera) -> None:
    for player in camera.players.values():
        player.go_on()


def _only_sound(place: Place, camera: Camera) -> None:
    camera.players["video"].stall()
    camera.media = ("sound",)
    place.mount(camera)


def _sound_and_video(place: Place, camera: Camera) -> None:
    camera.players["video"].go_on()
    camera.media = tuple(camera.players)
    place.mount(camera)


def _play(place: Place, camera: Camera, clip: str) -> None:
    wanted, player = read_clip(Path(clip)), camera.players["video"]
    if wanted.codec == player.clip.codec:
        player.play(wanted)
        return
    player.close_all()
    player.play(wanted)
    place.mount(camera)
    place.reset(camera)


def _play_as_before(place: Place, camera: Camera) -> None:
    _play(place, camera, camera.plan.video)


def _set_clock(_: Place, camera: Camera, offset_s: float = 0.0, drift_ppm: float = 0.0) -> None:
    camera.wall.set_wrong(offset_s, drift_ppm, time.monotonic())


def _without_clock(_: Place, camera: Camera) -> None:
    camera.silent = True


def _with_clock(_: Place, camera: Camera) -> None:
    camera.silent = False


def _jump(_: Place, camera: Camera, by_s: float) -> None:
    for player in camera.players.values():
        player.jump(by_s)


def _set_rate(_: Place, camera: Camera, real: float) -> None:
    camera.players["video"].set_rate(real)


def _set_rate_right(_: Place, camera: Camera) -> None:
    player = camera.players["video"]
    player.set_rate(player.clip.rate)


FAULTS: dict[str, Fault] = {
    "refuse": Fault(_refuse, _admit_again),
    "auth": Fault(_ask, _ask_as_before),
    "reset": Fault(_reset),
    "stall": Fault(_stall, _go_on),
    "audio": Fault(_only_sound, _sound_and_video),
    "play": Fault(_play, _play_as_before),
    "clock": Fault(_set_clock, _set_clock),
    "no_clock": Fault(_without_clock, _with_clock),
    "pts_jump": Fault(_jump),
    "rate": Fault(_set_rate, _set_rate_right),
}
