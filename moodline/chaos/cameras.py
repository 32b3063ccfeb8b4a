"""Lying cameras for tests and measurements: makes their clips, runs the RTSP server, commands its faults."""

import json
import os
import selectors
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Any, Literal, Self, cast
from urllib.parse import quote

from common.errors import MoodlineError, SourceError
from moodline.chaos.clips import ClipFormat, write_clip, write_clip_of_video, write_tone
from moodline.chaos.pictures import Scene, draw

PACKAGES = "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
"""Debian packages that the server needs."""

PYTHONS = ("/usr/bin/python3", "python3")
"""Where the system's Python may be; a virtual environment hides it from `PATH`."""

ANSWER_S = 30.0
"""Longest wait for an answer of the server, seconds."""

FaultKind = Literal[
    "refuse", "auth", "reset", "stall", "audio", "size", "codec", "repeat", "dark", "covered", "play",
    "clock", "no_clock", "pts_jump", "rate",
]  # fmt: skip
"""What `Cameras.fault` can do; the options of each stand there."""

_ROOT = Path(__file__).parents[2]
_SCENES: dict[str, Scene] = {"repeat": "still", "dark": "dark", "covered": "covered"}
_CLIP_S = 2


@dataclass(frozen=True)
class CameraSpec:
    """A camera that a test wants.

    Attributes:
        name: its address ends with it.
        form: how its pictures are encoded; `rate` is what it sends, too.
        video: the file whose pictures it sends; None for a drawn room with movement.
        sound: whether it has sound, too.
        user: who may see it; None for everybody.
        password: of this user.
        report_s: between two sender reports, about, seconds.
    """

    name: str = "cam0"
    form: ClipFormat = field(default_factory=ClipFormat)
    video: Path | None = None
    sound: bool = False
    user: str | None = None
    password: str = ""
    report_s: float = 1.0


