"""Several recordings, one after another, on a bus."""

import contextlib
import threading
import time
from pathlib import Path

from common.bus.memory import MemoryBus
from common.messages import Closed, Frame, Opened
from common.runner import run_source
from ingest.discover import VideoFile
from ingest.settings import IngestSettings
from ingest.stage import ingest
from tests.builders_video import make_video


def run(files, stop=None, **settings):
    settings = IngestSettings(**{"rate": 5} | settings)
    return ingest(files, settings, lambda: 7, stop or threading.Event())


def openings(messages):
    return [(message.camera, message.time_ms) for message in messages if isinstance(message, Opened)]


def test_undated_files_of_one_camera_are_laid_end_to_end(tmp_path):
    first, second = make_video(tmp_path / "a.mp4", frames=30), make_video(tmp_path / "b.mp4", frames=26)
    files = [VideoFile(first, "door"), VideoFile(second, "door"), VideoFile(first, "till"), VideoFile(first, "door")]
    messages = list(run(files))
    assert openings(messages) == [("door", 0), ("door", 2000), ("till", 0), ("door", 4000)]
    assert len({message.epoch for message in messages if isinstance(message, Opened)}) == 4


def test_a_given_start_is_the_start_of_the_first_file_of_each_camera(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    files = [VideoFile(path, "door"), VideoFile(path, "door"), VideoFile(path, "till")]
    assert openings(run(files, start="1000.5")) == [("door", 1_000_500), ("door", 1_002_000), ("till", 1_000_500)]


def test_dated_files_stand_at_their_own_time(tmp_path):
    dated = make_video(tmp_path / "a.mp4", created="2020-01-01T00:00:00Z")
    undated = make_video(tmp_path / "b.mp4")
    files = [VideoFile(undated, "door"), VideoFile(dated, "door"), VideoFile(undated, "door")]
    assert [when for _, when in openings(run(files))] == [0, 1_577_836_800_000, 1000]


def test_where_a_file_is_laid_does_not_depend_on_the_rate(tmp_path):
    path = make_video(tmp_path / "a.mp4", frames=26)
    files = [VideoFile(path, "door"), VideoFile(path, "door")]
    assert openings(run(files, rate=0)) == openings(run(files, rate=1))


def test_a_stop_closes_the_open_epoch_and_opens_no_other(tmp_path):
    path = make_video(tmp_path / "a.mp4", frames=100)
    stop = threading.Event()
    messages = []
    for message in run([VideoFile(path, "door"), VideoFile(path, "till")], stop, rate=0):
        messages.append(message)
        if isinstance(message, Frame) and message.spine.seq == 10:
            stop.set()
    closed = messages[-1]
    assert (closed.reason, closed.last_seq, closed.camera) == ("interrupted", 10, "door")
    assert len(openings(messages)) == 1


def test_a_reader_that_is_left_early_closes_its_file(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    messages = run([VideoFile(path, "door")])
    next(messages)
    assert str(path) in open_files()
    messages.close()
    assert str(path) not in open_files()


def open_files():
    names = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            names.append(str(link.readlink()))
    return names


def test_a_slow_consumer_slows_the_source_down_and_loses_nothing(tmp_path):
    path = make_video(tmp_path / "a.mp4", frames=50)
    taken = []
    with MemoryBus(capacity=2) as bus:
        source = threading.Thread(target=run_source, args=(run([VideoFile(path, "door")], rate=0), bus))
        source.start()
        while not bus.drained:
            assert len(bus) <= 2 + 2  # two pictures, and the begin and end of the epoch
            taken.extend(bus.poll(1, 5.0))
            time.sleep(0.002)
        source.join(10)
    frames = [message for message in taken if isinstance(message, Frame)]
    assert [frame.spine.seq for frame in frames] == list(range(50))
    assert all(frame.planes is not None for frame in frames)
    assert isinstance(taken[-1], Closed)
    assert taken[-1].last_seq == 49


def test_an_aborted_bus_ends_the_source(tmp_path):
    path = make_video(tmp_path / "a.mp4", frames=50)
    bus = MemoryBus(capacity=2)
    source = threading.Thread(target=run_source, args=(run([VideoFile(path, "door")], rate=0), bus))
    source.start()
    bus.poll(1, 5.0)
    bus.abort()
    source.join(10)
    assert not source.is_alive()
