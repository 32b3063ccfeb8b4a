"""A reader process on real streams: what it announces and hands over, and that it never outlives its owner."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ingest.live import records
from ingest.live.connection import ReaderProcess
from moodline.chaos.cameras import CameraSpec
from moodline.chaos.clips import ClipFormat
from tests.builders_video import moving_pattern
from tests.ingest.live.http_camera import SIZE, http_camera
from tests.ingest.live.reading import reading
from tests.ingest.live.scripted import until
from tests.servers import HOST, free_ports


def lives(process_id):
    """Whether a process is at work; one that has ended and is not collected yet is not."""
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def test_a_stream_without_timestamps_is_sampled_by_the_time_that_passes():
    with http_camera(rate=20.0) as camera, reading(f"{camera.url}/video", rate=5.0) as one:
        one.until(records.Sampled, lambda sampled: sampled.number == 15)
        decoded = one.until(records.Progress).decoded
        numbers = [sampled.number for sampled in one.of(records.Sampled)]
    assert one.of(records.Connected) == [records.Connected("mjpeg", *SIZE, 0.0)]
    assert numbers == list(range(len(numbers)))
    # Four pictures come for each that is sampled; fewer where this machine was held up.
    assert 2.5 < decoded / len(numbers) < 5


def test_at_rate_0_every_picture_is_sampled():
    with http_camera(rate=20.0) as camera, reading(f"{camera.url}/video", rate=0) as one:
        progress = one.until(records.Progress, lambda progress: progress.decoded > 10)
        numbers = [sampled.number for sampled in one.of(records.Sampled)]
    assert progress.decoded - len(numbers) in (0, 1)


def test_the_picture_that_is_handed_over_is_the_newest_one_whole():
    with http_camera(rate=20.0) as camera, reading(f"{camera.url}/video", rate=0) as one:
        one.until(records.Sampled, lambda sampled: sampled.number == 9)
        sampled, planes = one.picture()
        assert sampled.number >= 9
        later, _ = one.picture()
        assert later.number > sampled.number
    assert (sampled.width, sampled.height, sampled.damaged, sampled.sight) == (*SIZE, False, "clear")
    # JPEG has the full range of levels.
    painted = moving_pattern(sampled.number % 10, *SIZE) @ np.array([0.299, 0.587, 0.114])
    assert np.abs(planes[: SIZE[1]] - painted).mean() < 3


def test_a_reader_that_is_left_hangs_up_and_ends():
    with http_camera() as camera, reading(f"{camera.url}/video") as one:
        one.until(records.Sampled)
        process = one.reader._process
        one.reader.leave(time.monotonic())
        process.join(60)
        assert process.exitcode == 0
        assert camera.left.wait(60)


def test_a_reader_that_is_left_while_its_camera_does_not_answer_ends_too():
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        with reading(f"rtsp://{HOST}:{port}/live", timeout_s=100.0) as one:
            connection, _ = silent.accept()
            with connection:
                process = one.reader._process
                one.reader.leave(time.monotonic())
                process.join(60)
                assert process.exitcode == 0


def test_a_reader_that_is_stopped_by_the_machine_can_be_killed():
    with http_camera() as camera, reading(f"{camera.url}/video") as one:
        one.until(records.Sampled)
        os.kill(one.reader._process.pid, signal.SIGSTOP)
        one.reader.leave(time.monotonic())
        until(lambda: one.reader.has_ended(time.monotonic()), "its end")
        one.reader = ReaderProcess(records.Order(f"http://{HOST}:{free_ports(1)[0]}/", 5.0))


OWNER = """
import signal, sys, time
from ingest.live import records
from ingest.live.connection import ReaderProcess

