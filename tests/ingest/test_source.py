"""Reading whole recordings."""

import os
import time

import numpy as np
import pytest

from ingest.settings import IngestSettings, unix_ms
from tests.builders_video import bright_corner, join, make_video
from tests.ingest.reading import ARRIVED_MS, read

FORMATS = [
    ("h264.mp4", {}),
    ("h264.mkv", {}),
    ("h264.mov", {}),
    ("h264.ts", {}),
    ("h264.avi", {"codec": "libx264"}),
    ("hevc.mp4", {"codec": "libx265"}),
    ("hevc.mkv", {"codec": "libx265"}),
    ("mpeg4.avi", {}),
    ("mpeg4.mp4", {"codec": "mpeg4", "options": {"bf": "2"}}),
    ("vp9.webm", {}),
    ("vp9.mkv", {"codec": "libvpx-vp9"}),
    ("mjpeg.avi", {"codec": "mjpeg"}),
    ("mjpeg.mov", {"codec": "mjpeg"}),
    ("raw.mjpeg", {}),
    ("mpeg2.mpg", {}),
]


@pytest.mark.parametrize(("name", "options"), FORMATS, ids=[name for name, _ in FORMATS])
def test_every_frame_of_every_format_arrives_at_its_time(tmp_path, name, options):
    reading = read(make_video(tmp_path / name, **options))
    assert reading.times == list(range(0, 1000, 40))
    assert [frame.spine.seq for frame in reading.frames] == list(range(25))
    assert all(frame.planes.shape == (180, 160) and frame.planes.dtype == np.uint8 for frame in reading.frames)
    (closed,) = reading.closed
    assert (closed.reason, closed.last_seq, closed.time_ms) == ("end", 24, 960)
    assert (closed.damaged, closed.clamped) == (0, 0)


@pytest.mark.parametrize(("name", "options"), FORMATS, ids=[name for name, _ in FORMATS])
def test_the_number_of_threads_changes_nothing(tmp_path, name, options):
    path = make_video(tmp_path / name, **options)
    assert len({read(path, threads=threads).digest for threads in (1, 2, 3)}) == 1


def test_messages_carry_what_they_promise(tmp_path):
    path = make_video(tmp_path / "a.mp4", created="2026-03-01T08:00:00Z")
    reading = read(path, rate=5)
    (opened,) = reading.opened
    assert (opened.camera, opened.mode, opened.rate, opened.source) == ("lobby", "file", 5, str(path))
    assert (opened.width, opened.height, opened.time_ms) == (160, 120, 1_772_352_000_000)
    spine = reading.frames[1].spine
    assert (spine.camera, spine.epoch, spine.seq, spine.time_ms) == ("lobby", opened.epoch, 1, 1_772_352_000_200)
    assert (spine.clock, spine.mode, spine.clock_error_ms, spine.arrived_ms) == ("file", "file", 20.0, ARRIVED_MS)


def test_pictures_are_the_pictures_that_were_written(tmp_path):
    path = make_video(tmp_path / "a.mkv", codec="ffv1", pix_fmt="yuv420p", frames=1, paint=bright_corner)
    planes = read(path).frames[0].planes
    assert planes.flags.c_contiguous
    assert planes[:60, :80].min() >= 234
    assert planes[60:120].max() <= 17
    assert np.abs(planes[120:].astype(int) - 128).max() <= 1


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm"])
def test_a_variable_frame_rate_is_sampled_by_time(tmp_path, name):
    path = make_video(tmp_path / name, times=[0, 0.04, 0.1, 0.21, 0.25, 0.3, 0.95, 0.99, 1.0, 3.0])
    assert read(path, rate=5).times == [0, 210, 950, 1000, 3000]
    assert read(path, rate=0).times == [0, 40, 100, 210, 250, 300, 950, 990, 1000, 3000]


