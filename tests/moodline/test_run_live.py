"""`moodline run` on live cameras, as a process: series, counts that add up, a polite end, and every mistake named."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from common.errors import EXIT_OK, EXIT_SOURCE, EXIT_USAGE
from common.redis_client import open_client
from common.store_settings import StoreSettings
from moodline.chaos.cameras import CameraSpec
from moodline.chaos.clips import ClipFormat
from sink.reader import SeriesReader
from tests.builders_video import make_sound

PATIENCE_S = 90.0


@pytest.fixture(scope="module")
def cameras(open_cameras, walkers):
    form = ClipFormat(width=640, height=360, rate=10, gop=10)
    return open_cameras(
        CameraSpec("door", form=form, video=walkers),
        CameraSpec("till"),
        CameraSpec("locked", user="ann", password="hunter2"),  # noqa: S106  # nobody's
    )


@contextmanager
def running(*arguments):
    """A live run in a process of its own."""
    command = [sys.executable, "-m", "moodline.cli", "run", *map(str, arguments), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process):
    """Wait for the end; gives the result, all that was printed, and what was complained about."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == EXIT_OK, err
    assert "Traceback" not in out + err
    assert "hunter2" not in out + err
    return json.loads(out.strip().splitlines()[-1]), out, err


def wait_for(process, *words):
    """Read lines up to the first that holds all the words; gives it."""
    for line in process.stdout:
        if all(word in line for word in words):
            return line
    raise AssertionError(f"{words} was never said: {process.communicate()}")


def written(home):
    """For each camera its epochs, and the frames of each."""
    with open_client(StoreSettings(home=home)) as client:
        reader = SeriesReader(client, "moodline")
        return {
            camera: [(epoch, list(reader.frames(camera, epoch.epoch))) for epoch in reader.epochs(camera)]
            for camera in reader.cameras()
        }


def check_adds_up(result, home):
    """Each sampled frame is written once, in an epoch that is closed and has no holes."""
    for camera in result["cameras"]:
        epochs = written(home).get(camera["camera"], [])
        for epoch, frames in epochs:
            assert [frame.seq for frame in frames] == list(range(len(frames)))
            assert epoch.closed is not None
        assert sum(len(frames) for _, frames in epochs) == camera["sampled"]


@pytest.mark.rtsp
def test_cameras_become_series_that_can_be_read_beside_others_that_fail(cameras, home, moodline, monkeypatch):
    monkeypatch.setenv("MOODLINE_LOG_LEVEL", "DEBUG")
    wrong = cameras.url("locked").replace("ann", "bob")
    failing = (wrong, "rtsp://ann:${NO_SUCH}@host/a", "rtsp://ann:hunter2@nowhere.invalid/b")
    with running(cameras.url("door"), cameras.url("till"), *failing, "--for", 4) as process:
        result, out, _ = ended(process)
    found = {camera["camera"].split("-")[-1]: (camera["state"], camera["reason"]) for camera in result["cameras"]}
    assert found["door"] == found["till"] == ("live", "pictures come")
    assert found["locked"] == ("auth_failed", "the camera refuses this user name or password")
    assert found["a"][0] == "offline"
    assert "NO_SUCH" in found["a"][1]
    assert found["b"][0] == "offline"
    assert "no such host" in out
    assert out.count(": live (pictures come)") == 2
    assert not result["interrupted"]
    assert result["counts"]["frames"] == sum(camera["sampled"] for camera in result["cameras"]) > 10
    check_adds_up(result, home)
    code, printed, _ = moodline("series", "--format", "csv")
    assert code == EXIT_OK
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert {row["status"] for row in rows} & {"ok", "ambiguous"}


