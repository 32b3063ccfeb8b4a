"""The main job on real clips: written once, the same whatever the load, replaced whole, kept when interrupted."""

import csv
import io
import json
import signal
import subprocess
import sys
import time

import pytest

from common.errors import EXIT_INTERRUPTED, EXIT_OK
from common.redis_client import open_client
from common.store_settings import StoreSettings
from sink.reader import SeriesReader
from tests.builders_video import make_video


def last_json(out):
    return json.loads(out.strip().splitlines()[-1])


def entries(home):
    """Every entry of every stream in the embedded store, with its key."""
    with open_client(StoreSettings(home=home)) as client:
        keys = sorted(key for key in client.scan_iter(count=1000) if client.type(key) == b"stream")
        return {key: client.xrange(key) for key in keys}


@pytest.fixture
def run(moodline):
    def run(*arguments):
        code, out, err = moodline("run", *arguments, "--json")
        assert code == EXIT_OK, err
        return last_json(out)

    return run


@pytest.fixture
def digest(moodline):
    return lambda: last_json(moodline("digest", "--json")[1])["digest"]


def test_walkers_become_tracks_whose_series_can_be_read(run, moodline, walkers):
    result = run(walkers)
    assert result["counts"]["frames"] == 60
    assert len(result["tracks"]) >= 2
    code, out, _ = moodline("series", "--format", "csv")
    assert code == EXIT_OK
    rows = list(csv.DictReader(io.StringIO(out)))
    read = [row for row in rows if row["status"] == "ok"]
    assert len(read) > 30
    assert all(abs(sum(float(row[c]) for c in row if c.startswith("raw_")) - 1) < 1e-3 for row in read)
    assert all(abs(sum(float(row[c]) for c in row if c.startswith("smoothed_")) - 1) < 1e-3 for row in read)
    assert len({row["id"] for row in rows}) == len(rows)


def test_the_same_clip_twice_adds_not_one_entry(run, digest, walkers, home):
    run(walkers)
    first, before = digest(), entries(home)
    again = run(walkers)
    assert again["counts"]["frames"] == 0
    assert entries(home) == before
    assert digest() == first


@pytest.mark.slow
def test_batches_threads_and_queues_do_not_change_the_digest(run, digest, walkers, monkeypatch, tmp_path):
    run(walkers)
    expected = digest()
    other = {
        "MOODLINE_HOME": tmp_path / "other",
        "MOODLINE_DETECTOR_THREADS": 1,
        "MOODLINE_DETECTOR_BATCH": 1,
        "MOODLINE_CLASSIFIER_BATCH": 3,
        "MOODLINE_CLASSIFIER_WAIT_MS": 0,
        "MOODLINE_RUN_FRAMES_QUEUE": 1,
        "MOODLINE_RUN_FACES_QUEUE": 2,
        "MOODLINE_RUN_READINGS_QUEUE": 1,
        "MOODLINE_INGEST_THREADS": 2,
    }
    for name, value in other.items():
        monkeypatch.setenv(name, str(value))
    run(walkers)
    assert digest() == expected


@pytest.mark.slow
def test_another_recipe_replaces_the_epoch_whole(run, digest, walkers, home, monkeypatch, tmp_path):
    run(walkers)
    run(walkers, "--rate", 2)
    mixed, mixed_entries = digest(), entries(home)
    monkeypatch.setenv("MOODLINE_HOME", str(tmp_path / "fresh"))
    run(walkers, "--rate", 2)
    assert digest() == mixed
    assert entries(tmp_path / "fresh") == mixed_entries


def test_a_report_and_a_blurred_video_are_written(run, walkers, tmp_path):
    result = run(walkers, "--report", "report", "--video")
    page = tmp_path / "report" / "index.html"
    assert result["report"] == "report/index.html"
    text = page.read_text(encoding="utf-8")
    assert all(track in text for track in result["tracks"])
    assert len(list((tmp_path / "report").glob("*.mp4"))) == 1


def test_a_clip_without_anybody_is_covered_and_has_no_track(run, pattern, home):
    result = run(pattern, "--rate", 0)
    assert result["tracks"] == []
    assert result["counts"]["frames"] == 25
    with open_client(StoreSettings(home=home)) as client:
        minutes = SeriesReader(client, "moodline").minutes("pattern")
    assert [(minute.sampled, minute.analysed, minute.people) for minute in minutes] == [(25, 25, 0)]


@pytest.mark.slow
def test_an_interrupted_run_ends_cleanly_and_keeps_what_was_read(run, digest, home, tmp_path, monkeypatch):
    long = make_video(tmp_path / "long.mp4", frames=1500)
    command = [sys.executable, "-m", "moodline.cli", "run", str(long), "--rate", "0"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        written = wait_for_frames(home, started)
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    finally:
        started.kill()
    assert started.returncode == EXIT_INTERRUPTED
    assert "Interrupted" in out
    assert "Traceback" not in out + err
    with open_client(StoreSettings(home=home)) as client:
        reader = SeriesReader(client, "moodline")
        (epoch,) = reader.epochs("long")
        kept = list(reader.frames("long", epoch.epoch))
    assert epoch.closed == "interrupted"
    assert written <= len(kept) < 1500
    assert [frame.seq for frame in kept] == list(range(len(kept)))

    run(long, "--rate", 0)
    resumed = digest()
    monkeypatch.setenv("MOODLINE_HOME", str(tmp_path / "uninterrupted"))
    run(long, "--rate", 0)
    assert digest() == resumed


def wait_for_frames(home, process):
    """Wait until the process has written frames; gives how many there were."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        if (home / "redis.sock").exists():
            with open_client(StoreSettings(home=home)) as client:
                reader = SeriesReader(client, "moodline")
                for epoch in reader.epochs("long"):
                    if count := len(list(reader.frames("long", epoch.epoch))):
                        return count
        time.sleep(0.05)
    pytest.fail("nothing was written")
