"""An opened stream: its pictures, stamps and the camera's clock; from RTSP, and from JPEG over HTTP."""

import itertools
import time

import av
import pytest

from ingest.live.capture import DEVICE, Capture, NoVideo
from ingest.live.records import Order
from moodline.chaos.cameras import CameraSpec
from moodline.chaos.clips import ClipFormat
from tests.builders_video import make_sound, make_video
from tests.ingest.live.http_camera import SIZE, http_camera

PLAYLIST = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\n{segment}\n#EXT-X-ENDLIST\n"


def shots(capture, count):
    return list(itertools.islice(capture.shots(), count))


def test_jpeg_over_http_has_pictures_and_no_time_of_its_own():
    with http_camera(rate=50.0) as camera, Capture(Order(f"{camera.url}/video", 5.0)) as capture:
        seen = shots(capture, 5)
        assert (capture.codec, capture.size, capture.timed, capture.frame_ms) == ("mjpeg", SIZE, False, 0.0)
    assert {(one.frame.width, one.frame.height) for one in seen} == {SIZE}
    assert {(one.stamp_ms, one.camera_ms, one.damaged) for one in seen} == {(None, None, False)}
    assert camera.left.wait(60)


def test_what_holds_no_video_is_refused_and_hung_up(tmp_path):
    pages = {"/sound": ("video/mp2t", make_sound(tmp_path / "sound.ts").read_bytes())}
    with http_camera(pages=pages) as camera, pytest.raises(NoVideo):
        Capture(Order(f"{camera.url}/sound", 5.0))


@pytest.fixture
def footage(tmp_path):
    return make_video(tmp_path / "footage.ts", frames=25)


def test_a_playlist_of_http_addresses_is_followed(footage):
    pages = {"/footage.ts": ("video/mp2t", footage.read_bytes())}
    with http_camera(pages=pages) as camera:
        pages["/list.m3u8"] = ("application/vnd.apple.mpegurl", PLAYLIST.format(segment="footage.ts").encode())
        with Capture(Order(f"{camera.url}/list.m3u8", 5.0)) as capture:
            assert len(shots(capture, 5)) == 5


@pytest.mark.parametrize(
    "form", ["file://{path}", "file:{path}", "{path}", "concat:{path}", "subfile,,start,0,end,0,,:{path}"]
)
def test_a_playlist_cannot_make_a_worker_read_its_own_files(footage, form):
    page = PLAYLIST.format(segment=form.format(path=footage)).encode()
    with http_camera(pages={"/list.m3u8": ("application/vnd.apple.mpegurl", page)}) as camera:
        order = Order(f"{camera.url}/list.m3u8", 5.0, timeout_s=2.0)
        with pytest.raises((av.FFmpegError, OSError, NoVideo)), Capture(order) as capture:  # noqa: PT012  # either step may refuse
            assert not shots(capture, 1), "the file was read"
            raise NoVideo


def test_a_device_is_opened_as_one_and_by_its_file():
    with pytest.raises(av.FileNotFoundError):
        Capture(Order(f"{DEVICE}:/dev/video999", 5.0))


@pytest.fixture(scope="module")
def cameras(open_cameras):
    return open_cameras(
        CameraSpec("h264", form=ClipFormat(gop=10)),
        CameraSpec("hevc", form=ClipFormat("hevc", width=400, height=304, gop=10)),
        CameraSpec("mjpeg", form=ClipFormat("mjpeg", quality=8)),
    )


@pytest.mark.rtsp
@pytest.mark.parametrize(("codec", "size"), [("h264", (320, 240)), ("hevc", (400, 304)), ("mjpeg", (320, 240))])
def test_a_camera_gives_pictures_with_stamps_and_its_clock(cameras, codec, size):
    with Capture(Order(cameras.url(codec), 5.0)) as capture:
        # The first report of the clock may take some seconds.
        seen = list(itertools.takewhile(lambda one: one.camera_ms is None, itertools.islice(capture.shots(), 500)))
        seen += shots(capture, 30)
        now_ms = 1000 * time.time()
        assert (capture.codec, capture.size, capture.timed, capture.refused) == (codec, size, True, 0)
        # JPEG over RTP does not say how many pictures there are a second.
        assert capture.frame_ms == pytest.approx(0.0 if codec == "mjpeg" else 40.0, abs=0.1)
    assert {(one.frame.width, one.frame.height) for one in seen} == {size}
    stamps = [one.stamp_ms for one in seen if one.stamp_ms is not None]
    assert len(stamps) >= len(seen) - 1
    steps = [b - a for a, b in itertools.pairwise(stamps)]
    # The picture that ended the wait for the clock is in neither part.
    assert sorted(steps)[:-1] == pytest.approx([40.0] * (len(steps) - 1), abs=0.1)
    clocks = [one.camera_ms for one in seen[-30:]]
    assert abs(now_ms - clocks[-1]) < 5000
    assert clocks == sorted(clocks)


@pytest.mark.rtsp
def test_pictures_that_no_other_needs_or_all_but_key_pictures_can_be_left_out(cameras):
    with Capture(Order(cameras.url("h264"), 5.0)) as capture:
        shots(capture, 3)
        capture.skip("nonkey")
        shots(capture, 1)
        keys = shots(capture, 3)
        capture.skip("default")
        shots(capture, 1)
        after = shots(capture, 3)
    assert all(one.frame.key_frame for one in keys)
    assert [b.stamp_ms - a.stamp_ms for a, b in itertools.pairwise(keys)] == pytest.approx([400.0, 400.0], abs=0.1)
    assert after[-1].stamp_ms - after[0].stamp_ms == pytest.approx(80.0, abs=0.1)
