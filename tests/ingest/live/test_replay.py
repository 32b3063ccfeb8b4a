"""Recordings played as cameras: the same as when they are read as files, at their own pace, again and again."""

import multiprocessing
from contextlib import suppress

import numpy as np
import pytest

from common.errors import SourceError
from common.messages import Closed, Opened
from ingest.live import records
from ingest.live.desk import Desk
from ingest.live.replay import check_playable, play
from tests.builders_video import cut, make_sound, make_video
from tests.ingest.live.builders_live import check_series
from tests.ingest.live.scripted import until, watching
from tests.ingest.reading import read

FRAMES, RATE = 50, 25


@pytest.fixture
def recording(tmp_path):
    return make_video(tmp_path / "lobby.mp4", frames=FRAMES, rate=RATE, created="2026-05-01T09:00:00Z")


def without_mode(spine):
    return spine.camera, spine.epoch, spine.seq, spine.time_ms, spine.clock, spine.clock_error_ms


def opened(messages):
    return [one for one in messages if isinstance(one, Opened)]


def test_played_without_waiting_it_is_the_same_as_read_as_a_file_and_nothing_is_dropped(recording):
    expected = read(recording, rate=0)
    with watching(real=True, capacity=1, take_s=0.01) as watch:
        watch.put("lobby", address=str(recording), rate=0.0, speed=0.0)
        until(lambda: watch.fleet.played, "its end")
        assert watch.wait_state("lobby", "disabled") == "the recording is at its end"
    frames = check_series(watch.of("lobby"))
    assert [without_mode(frame.spine) for frame in frames] == [without_mode(frame.spine) for frame in expected.frames]
    assert all(
        np.array_equal(frame.planes, read_as.planes) for frame, read_as in zip(frames, expected.frames, strict=True)
    )
    assert {frame.spine.mode for frame in frames} == {"replay"}
    assert [one for one in watch.of("lobby") if isinstance(one, Closed)] == expected.closed
    assert watch.fleet.sampled == FRAMES
    assert not watch.fleet.dropped


def test_played_at_a_pace_it_is_never_ahead_of_it(recording):
    speed = 4.0
    with watching(real=True) as watch:
        watch.put("lobby", address=str(recording), rate=5.0, speed=speed)
        until(lambda: watch.fleet.played, "its end")
    spines = [frame.spine for frame in check_series(watch.of("lobby"))]
    assert [spine.time_ms for spine in spines] == read(recording, rate=5).times
    passed_ms = spines[-1].arrived_ms - spines[0].arrived_ms
    assert passed_ms >= (spines[-1].time_ms - spines[0].time_ms) / speed - 5


def test_played_at_a_pace_that_nobody_can_keep_frames_are_dropped_and_counted(recording):
    with watching(real=True, capacity=1) as watch:
        watch.taking.clear()
        watch.put("lobby", address=str(recording), rate=0.0, speed=10.0)
        until(lambda: watch.fleet.played, "its end")
    frames = check_series(watch.of("lobby"))
    assert len(frames) == FRAMES
    assert sum(frame.planes is not None for frame in frames) == 1
    assert watch.fleet.dropped == {"behind": FRAMES - 1}


def test_a_recording_that_is_played_again_and_again_goes_on_in_time_and_in_new_epochs(recording):
    with watching(real=True) as watch:
        watch.put("lobby", address=str(recording), rate=5.0, speed=0.0, loop=True)
        until(lambda: len(opened(watch.of("lobby"))) >= 4, "a fourth lap")
        assert not watch.fleet.played
    messages = watch.of("lobby")
    laps = opened(messages)
    assert len({lap.epoch for lap in laps}) == len(laps)
    begins = [lap.time_ms for lap in laps]
    assert begins == sorted(begins)
    # A lap begins where the one before ended, on the next whole second.
    assert begins[1] - begins[0] == 2000
    times = [one.spine.time_ms for one in messages if hasattr(one, "spine")]
    assert times == sorted(times)
    reasons = [one.reason for one in messages if isinstance(one, Closed)]
    assert set(reasons[:-1]) == {"end"}


@pytest.fixture
def progress_of(monkeypatch):
    """Plays in this process and gives what was told of decoding, after each sampled picture."""
    monkeypatch.setattr(records, "PROGRESS_S", 0.0)

    def play_through(path):
        ours, theirs = multiprocessing.Pipe()
        play(records.Order(str(path), 5.0, playing=records.Playing("lobby", speed=1000.0)), Desk(theirs))
        theirs.close()
        told = []
        with ours, suppress(EOFError):
            while True:
                told.append(records.decode(ours.recv_bytes()))
        return [one for one in told if isinstance(one, records.Progress)]

    return play_through


def test_pictures_that_are_not_sampled_are_counted_too_through_all_files(progress_of, tmp_path):
    for number in (1, 2):
        make_video(tmp_path / f"part{number}.mp4", frames=11, rate=RATE)
    assert [one.decoded for one in progress_of(tmp_path)] == [1, 6, 11, 12, 17, 22]


def test_a_folder_is_played_in_order(tmp_path):
    for number in (10, 2, 1):
        make_video(tmp_path / f"part{number}.mp4", frames=5, size=(64 + number * 2, 64))
    with watching(real=True) as watch:
        watch.put("lobby", address=str(tmp_path), rate=0.0, speed=0.0)
        until(lambda: watch.fleet.played, "its end")
    parts = opened(watch.of("lobby"))
    assert [part.width for part in parts] == [66, 68, 84]
    assert [part.time_ms for part in parts] == sorted(part.time_ms for part in parts)
    assert watch.fleet.sampled == 15


def test_a_recording_that_is_not_wanted_any_more_ends_with_its_epoch(recording):
    with watching(real=True) as watch:
        watch.put("lobby", address=str(recording), rate=0.0, speed=0.1)
        watch.wait_pictures("lobby")
        watch.fleet.remove("lobby", "removed")
        until(lambda: [one for one in watch.of("lobby") if isinstance(one, Closed)], "its end")
    frames = check_series(watch.of("lobby"))
    end = watch.of("lobby")[-1]
    assert (end.reason, end.last_seq) == ("removed", frames[-1].spine.seq)


def test_a_recording_with_long_waits_between_its_pictures_is_not_taken_for_stalled(recording):
    with watching(real=True, stall_s=1.0) as watch:
        watch.put("lobby", address=str(recording), rate=1.0, speed=0.3)
        until(lambda: watch.fleet.sampled == 2, "the second picture")
        assert "stalled" not in [state for state, _ in watch.states("lobby")]
    assert len(opened(watch.of("lobby"))) == 1


def test_a_recording_that_cannot_be_played_is_told_and_tried_again(tmp_path):
    with watching(real=True) as watch:
        watch.put("lobby", address=str(tmp_path / "none.mp4"))
        assert "does not exist" in watch.wait_state("lobby", "offline")


def test_recordings_can_be_looked_at_before_they_are_played(recording, tmp_path):
    check_playable(str(recording), "lobby")
    check_playable(str(tmp_path), "lobby")
    cut(recording, tmp_path / "cut.mp4", 0.3)
    with pytest.raises(SourceError, match=r"cut\.mp4"):
        check_playable(str(tmp_path), "lobby")
    with pytest.raises(SourceError, match=r"sound\.mp4"):
        check_playable(str(make_sound(tmp_path / "sound.mp4")), "lobby")
