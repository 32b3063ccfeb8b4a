"""An RTSP server of lying cameras: a program for the system's Python with GStreamer, started by `cameras`.

    python3 -m moodline.chaos.rtsp_server '{"cameras": [{"name": …, "video": FILE}], "users": {}, "scheme": "digest"}'

It listens on a port of 127.0.0.1 and prints `{"port": …}`. Then it answers each line of JSON on standard input
with one on standard output, and ends with the end of its input. `RtspServer.obey` takes the commands; `rtsp_faults`
has what can go wrong.
"""

import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterable
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402  # versions must be chosen before

from moodline.chaos.rtsp_camera import ANYBODY, Camera, CameraPlan  # noqa: E402  # needs them too
from moodline.chaos.rtsp_faults import FAULTS  # noqa: E402  # the same
from moodline.chaos.rtsp_player import push_for_ever  # noqa: E402  # the same

HOST = "127.0.0.1"

_ELEMENTS = ("appsrc", "rtph264pay", "rtph265pay", "rtpjpegpay", "rtppcmapay", "rtpbin", "udpsink")
_AT_ONCE = struct.pack("ii", 1, 0)
"""`SO_LINGER` with which a closed connection is reset."""


class RtspServer:
    """The cameras at one port.

    Args:
        cameras: all of them.
        scheme: how users prove who they are, `digest` or `basic`.
        port: where it listens; 0 for any free port.
    """

    def __init__(self, cameras: Iterable[Camera], scheme: str, port: int) -> None:
        self._cameras = {camera.plan.name: camera for camera in cameras}
        self._server = GstRtspServer.RTSPServer()
        self._server.set_address(HOST)
        self._server.set_service(str(port))
        # A client that waits for a camera must not keep those of other cameras waiting.
        self._server.get_thread_pool().set_max_threads(-1)
        self._auth, self._basic = GstRtspServer.RTSPAuth(), dict[str, str]()
        self._auth.set_supported_methods(getattr(GstRtsp.RTSPAuthMethod, scheme.upper()))
        self._auth.set_default_token(_token(ANYBODY))
        self._server.set_auth(self._auth)
        self._server.connect("client-connected", lambda _, client: self._welcome(client))
        self._watched: dict[Any, str] = {}
        for camera in self._cameras.values():
            self.mount(camera)
        self._server.attach(None)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.get_bound_port())

    def mount(self, camera: Camera) -> None:
        """Give new clients the camera as it is now; those that have it keep what they have."""
        self._server.get_mount_points().add_factory(f"/{camera.plan.name}", camera.factory())

    def reset(self, camera: Camera) -> None:
        """Cut the connections of all clients of a camera, with a reset."""
        self._server.client_filter(lambda _, client: self._cut(client, camera))

    def play(self) -> None:
        """Send everything at its time; never returns."""
        push_for_ever(player for camera in self._cameras.values() for player in camera.players.values())

    def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        """Do what one line of input says.

        Args:
            command: `{"do": "fault", "camera": …, "kind": …, "options": {…}}`, the same with `lift`, or
                `{"do": "stats"}`.

        Returns:
            The answer to `stats`, else nothing.

        Raises:
            KeyError: there is no such camera or fault.
            TypeError: the fault has no such option.
        """
        if command["do"] == "stats":
            return self._stats()
        camera, fault = self._cameras[command["camera"]], FAULTS[command["kind"]]
        if command["do"] == "fault":
            fault.begin(self, camera, **command.get("options", {}))
        else:
            fault.end(self, camera)
        return {}

    def _stats(self) -> dict[str, Any]:
        watching = list(self._watched.values())
        cameras = {
            name: {
                "clients": watching.count(name),
                "pushed": {media: player.pushed for media, player in camera.players.items()},
            }
            for name, camera in self._cameras.items()
        }
        times = os.times()
        return {"cpu_s": times.user + times.system, "cameras": cameras}

    def _welcome(self, client: Any) -> None:
        def describe(one: Any, context: Any) -> Any:
            camera = self._cameras.get(context.uri.abspath.strip("/"))
            if camera is None:
                return GstRtsp.RTSPStatusCode.NOT_FOUND
            if camera.refused is not None:
                return GstRtsp.RTSPStatusCode(camera.refused)
            if camera.plan.name not in tuple(self._watched.values()):
                # GStreamer would give it what is being taken down after the client before it.
                self.mount(camera)
            self._watched[one] = camera.plan.name
            return GstRtsp.RTSPStatusCode.OK

        def leave(one: Any, *_: Any) -> Any:
            self._watched.pop(one, None)
            return GstRtsp.RTSPStatusCode.OK

        client.connect("pre-describe-request", describe)
        client.connect("pre-teardown-request", leave)
        client.connect("closed", lambda one: self._watched.pop(one, None) and None)

    def _cut(self, client: Any, camera: Camera) -> Any:
        if self._watched.get(client) == camera.plan.name:
            descriptor = client.get_connection().get_read_socket().get_fd()
            with socket.socket(fileno=os.dup(descriptor)) as twin:
                twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            client.close()
        return GstRtspServer.RTSPFilterResult.KEEP

    def admit(self, user: str, password: str) -> None:
        """Make a user known, or change the password: users belong to the server, not to a camera."""
        self._auth.remove_digest(user)
        self._auth.add_digest(user, password, _token(user))
        self._auth.remove_basic(self._basic.pop(user, ""))
        self._basic[user] = GstRtspServer.RTSPAuth.make_basic(user, password)
        self._auth.add_basic(self._basic[user], _token(user))


def _token(role: str) -> Any:
    token = GstRtspServer.RTSPToken.new()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, role)
    return token


def serve(server: RtspServer) -> None:
    """Obey standard input until it ends."""
    for line in sys.stdin:
        try:
            answer = server.obey(json.loads(line))
        except (KeyError, TypeError, ValueError, OSError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        _say(answer)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run the server; gives the exit code."""
    Gst.init(None)
    if missing := [name for name in _ELEMENTS if Gst.ElementFactory.find(name) is None]:
        _say({"missing": missing})
        return 1
    wanted = json.loads(sys.argv[1])
    server = RtspServer([Camera(CameraPlan(**plan)) for plan in wanted["cameras"]], wanted["scheme"], wanted["port"])
    for user, password in wanted["users"].items():
        server.admit(user, password)
    threading.Thread(target=server.play, daemon=True).start()
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    _say({"port": server.port})
    serve(server)
    return 0


if __name__ == "__main__":
    # The threads that play and serve never end, and must not run into the end of the interpreter.
    os._exit(main())
