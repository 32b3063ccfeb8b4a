"""What cameras send while nothing is wrong with them, as FFmpeg sees it."""

import itertools

import av
import numpy as np
import pytest

from common.errors import MoodlineError, SourceError
from moodline.chaos import cameras as module
from moodline.chaos.cameras import PACKAGES, Cameras, CameraSpec
from moodline.chaos.clips import ClipFormat
from tests.builders_video import make_video
from tests.chaos.watching import lumas, packets, take, until, watch

pytestmark = pytest.mark.rtsp

ODD = "p w:@/?"
"""A password with what addresses give a meaning to."""


@pytest.fixture(scope="module")
def cameras(open_cameras):
    return open_cameras(
        CameraSpec("room", form=ClipFormat(gop=10)),
        CameraSpec("reordered", form=ClipFormat(b_frames=2)),
        CameraSpec("hevc", form=ClipFormat("hevc", width=400, height=304)),
        CameraSpec("jpeg", form=ClipFormat("mjpeg", quality=8)),
        CameraSpec("heard", sound=True),
    )


@pytest.mark.parametrize(
    ("name", "codec", "size"),
    [("room", "h264", (320, 240)), ("hevc", "hevc", (400, 304)), ("jpeg", "mjpeg", (320, 240))],
)
def test_a_camera_shows_its_room_in_its_codec(cameras, name, codec, size):
    with watch(cameras.url(name)) as container:
        assert container.streams.video[0].codec_context.name == codec
        luma, _ = next(lumas(container))
    assert luma.shape == size[::-1]
    assert luma.std() > 20


def test_timestamps_go_on_by_one_picture_each_over_the_seam_of_the_clip(cameras):
    with watch(cameras.url("room")) as container:
        times = [got.pts_s for got in take(packets(container), 60)]
    # FFmpeg gives the very first packet of H.264 no time.
    assert np.diff([time for time in times if time is not None]) == pytest.approx(0.04, abs=2e-5)


def test_b_frames_are_sent_in_the_order_of_decoding(cameras):
    with watch(cameras.url("reordered")) as container:
        times = [got.pts_s for got in take(packets(container), 35) if got.pts_s is not None]
        assert times != sorted(times)
        assert np.diff(sorted(times)[2:-2]) == pytest.approx(0.04, abs=2e-5)
        assert not next(container.decode(video=0)).is_corrupt


def test_the_time_of_a_picture_is_the_moment_at_which_it_was_sent(cameras):
    # JPEG, as FFmpeg gives each picture of H.264 only when the next has come.
    with watch(cameras.url("jpeg")) as container:
        found = take((got for got in packets(container) if got.camera_s is not None), 50)
    late = [got.wall_s - got.camera_s for got in found]
    assert -0.002 < min(late) < 0.03
    assert np.diff([got.camera_s for got in found]) == pytest.approx(0.04, abs=0.002)


def test_a_second_viewer_gets_the_same_stream_and_is_counted(cameras):
    with watch(cameras.url("room")) as one, watch(cameras.url("room")) as other:
        assert cameras.stats()["cameras"]["room"]["clients"] == 2
        first, second = (until(packets(each), lambda got: got.camera_s is not None)[-1] for each in (one, other))
        apart = (second.camera_s - first.camera_s) / 0.04
    assert abs(apart - round(apart)) < 0.05


def test_a_camera_with_sound_sends_both_and_a_viewer_may_want_its_pictures_only(cameras):
    with watch(cameras.url("heard"), allowed_media_types=None) as container:
        assert {got.kind for got in take(packets(container), 25)} == {"video", "audio"}
    with watch(cameras.url("heard")) as container:
        assert {got.kind for got in take(packets(container), 25)} == {"video"}


@pytest.mark.parametrize("scheme", ["digest", "basic"])
def test_only_the_right_user_is_let_in(open_cameras, scheme):
    own = open_cameras(CameraSpec("locked", user="ann", password=ODD), CameraSpec("open"), scheme=scheme)
    with watch(own.url("locked")) as container:
        assert take(packets(container), 1)
    for address in (own.url("locked", login=False), own.url("locked").replace("ann:", "bob:")):
        with pytest.raises(av.error.HTTPUnauthorizedError), watch(address):
            pass
    with watch(own.url("open")) as container:
        assert take(packets(container), 1)


def test_an_address_that_is_no_camera_is_not_found(cameras):
    with pytest.raises(av.error.HTTPNotFoundError), watch(cameras.url("room") + "x"):
        pass


def test_a_camera_can_be_opened_again_and_again_at_once(cameras):
    for _ in range(5):
        with watch(cameras.url("room")) as container:
            assert take(packets(container), 1)


def test_what_the_server_did_is_counted(cameras):
    before = cameras.stats()
    with watch(cameras.url("room")) as container:
        take(packets(container), 10)
    after = cameras.stats()
    assert after["cpu_s"] >= before["cpu_s"] > 0
    pushed = [each["cameras"]["room"]["pushed"]["video"] for each in (before, after)]
    assert pushed[1] >= pushed[0] + 10
    assert after["cameras"]["jpeg"]["pushed"].keys() == {"video"}


def test_an_unknown_fault_is_refused_and_the_server_goes_on(cameras):
    for fault in ({"kind": "earthquake"}, {"kind": "refuse", "colour": "red"}, {"kind": "play", "clip": "nowhere"}):
        with pytest.raises(MoodlineError, match="refuses"):
            cameras.fault("room", **fault)
    assert cameras.stats()


def test_without_the_bindings_the_packages_are_named(monkeypatch):
    monkeypatch.setattr(module, "PYTHONS", ("/nowhere/python3",))
    with pytest.raises(SourceError, match="apt-get install") as caught:
        Cameras(CameraSpec())
    assert PACKAGES in str(caught.value)


def test_the_server_ends_with_its_handle(cameras):
    assert cameras.stats()
    with Cameras(CameraSpec()) as own:
        process = own._process
    own.close()
    assert process.returncode == 0


def test_a_server_that_was_killed_is_named(open_cameras):
    own = open_cameras(CameraSpec())
    own._process.kill()
    own._process.wait()
    with pytest.raises(MoodlineError, match="has ended"):
        own.stats()


def test_pictures_of_a_video_file_are_sent(open_cameras, tmp_path):
    video = make_video(tmp_path / "video.mp4", frames=20)
    own = open_cameras(CameraSpec(form=ClipFormat(width=480, height=272), video=video))
    with watch(own.url("cam0")) as container:
        seen = list(itertools.islice(lumas(container), 3))
    assert {luma.shape for luma, _ in seen} == {(272, 480)}
