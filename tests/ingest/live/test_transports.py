"""Real streams of every kind become live, give pictures, and come back after their server was started again."""

from contextlib import ExitStack, contextmanager
from itertools import pairwise

import pytest

from common.messages import Frame
from moodline.chaos.cameras import Cameras, CameraSpec
from moodline.chaos.clips import ClipFormat
from tests.ingest.live.hls_camera import Footage, hls_camera
from tests.ingest.live.http_camera import http_camera
from tests.ingest.live.scripted import until, watching

RATE = 5.0
STALL_S = 2.0


class Served:
    """A server that can be stopped and started again at the same place."""

    def __init__(self, opened):
        self._opened, self._stack = opened, ExitStack()
        self.address, self.port = "", 0

    def start(self):
        self.address, self.port = self._stack.enter_context(self._opened(self.port))

    def stop(self):
        self._stack.close()


@contextmanager
def jpeg(port):
    with http_camera(port=port) as server:
        yield f"{server.url}/video", server.server_port


def hls(footage):
    @contextmanager
    def opened(port):
        with hls_camera(footage, port) as got:
            yield f"http://127.0.0.1:{got}/live.m3u8", got

    return opened


@contextmanager
def rtsp(port):
    with Cameras(CameraSpec("door", form=ClipFormat(gop=10)), port=port) as server:
        yield server.url("door"), server.port


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    return Footage(tmp_path_factory.mktemp("hls"), 1, 200)


def check_comes_back(opened, **options):
    """Watch until pictures come, stop the server until the camera is down, start it, wait for pictures; in order."""
    server = Served(opened)
    server.start()
    try:
        with watching(real=True, stall_s=STALL_S) as watch:
            watch.put("door", address=server.address, rate=RATE, **options)
            watch.wait_state("door", "live")
            watch.wait_pictures("door", 8)
            server.stop()
            until(lambda: watch.fleet.posts["door"].health.state in {"offline", "stalled"}, "its loss")
            before = len(watch.pictures("door"))
            server.start()
            until(lambda: watch.fleet.posts["door"].health.state == "live", "its return")
            watch.wait_pictures("door", before + 8)
            frames = [one.spine for one in watch.of("door") if isinstance(one, Frame)]
    finally:
        server.stop()
    assert all(early.time_ms <= late.time_ms for early, late in pairwise(frames))
    # What comes in bursts is spread again: neither is much dropped nor does event time run ahead.
    assert len(watch.pictures("door")) >= 0.7 * len(frames)
    assert all(spine.time_ms - spine.arrived_ms < 1000 for spine in frames)


def test_jpeg_over_http_comes_back():
    check_comes_back(jpeg)


def test_hls_is_played_evenly_and_comes_back(footage):
    check_comes_back(hls(footage))


@pytest.mark.rtsp
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_rtsp_comes_back_over_tcp_and_over_udp(open_cameras, transport):
    open_cameras()
    check_comes_back(rtsp, transport=transport)