class Cameras:
    """Cameras on 127.0.0.1 that can be made to fail; use it as a context.

    Args:
        *specs: the cameras.
        scheme: how users prove who they are.
        port: where the server listens; 0 for any free port.

    Raises:
        SourceError: a Debian package that the server needs is missing.

    Attributes:
        port: where the server listens.
        process_id: of the server.
    """

    def __init__(self, *specs: CameraSpec, scheme: Literal["digest", "basic"] = "digest", port: int = 0) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._folder = TemporaryDirectory()
        self._clips: dict[tuple[Any, ...], Path] = {}
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = self._start(scheme, port)
            self._input, self._output = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
            self.process_id = self._process.pid
            self.port: int = self._answer()["port"]
        except BaseException:
            self.close()
            raise

    def url(self, name: str, *, login: bool = True) -> str:
        """Give the address of a camera, with its user and password unless `login` is False."""
        spec = self._specs[name]
        person = f"{quote(spec.user, safe='')}:{quote(spec.password, safe='')}@" if login and spec.user else ""
        return f"rtsp://{person}127.0.0.1:{self.port}/{name}"

    def fault(self, name: str, kind: FaultKind, **options: Any) -> None:
        """Let something go wrong with a camera; faults of different kinds add up.

        | kind | what happens | options |
        |---|---|---|
        | `refuse` | new clients are turned away | `status` (503) |
        | `auth` | new clients must be this user | `user` ("admin"), `password` ("changed") |
        | `reset` | the connections of its clients are reset, once | |
        | `stall` | connections stay, nothing is sent, or sender reports only | `reports` (False) |
        | `audio` | video stops, sound goes on; new clients get sound only | |
        | `size` | pictures of another size, within the stream | `width` (400), `height` (304) |
        | `codec` | another codec: clients are cut | `codec` ("hevc") |
        | `repeat` | the same picture is encoded again and again | |
        | `dark`, `covered` | black with noise; a cloth before the lens | |
        | `play` | another clip | `clip`, a file of `clips` |
        | `clock` | the wall clock is wrong from now on | `offset_s` (0), `drift_ppm` (0) |
        | `no_clock` | no sender reports | |
        | `pts_jump` | RTP timestamps leap, once | `by_s` |
        | `rate` | other pictures a second than the timestamps say | `real` |

        Raises:
            MoodlineError: the camera cannot do this; the server says why.
        """
        spec = self._specs[name]
        if kind in ("size", "codec", *_SCENES):
            asked = {"width": 400, "height": 304} | options if kind == "size" else options
            asked = {"codec": "hevc"} | options if kind == "codec" else asked
            form = ClipFormat(**(asdict(spec.form) | asked))
            clip = self._drawn(_SCENES[kind], form) if kind in _SCENES else self._video(spec.video, form)
            kind, options = "play", {"clip": str(clip)}
        self._ask(do="fault", camera=name, kind=kind, options=options)

    def lift(self, name: str, kind: FaultKind) -> None:
        """Let a fault of a camera be over.

        Raises:
            MoodlineError: the camera knows no such fault.
        """
        played = kind in ("size", "codec", *_SCENES)
        self._ask(do="lift", camera=name, kind="play" if played else kind)

    def stats(self) -> dict[str, Any]:
        """Tell what the server did so far.

        Returns:
            `cpu_s`: processor seconds of the server; `cameras`: for each name `clients` that are connected, and
            `pushed` units by stream (`video`, `sound`).
        """
        return self._ask(do="stats")

    def close(self) -> None:
        """End the server; calling it again does nothing."""
        if self._process is not None:
            self._input.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._output.close()
        self._folder.cleanup()

    def _start(self, scheme: str, port: int) -> "subprocess.Popen[bytes]":
        plans = [
            {
                "name": spec.name,
                "video": str(self._video(spec.video, spec.form)),
                "sound": str(self._tone()) if spec.sound else None,
                "user": spec.user,
                "report_s": spec.report_s,
            }
            for spec in self._specs.values()
        ]
        users = {spec.user: spec.password for spec in self._specs.values() if spec.user}
        wanted = json.dumps({"cameras": plans, "users": users, "scheme": scheme, "port": port})
        command = [_system_python(), "-m", "moodline.chaos.rtsp_server", wanted]
        # Its own packages only: those of this Python are made for another one.
        environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen(  # noqa: S603  # our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment
        )

    def _ask(self, **command: Any) -> dict[str, Any]:
        # What a server that has ended does not take, it does not answer either.
        with suppress(BrokenPipeError):
            self._input.write(json.dumps(command).encode() + b"\n")
        answer = self._answer()
        if "error" in answer:
            raise MoodlineError(f"the camera server refuses {command}: {answer['error']}")
        return answer

    def _answer(self) -> dict[str, Any]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            line = self._output.readline() if selector.select(ANSWER_S) else b""
        if not line:
            raise MoodlineError("the camera server has ended or hangs")
        answer: dict[str, Any] = json.loads(line)
        if "missing" in answer:
            raise SourceError(_MISSING.format(what=f"element {answer['missing'][0]}"))
        return answer

    def _video(self, video: Path | None, form: ClipFormat) -> Path:
        if video is None:
            return self._drawn("moving", form)
        return self._made((video, form), lambda path: write_clip_of_video(path, video, form))

    def _drawn(self, scene: Scene, form: ClipFormat) -> Path:
        pictures = draw(scene, form.width, form.height, form.rate * _CLIP_S)
        return self._made((scene, form), lambda path: write_clip(path, pictures, form))

    def _tone(self) -> Path:
        return self._made(("tone",), write_tone)

    def _made(self, key: tuple[Any, ...], write: Callable[[Path], Path]) -> Path:
        """Give the clip that `write` makes, which is made once."""
        if key not in self._clips:
            self._clips[key] = write(Path(self._folder.name) / f"{len(self._clips)}.clip")
        return self._clips[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_MISSING = "the cameras need GStreamer's RTSP server ({what} is missing); run: sudo apt-get install -y " + PACKAGES


def _system_python() -> str:
    """Find the Python that has GStreamer's bindings: Debian installs them for its own.

    Raises:
        SourceError: there is none.
    """
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    for python in PYTHONS:
        if shutil.which(python):
            tried = subprocess.run([python, "-c", probe], capture_output=True, check=False)  # noqa: S603  # the line above
            if tried.returncode == 0:
                return python
    raise SourceError(_MISSING.format(what="GstRtspServer for the system's Python"))
