"""Each fault of a camera, and its end, as FFmpeg sees them."""

import itertools
import threading
import time

import av
import numpy as np
import pytest

from moodline.chaos.cameras import CameraSpec
from moodline.chaos.clips import ClipFormat
from moodline.chaos.proxy import FaultProxy
from tests.chaos.watching import lumas, packets, take, until, watch

pytestmark = pytest.mark.rtsp

QUICK = ClipFormat(gop=10)


@pytest.fixture(scope="module")
def cameras(open_cameras):
    quiet = CameraSpec("jpeg", form=ClipFormat("mjpeg", quality=8), report_s=0.3)
    return open_cameras(
        *(CameraSpec(f"cam{number}", form=QUICK) for number in range(4)), quiet, CameraSpec("heard", sound=True)
    )


def shows(url, patience_s=10.0):
    deadline = time.monotonic() + patience_s
    while True:
        try:
            with watch(url) as container:
                return bool(take(packets(container), 1))
        except av.error.HTTPServerError:
            # GStreamer turns viewers away while it takes down what the last one watched.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("kind", "options", "raised"),
    [
        ("refuse", {}, av.error.HTTPServerError),
        ("refuse", {"status": 404}, av.error.HTTPNotFoundError),
        ("refuse", {"status": 403}, av.error.HTTPForbiddenError),
        ("auth", {}, av.error.HTTPUnauthorizedError),
    ],
)
def test_new_clients_are_turned_away_until_it_is_lifted(cameras, kind, options, raised):
    cameras.fault("cam0", kind, **options)
    with pytest.raises(raised), watch(cameras.url("cam0")):
        pass
    cameras.lift("cam0", kind)
    assert shows(cameras.url("cam0"))


def test_a_changed_password_keeps_out_who_knows_the_old_one(open_cameras):
    own = open_cameras(CameraSpec(form=QUICK, user="ann", password="old"))  # noqa: S106  # of nobody
    url = own.url("cam0")
    assert shows(url)
    own.fault("cam0", "auth", user="ann", password="new")  # noqa: S106  # of nobody
    with pytest.raises(av.error.HTTPUnauthorizedError), watch(url):
        pass
    assert shows(url.replace("old", "new"))


def test_a_reset_ends_the_stream_and_the_other_cameras_miss_nothing(cameras):
    others = ("cam0", "cam2", "cam3")
    with watch(cameras.url("cam1")) as cut:
        viewers = [watch(cameras.url(name)) for name in others]
        streams = [packets(viewer.__enter__()) for viewer in viewers]
        before = [take(stream, 5) for stream in streams]
        found = packets(cut)
        take(found, 5)
        cameras.fault("cam1", "reset")
        assert len(take(found, 400)) < 400
        for stream, first in zip(streams, before, strict=True):
            times = [got.pts_s for got in [*first, *take(stream, 30)] if got.pts_s is not None]
            assert np.diff(times) == pytest.approx(0.04, abs=2e-5)
        for viewer in viewers:
            viewer.__exit__(None, None, None)
    assert shows(cameras.url("cam1"))


def test_a_stall_sends_nothing_more_also_to_new_clients_and_goes_on(cameras):
    with watch(cameras.url("cam0"), timeout="300000") as container:
        take(packets(container), 5)
        cameras.fault("cam0", "stall")
        with pytest.raises(av.error.TimeoutError):
            take(packets(container), 400)
    with pytest.raises(av.error.TimeoutError), watch(cameras.url("cam0"), timeout="300000") as container:
        take(packets(container), 1)
    cameras.lift("cam0", "stall")
    assert shows(cameras.url("cam0"))


def test_a_stall_can_end_within_a_connection(cameras):
    with watch(cameras.url("cam0"), timeout="5000000") as container:
        found = packets(container)
        take(found, 5)
        cameras.fault("cam0", "stall")
        time.sleep(0.5)
        cameras.lift("cam0", "stall")
        steps = np.diff([got.pts_s for got in take(found, 30) if got.pts_s is not None])
    assert max(steps) > 0.4


def test_sender_reports_alone_keep_a_viewer_waiting_beyond_its_time_limit(cameras):
    with watch(cameras.url("jpeg"), timeout="1000000") as container:
        found = packets(container)
        before = take(found, 5)[-1]
        cameras.fault("jpeg", "stall", reports=True)
        lifting = threading.Timer(2.5, cameras.lift, ("jpeg", "stall"))
        lifting.start()
        after = until(found, lambda got: got.pts_s > before.pts_s + 1.5)[-1]
        lifting.join()
    assert after.now_s - before.now_s > 2


def test_video_can_stop_while_sound_goes_on_and_new_clients_get_sound_only(cameras):
    with watch(cameras.url("heard"), allowed_media_types=None) as container:
        found = packets(container)
        until(found, lambda got: got.kind == "video")
        cameras.fault("heard", "audio")
        kinds = [got.kind for got in take(found, 50)]
    assert kinds[-25:] == ["audio"] * 25
    with watch(cameras.url("heard"), allowed_media_types=None) as container:
        assert [stream.type for stream in container.streams] == ["audio"]
        assert {got.kind for got in take(packets(container), 10)} == {"audio"}
    with pytest.raises(av.error.HTTPClientError), watch(cameras.url("heard")):
        pass
    cameras.lift("heard", "audio")
    assert shows(cameras.url("heard"))


