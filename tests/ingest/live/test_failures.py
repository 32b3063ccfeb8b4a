"""Why a camera cannot be opened, from what really happens: a kind and a sentence that helps, and never the password."""

import errno
import logging
import os
import socket
import threading
from contextlib import contextmanager

import av
import pytest

from common.errors import SourceError
from ingest.live import records
from ingest.live.failures import Behind, failure_of
from moodline.chaos.cameras import CameraSpec
from moodline.chaos.proxy import FaultProxy
from tests.builders_video import make_sound
from tests.ingest.live.http_camera import http_camera
from tests.ingest.live.reading import failure, reading
from tests.servers import HOST, free_ports

LOGIN = "ann:hunter2@"


@pytest.fixture(autouse=True)
def no_password(capfd, caplog):
    """Nothing that is said anywhere may hold the password: neither here nor by the reader."""
    caplog.set_level(logging.DEBUG)
    yield
    out, err = capfd.readouterr()
    assert "hunter2" not in out + err + caplog.text


@contextmanager
def server(answer):
    """A server that does `answer(connection)` for each who connects; gives its port."""
    listener = socket.create_server((HOST, 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def told(address, **options):
    """The failure's kind and reason; the reason is checked for what must not be in it."""
    found = failure(address, **options)
    assert "hunter2" not in found.reason
    assert "://" not in found.reason
    assert found.reason[0].islower()
    return found.kind, found.reason


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_port_where_nothing_listens(scheme):
    (port,) = free_ports(1)
    kind, reason = told(f"{scheme}://{LOGIN}{HOST}:{port}/live")
    assert (kind, reason) == ("refused", "nothing listens at this address and port")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_host_that_does_not_exist(scheme):
    kind, reason = told(f"{scheme}://{LOGIN}nowhere.invalid/live")
    assert kind == "unreachable"
    assert "no such host" in reason


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_server_that_accepts_and_never_answers(scheme):
    with server(lambda connection: connection.recv(1 << 20) and connection.recv(1 << 20)) as port:
        kind, reason = told(f"{scheme}://{LOGIN}{HOST}:{port}/live", timeout_s=0.5)
    assert (kind, reason) == ("silent", "the camera does not answer")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_server_that_talks_rubbish(scheme):
    def rubbish(connection):
        connection.recv(1 << 20)
        connection.sendall(b"\xffSSH-2.0-OpenSSH_9.2p1\r\n" * 50)

    with server(rubbish) as port:
        kind, _ = told(f"{scheme}://{LOGIN}{HOST}:{port}/live")
    assert kind == "not_media"


def test_a_server_that_hangs_up_at_once():
    with server(lambda connection: connection.recv(1 << 20)) as port:
        assert told(f"rtsp://{LOGIN}{HOST}:{port}/live")[0] in ("not_media", "ended", "lost")


@pytest.mark.parametrize(
    ("page", "kind", "word"),
    [
        ("/401", "auth", "password"),
        ("/403", "auth", "this user"),
        ("/404", "not_found", "no stream at this path"),
        ("/400", "no_video", "no video"),
        ("/429", "refused", "too many"),
        ("/503", "refused", "refuses the request"),
    ],
)
def test_an_answer_that_says_why(page, kind, word):
    with http_camera() as camera:
        found = told(camera.url.replace("://", f"://{LOGIN}") + page)
    assert found[0] == kind
    assert word in found[1]


def test_a_web_page_in_place_of_a_camera():
    with http_camera(pages={"/": ("text/html", b"<html><body>Welcome</body></html>" * 100)}) as camera:
        assert "no camera stream" in told(f"{camera.url}/")[1]


def test_a_web_server_where_rtsp_was_asked_for():
    with http_camera() as camera:
        assert told(camera.url.replace("http://", f"rtsp://{LOGIN}") + "/video")[0] == "not_media"


def test_a_stream_that_has_sound_and_no_picture(tmp_path):
    sound = make_sound(tmp_path / "sound.ts").read_bytes()
    with http_camera(pages={"/sound": ("video/mp2t", sound)}) as camera:
        assert told(f"{camera.url}/sound") == ("no_video", "the stream carries no video")


def test_a_stream_that_breaks_off():
    with http_camera(rate=50.0, count=20) as camera, reading(f"{camera.url}/video", rate=0) as one:
        assert one.until(records.Ended).failure.kind in ("ended", "lost")
        assert len(one.of(records.Sampled)) >= 19


def test_a_device_that_is_not_there():
    assert told("v4l2:/dev/video999") == ("not_found", "there is no such device at this machine")


def test_a_recording_that_is_not_there(tmp_path):
    playing = records.Playing("door")
    found = failure(str(tmp_path / "none.mp4"), playing=playing)
    assert (found.kind, "does not exist" in found.reason) == ("not_found", True)


@pytest.mark.rtsp
def test_what_rtsp_cameras_answer(open_cameras):
    cameras = open_cameras(
        CameraSpec("locked", user="ann", password="hunter2"),  # noqa: S106  # nobody's
        CameraSpec("busy"),
        CameraSpec("heard", sound=True),
    )
    cameras.fault("busy", "refuse")
    cameras.fault("heard", "audio")
    kinds = {
        "wrong password": told(cameras.url("locked").replace("hunter2", "hunter3")),
        "no password": told(cameras.url("locked", login=False)),
        "wrong path": told(cameras.url("busy") + "x"),
        "busy": told(cameras.url("busy")),
        "sound only": told(cameras.url("heard")),
    }
    assert {what: kind for what, (kind, _) in kinds.items()} == {
        "wrong password": "auth",
        "no password": "auth",
        "wrong path": "not_found",
        "busy": "refused",
        "sound only": "no_video",
    }


@pytest.mark.rtsp
def test_a_connection_that_is_swallowed_or_cut_in_the_middle(open_cameras):
    cameras = open_cameras(CameraSpec("door"))
    with FaultProxy(cameras.port) as proxy:
        with reading(proxy.through(cameras.url("door")), timeout_s=1.0) as one:
            one.until(records.Sampled)
            proxy.black_hole()
            assert one.until(records.Ended).failure.kind == "silent"
        proxy.lift()
        with reading(proxy.through(cameras.url("door"))) as one:
            one.until(records.Sampled)
            proxy.cut()
            assert one.until(records.Ended).failure.kind in ("ended", "lost")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (None, "ended"),
        (Behind(), "lost"),
        (SourceError("'door.mp4' is empty; copy it again"), "not_found"),
        (OSError(errno.EHOSTUNREACH, "rtsp://ann:hunter2@host"), "unreachable"),
        (OSError(errno.ENETUNREACH, "rtsp://ann:hunter2@host"), "unreachable"),
        (OSError(errno.EIO, "rtsp://ann:hunter2@host"), "lost"),
        (OSError(errno.EPROTO, "rtsp://ann:hunter2@host"), "lost"),
        (av.ConnectionResetError(errno.ECONNRESET, "rtsp://ann:hunter2@host"), "lost"),
        (av.EOFError(541478725, "rtsp://ann:hunter2@host"), "ended"),
        (av.PermissionError(errno.EACCES, "/dev/video0"), "refused"),
        (MemoryError("rtsp://ann:hunter2@host"), "decoder"),
    ],
)
def test_what_cannot_be_tried_here_is_told_without_its_text(error, kind):
    found = failure_of(error)
    assert found.kind == kind
    assert "hunter2" not in found.reason
    assert found.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="everything may be read by root")
def test_a_recording_that_may_not_be_read(tmp_path):
    path = tmp_path / "secret.mp4"
    path.touch(mode=0)
    assert failure(str(path), playing=records.Playing("door")).kind == "not_found"