def main():
    told = []
    signal.signal(signal.SIGINT, lambda *_: told.append(1))
    reader = ReaderProcess(records.Order(sys.argv[1], 0))
    def pictures(count):
        while count:
            count -= isinstance(reader.hear().record, records.Sampled)
    pictures(1)
    print(reader._process.pid, flush=True)
    while not told:
        pictures(1)
    pictures(20)
    print("still read", flush=True)
    reader.leave(time.monotonic())
    reader.finish(time.monotonic())
    print(reader._process._closed, flush=True)

if __name__ == "__main__":
    main()
"""


@contextmanager
def owner(address, tmp_path):
    """A process of its own that owns a reader; gives it and the reader's id."""
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    command = [sys.executable, str(script), address]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment
    ) as process:
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield process, int(line)
        finally:
            process.kill()


def children(session):
    """The living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and lives(entry.name):
            try:
                if os.getsid(int(entry.name)) == session:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


def test_no_reader_outlives_an_owner_that_was_killed(tmp_path):
    with http_camera() as camera, owner(f"{camera.url}/video", tmp_path) as (process, reader):
        assert lives(reader)
        process.kill()
        process.wait()
        until(lambda: not lives(reader), "the reader's end")
        assert camera.left.wait(60)
        until(lambda: not children(process.pid), "the end of all that it had started")


def test_ctrl_c_in_a_terminal_ends_no_reader_before_its_owner_says_so(tmp_path):
    with http_camera(rate=50.0) as camera, owner(f"{camera.url}/video", tmp_path) as (process, reader):
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.readline() == "still read\n"
        out, err = process.communicate(timeout=60)
        assert (out, err, process.returncode) == ("True\n", "", 0)
        assert not lives(reader)
        until(lambda: not children(process.pid), "the end of all that it had started")


@pytest.fixture(scope="module")
def cameras(open_cameras):
    return open_cameras(CameraSpec("door", form=ClipFormat(gop=5)), CameraSpec("fast", form=ClipFormat(gop=5)))


@pytest.mark.rtsp
def test_a_camera_is_sampled_by_its_own_time_and_says_what_its_clock_is(cameras):
    with reading(cameras.url("door"), rate=5.0) as one:
        # The first report of the clock may take some seconds.
        number = one.until(records.Sampled, lambda sampled: sampled.camera_ms is not None).number
        one.until(records.Sampled, lambda sampled: sampled.number == number + 8)
        sampled = one.of(records.Sampled)[1:]
    assert one.of(records.Connected)[0].codec == "h264"
    steps = np.diff([picture.stamp_ms for picture in sampled])
    assert steps == pytest.approx(200.0, abs=1.0)
    late = [picture.wall_ms - picture.camera_ms for picture in sampled if picture.camera_ms is not None]
    assert len(late) >= 8
    assert np.abs(late).max() < 5000


@pytest.mark.rtsp
def test_pictures_of_another_size_within_a_stream_are_handed_over_whole(cameras):
    with reading(cameras.url("door"), rate=5.0) as one:
        assert one.until(records.Sampled).width == 320
        cameras.fault("door", "size")
        one.until(records.Sampled, lambda sampled: sampled.width == 400)
        sampled, planes = one.picture()
        cameras.lift("door", "size")
    assert (sampled.width, sampled.height) == (400, 304)
    assert planes[: sampled.height].std() > 20


@pytest.mark.rtsp
def test_timestamps_that_leap_or_run_wrong_do_not_stop_the_sampling(cameras):
    with reading(cameras.url("fast"), rate=5.0) as one:
        one.until(records.Sampled, lambda sampled: sampled.number == 3)
        for by_s in (500.0, -500.0):
            cameras.fault("fast", "pts_jump", by_s=by_s)
            number = one.until(records.Sampled).number
            one.until(records.Sampled, lambda sampled: sampled.number >= number + 8)  # noqa: B023  # used at once
    sampled = one.of(records.Sampled)
    assert [picture.number for picture in sampled] == list(range(len(sampled)))
    passed_s = sampled[-1].arrived_s - sampled[0].arrived_s
    assert len(sampled) < 8 * passed_s + 5