def test_pictures_change_their_size_within_a_stream(cameras):
    with watch(cameras.url("cam0")) as container:
        seen = lumas(container)
        assert next(seen)[0].shape == (240, 320)
        cameras.fault("cam0", "size", width=400, height=304)
        assert any(luma.shape == (304, 400) for luma, _ in itertools.islice(seen, 60))
        cameras.lift("cam0", "size")
        assert any(luma.shape == (240, 320) for luma, _ in itertools.islice(seen, 60))


def test_another_codec_comes_with_the_next_connection(cameras):
    with watch(cameras.url("cam0")) as container:
        found = packets(container)
        take(found, 5)
        cameras.fault("cam0", "codec", codec="hevc")
        assert len(take(found, 400)) < 400
    with watch(cameras.url("cam0")) as container:
        assert container.streams.video[0].codec_context.name == "hevc"
        assert next(lumas(container))[0].std() > 20
    cameras.lift("cam0", "codec")
    with watch(cameras.url("cam0")) as container:
        assert container.streams.video[0].codec_context.name == "h264"


def test_a_hung_sensor_repeats_its_picture_and_key_pictures_are_alike(cameras):
    cameras.fault("cam0", "repeat")
    with watch(cameras.url("cam0")) as container:
        keys = [luma.astype(int) for luma, key in itertools.islice(lumas(container), 25) if key]
    cameras.lift("cam0", "repeat")
    with watch(cameras.url("cam0")) as container:
        alive = [luma.astype(int) for luma, key in itertools.islice(lumas(container), 25) if key]
    assert np.abs(keys[-1] - keys[-2]).mean() < 1
    assert np.abs(alive[-1] - alive[-2]).mean() > 2


@pytest.mark.parametrize(("kind", "low", "high"), [("dark", 0, 15), ("covered", 40, 90)])
def test_a_dark_and_a_covered_camera_show_nearly_nothing_within_the_stream(cameras, kind, low, high):
    with watch(cameras.url("cam0")) as container:
        seen = lumas(container)
        assert next(seen)[0].std() > 20
        cameras.fault("cam0", kind)
        flat = next(luma for luma, _ in itertools.islice(seen, 60) if luma.std() < 10)
    cameras.lift("cam0", kind)
    assert low <= flat.mean() < high
    assert shows(cameras.url("cam0"))


def test_the_clock_on_the_wall_jumps_and_is_set_right_again(cameras):
    with watch(cameras.url("jpeg")) as container:
        found = packets(container)
        take(found, 5)
        cameras.fault("jpeg", "clock", offset_s=-3600)
        wrong = until(found, lambda got: got.camera_s is not None and got.camera_s < got.wall_s - 1800)[-1]
        cameras.lift("jpeg", "clock")
        until(found, lambda got: abs(got.camera_s - got.wall_s) < 60)
    assert wrong.wall_s - wrong.camera_s == pytest.approx(3600, abs=2)


def test_a_clock_can_drift(cameras):
    with watch(cameras.url("jpeg")) as container:
        found = packets(container)
        until(found, lambda got: got.camera_s is not None)
        cameras.fault("jpeg", "clock", drift_ppm=200_000)
        found = list(itertools.islice(found, 50))
        cameras.lift("jpeg", "clock")
    ahead = [got.camera_s - got.wall_s for got in found]
    assert 0.15 < max(ahead) - min(ahead) < 0.6


def test_without_sender_reports_no_picture_has_a_time(cameras):
    cameras.fault("cam0", "no_clock")
    with watch(cameras.url("cam0")) as container:
        assert all(got.camera_s is None for got in take(packets(container), 30))
    cameras.lift("cam0", "no_clock")
    with watch(cameras.url("cam0")) as container:
        until(packets(container), lambda got: got.camera_s is not None)


@pytest.mark.parametrize("by_s", [100.0, -100.0])
def test_timestamps_leap(cameras, by_s):
    # Else FFmpeg takes a step back for the end of the 32 bits, and adds 13 hours.
    with watch(cameras.url("jpeg"), correct_ts_overflow="0") as container:
        found = packets(container)
        before = take(found, 5)[-1]
        cameras.fault("jpeg", "pts_jump", by_s=by_s)
        after = until(found, lambda got: abs(got.pts_s - before.pts_s) > 50)[-1]
    assert after.pts_s - before.pts_s == pytest.approx(by_s, abs=2)


def test_timestamps_can_run_at_another_rate_than_the_pictures_come(cameras):
    cameras.fault("jpeg", "rate", real=20)
    with watch(cameras.url("jpeg")) as container:
        found = take(packets(container), 35)[5:]
    cameras.lift("jpeg", "rate")
    ran = (found[-1].pts_s - found[0].pts_s) / (found[-1].now_s - found[0].now_s)
    assert np.diff([got.pts_s for got in found]) == pytest.approx(0.04, abs=2e-5)
    assert 0.72 < ran < 0.88


def test_a_server_that_never_answers_and_a_network_that_goes_away(cameras):
    with FaultProxy(cameras.port) as proxy:
        url = proxy.through(cameras.url("cam0"))
        assert shows(url)
        with watch(url, timeout="300000") as container:
            take(packets(container), 5)
            proxy.black_hole()
            with pytest.raises(av.error.TimeoutError):
                take(packets(container), 400)
        # FFmpeg does not tell silence from nonsense.
        with pytest.raises(av.error.InvalidDataError), watch(url, timeout="300000"):
            pass
        proxy.lift()
        proxy.refuse()
        with pytest.raises(av.error.ConnectionRefusedError), watch(url):
            pass
        proxy.lift()
        with watch(url) as container:
            found = packets(container)
            take(found, 5)
            proxy.cut()
            assert len(take(found, 400)) < 400
        assert shows(url)