@pytest.mark.rtsp
def test_ctrl_c_in_a_terminal_ends_all_in_good_order_with_what_was_seen_so_far(cameras, home):
    command = [sys.executable, "-m", "moodline.cli", "run", cameras.url("till"), "--camera", "till", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        wait_for(process, "till: live")
        os.killpg(process.pid, signal.SIGINT)
        result, out, err = ended(process)
    assert result["interrupted"]
    assert "Cameras" in out
    assert err == ""
    check_adds_up(result, home)
    ((epoch, _),) = written(home)["till"]
    assert epoch.closed == "interrupted"


@pytest.mark.rtsp
def test_a_second_run_of_a_camera_says_who_holds_it_and_goes_on_when_that_one_ends(cameras, home):
    with running(cameras.url("till"), "--camera", "till") as first:
        wait_for(first, "till: live")
        with running(cameras.url("till"), "--camera", "till") as second:
            assert f"-{first.pid} holds it" in wait_for(second, "till: waiting")
            first.send_signal(signal.SIGINT)
            earlier, _, _ = ended(first)
            wait_for(second, "till: live")
            second.send_signal(signal.SIGINT)
            later, _, err = ended(second)
    assert f"till is held by {os.uname().nodename}-{first.pid}" in err
    epochs = written(home)["till"]
    assert [epoch.closed for epoch, _ in epochs] == ["interrupted", "interrupted"]
    assert epochs[0][0].epoch < epochs[1][0].epoch
    assert epochs[0][1][-1].time_ms <= epochs[1][1][0].time_ms
    assert sum(len(frames) for _, frames in epochs) == earlier["counts"]["frames"] + later["counts"]["frames"]


@pytest.fixture
def refused(moodline, home):
    """Run a command that must fail at once: one sentence, the expected code, and nothing written."""

    def run(code, *arguments):
        got, out, err = moodline("run", *arguments)
        assert got == code, err
        assert err.startswith("moodline: ")
        assert err.count("\n") == 1
        assert "hunter2" not in out + err
        assert not home.exists()
        return err

    return run


def test_a_malformed_address_is_refused_with_what_is_wrong(refused):
    assert "names no host" in refused(EXIT_SOURCE, "rtsp://")
    assert "has a port that is none" in refused(EXIT_SOURCE, "rtsp://ann:hunter2@host:99999/live")
    assert "scheme that is not known" in refused(EXIT_SOURCE, "rtps://ann:hunter2@host/live")


def test_a_recording_beside_a_camera_is_refused_with_what_to_do(refused, pattern):
    assert "--as-cameras" in refused(EXIT_USAGE, pattern, "rtsp://host/live")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("rtsp://host/a", "rtsp://host/b", "--camera", "door"), "several cameras"),
        (("rtsp://host/a", "--camera", "Front Door"), "Front Door"),
        (("rtsp://host/a", "--speed", "2"), "--speed is for recordings"),
        (("rtsp://host/a", "--loop"), "--loop is for recordings"),
        (("rtsp://host/a", "--start", "2026-05-01T09:00:00Z"), "--start is for recordings"),
        (("rtsp://host/a", "--report", "here"), "--report is for recordings"),
        (("--cameras", "rtsp://host/a"), "not both"),
        (("--cameras", "clip.mp4"), "not both"),
        (("--cameras", "--camera", "door"), "have their names"),
        ((), "say what to read"),
    ],
)
def test_options_that_do_not_fit_a_camera_are_refused(refused, arguments, why):
    assert why in refused(EXIT_USAGE, *arguments)


def test_an_end_is_for_cameras_only(refused, pattern):
    assert "--for is for live cameras" in refused(EXIT_USAGE, pattern, "--for", "5")


def test_what_is_no_recording_is_refused_before_it_is_played_as_a_camera(refused, tmp_path):
    (tmp_path / "text.mp4").write_text("this is no video\n" * 100)
    assert "text.mp4" in refused(EXIT_SOURCE, "text.mp4", "--as-cameras")
    make_sound(tmp_path / "sound.mp4")
    assert "sound.mp4" in refused(EXIT_SOURCE, "sound.mp4", "--as-cameras")