def quarter(planes, width, height):
    luma = planes[:height, :width]
    half = [luma[: height // 2], luma[height // 2 :]]
    means = [[part[:, : width // 2].mean(), part[:, width // 2 :].mean()] for part in half]
    return tuple(int(place) for place in np.unravel_index(np.argmax(means), (2, 2)))


@pytest.mark.parametrize(
    ("rotation", "size", "corner"),
    [(0, (160, 120), (0, 0)), (90, (120, 160), (1, 0)), (180, (160, 120), (1, 1)), (-90, (120, 160), (0, 1))],
)
def test_a_turned_recording_is_set_upright(tmp_path, rotation, size, corner):
    path = make_video(tmp_path / "a.mp4", rotation=rotation, frames=3, paint=bright_corner)
    reading = read(path)
    assert (reading.opened[0].width, reading.opened[0].height) == size
    for frame in reading.frames:
        assert (frame.width, frame.height) == size
        assert frame.planes.shape == (size[1] * 3 // 2, size[0])
        assert quarter(frame.planes, *size) == corner


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mkv", {"pix_fmt": "yuv444p"}),
        ("a.avi", {"codec": "mjpeg"}),
        ("b.mkv", {"codec": "ffv1", "pix_fmt": "yuv420p"}),
        ("c.mkv", {"codec": "ffv1", "pix_fmt": "gray", "rotation": 90}),
    ],
)
def test_odd_sizes_lose_their_last_row_and_column(tmp_path, name, options):
    path = make_video(tmp_path / name, size=(161, 121), frames=3, paint=bright_corner, **options)
    reading = read(path)
    width, height = (120, 160) if "rotation" in options else (160, 120)
    assert len(reading.frames) == 3
    for frame in reading.frames:
        assert (frame.width, frame.height, frame.planes.shape) == (width, height, (height * 3 // 2, width))


@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuv444p", "yuv420p10le", "gray"])
def test_other_pixel_formats_become_the_same_picture(tmp_path, pix_fmt):
    plain = read(make_video(tmp_path / "a.mkv", codec="ffv1", pix_fmt="yuv420p", frames=2)).frames[1].planes
    other = read(make_video(tmp_path / "b.mkv", codec="ffv1", pix_fmt=pix_fmt, frames=2)).frames[1].planes
    assert np.abs(plain[:120].astype(int) - other[:120]).mean() < 1.5


def test_a_size_that_changes_within_the_file_is_carried_by_each_frame(tmp_path):
    first = make_video(tmp_path / "a.ts", frames=10)
    second = make_video(tmp_path / "b.ts", size=(96, 64), times=[0.4 + index / 25 for index in range(10)])
    reading = read(join(tmp_path / "c.ts", first, second))
    assert {(frame.width, frame.height) for frame in reading.frames} == {(160, 120), (96, 64)}
    assert all(frame.planes.shape == (frame.height * 3 // 2, frame.width) for frame in reading.frames)


def test_the_same_file_gives_the_same_epoch_and_the_same_pictures(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    assert read(path).digest == read(path).digest


def test_another_rate_keeps_the_epoch(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    assert read(path, rate=0).opened[0].epoch == read(path, rate=5).opened[0].epoch


def test_another_start_makes_another_epoch(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    assert read(path, start="1000").opened[0].epoch != read(path).opened[0].epoch


@pytest.mark.parametrize(
    ("settings", "created", "start_ms"),
    [
        ({"start": "2026-03-01T09:00:00+01:00"}, "2020-01-01T00:00:00Z", 1_772_352_000_000),
        ({}, "2020-01-01T00:00:00Z", 1_577_836_800_000),
        ({"use_modified_time": True}, "2020-01-01T00:00:00Z", 1_577_836_800_000),
        ({"use_modified_time": True}, None, 1_600_000_000_000 - 1000),
        ({}, None, 0),
    ],
)
def test_the_start_is_the_option_then_the_creation_time_then_1970(tmp_path, settings, created, start_ms):
    path = make_video(tmp_path / "a.mp4", created=created)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    assert read(path, **settings).opened[0].time_ms == start_ms


def test_a_long_step_forward_opens_a_new_epoch(tmp_path):
    reading = read(make_video(tmp_path / "a.mp4", times=[0, 0.04, 0.08, 4000, 4000.04]))
    assert [closed.reason for closed in reading.closed] == ["time_jump", "end"]
    assert len({opened.epoch for opened in reading.opened}) == 2
    assert [(frame.spine.seq, frame.spine.time_ms) for frame in reading.frames] == [
        (0, 0), (1, 40), (2, 80), (0, 4_000_000), (1, 4_000_040),
    ]  # fmt: skip
    assert [closed.last_seq for closed in reading.closed] == [2, 1]


def test_a_long_step_back_opens_a_new_epoch_that_goes_on_in_time(tmp_path):
    part = make_video(tmp_path / "a.ts", frames=50)
    reading = read(join(tmp_path / "b.ts", part, part))
    assert [closed.reason for closed in reading.closed] == ["time_jump", "end"]
    assert reading.times == list(range(0, 4000, 40))


def test_a_short_step_back_is_held_and_counted(tmp_path):
    first = make_video(tmp_path / "a.ts", options={"bf": "0"})
    second = make_video(tmp_path / "b.ts", times=[0.8 + index / 25 for index in range(25)], options={"bf": "0"})
    reading = read(join(tmp_path / "c.ts", first, second))
    (closed,) = reading.closed
    assert (closed.reason, closed.clamped) == ("end", 4)
    assert reading.times == sorted(reading.times)


def test_a_file_name_with_colons_is_only_a_name(tmp_path, monkeypatch):
    make_video(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").rename(tmp_path / "http:door 12:30.mp4")
    monkeypatch.chdir(tmp_path)
    path = next(iter(tmp_path.iterdir())).relative_to(tmp_path)
    assert len(read(path).frames) == 25


def test_creation_times_are_read_as_settings_are():
    assert IngestSettings(start="2020-01-01T00:00:00.000000Z").start_ms == unix_ms("1577836800")


def test_a_recording_plays_at_its_own_speed_although_the_wall_clock_stands_still(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    began_s = time.monotonic()
    assert read(path, speed=1.0).times == list(range(0, 1000, 40))
    # By the wall clock, which does not move here, it would take 12 s.
    assert 0.95 <= time.monotonic() - began_s < 8
