"""Every mistake that a user can make ends with one sentence and a named exit code."""

import subprocess
import sys

import pytest
import torch

from common.errors import (
    EXIT_BROKER,
    EXIT_DATA,
    EXIT_MODEL,
    EXIT_OK,
    EXIT_OUTPUT,
    EXIT_SETTINGS,
    EXIT_SOURCE,
    EXIT_STORE,
    EXIT_USAGE,
)
from tests.builders_video import cut, damage, make_sound, make_video


@pytest.fixture
def refused(moodline, home):
    """Run a command that must fail: one sentence, the expected code, and nothing written."""

    def run(code, *arguments):
        got, out, err = moodline(*arguments)
        assert got == code, err
        assert err.startswith("moodline: ")
        assert err.count("\n") == 1
        assert "Traceback" not in out + err
        assert not (home / "redis.rdb").exists()
        return err

    return run


def test_a_missing_file_is_named(refused):
    assert "'none.mp4' does not exist" in refused(EXIT_SOURCE, "run", "none.mp4")


def test_a_folder_without_video_says_what_would_count_as_one(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no video")
    assert "holds no video" in refused(EXIT_SOURCE, "run", "empty")


def test_a_text_file_named_mp4_is_refused(refused, tmp_path):
    (tmp_path / "text.mp4").write_text("this is no video\n" * 100)
    assert "text.mp4" in refused(EXIT_SOURCE, "run", "text.mp4")


def test_an_empty_file_is_refused(refused, tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert "is empty" in refused(EXIT_SOURCE, "run", "empty.mp4")


def test_a_file_cut_off_before_its_index_is_refused(refused, tmp_path, pattern):
    cut(pattern, tmp_path / "cut.mp4")
    assert "no index" in refused(EXIT_SOURCE, "run", "cut.mp4")


def test_a_file_with_sound_alone_is_refused(refused, tmp_path):
    make_sound(tmp_path / "sound.mp4")
    assert "sound.mp4" in refused(EXIT_SOURCE, "run", "sound.mp4")


def test_one_bad_file_among_good_ones_is_found_before_anything_is_written(refused, tmp_path, pattern):
    (tmp_path / "empty.mp4").touch()
    refused(EXIT_SOURCE, "run", pattern, "empty.mp4")


def test_an_unwritable_report_folder_is_found_before_the_run(refused, tmp_path, pattern):
    (tmp_path / "taken").write_text("a file where the folder should be")
    assert "taken" in refused(EXIT_OUTPUT, "run", pattern, "--report", "taken")


def test_a_redis_that_is_not_there_is_named_without_its_password(refused, pattern):
    err = refused(EXIT_STORE, "run", pattern, "--redis", "redis://someone:hunter2@127.0.0.1:1/0")
    assert "127.0.0.1:1" in err
    assert "hunter2" not in err


def test_damaged_weights_are_refused(refused, tmp_path, pattern, monkeypatch):
    (tmp_path / "damaged.pt").write_bytes(b"PK\x03\x04 not weights at all")
    monkeypatch.setenv("MOODLINE_CLASSIFIER_WEIGHTS", "damaged.pt")
    assert "'damaged.pt' is damaged" in refused(EXIT_MODEL, "run", pattern)


def test_weights_of_another_net_are_refused(refused, tmp_path, pattern, monkeypatch):
    torch.save({"format": 1, "model": {"size": 48}, "weights": {"other": torch.zeros(3)}}, tmp_path / "other.pt")
    monkeypatch.setenv("MOODLINE_CLASSIFIER_WEIGHTS", "other.pt")
    assert "of another net" in refused(EXIT_MODEL, "run", pattern)


def test_a_missing_face_model_says_how_to_get_it(refused, pattern, monkeypatch):
    monkeypatch.setenv("MOODLINE_DETECTOR_MODEL", "nowhere.tflite")
    assert "moodline models fetch" in refused(EXIT_MODEL, "run", pattern)


def test_an_unknown_variable_is_named_with_what_was_meant(refused, pattern, monkeypatch):
    monkeypatch.setenv("MOODLINE_INGEST_RAET", "5")
    assert "MOODLINE_INGEST_RATE" in refused(EXIT_SETTINGS, "run", pattern)


def test_an_unknown_key_in_the_settings_file_is_named(refused, tmp_path, pattern):
    (tmp_path / "moodline.toml").write_text("[ingest]\nraet = 5\n")
    assert "ingest.raet" in refused(EXIT_SETTINGS, "run", pattern)


def test_an_unknown_table_in_the_settings_file_is_named(refused, tmp_path, pattern):
    (tmp_path / "moodline.toml").write_text("[ingests]\nrate = 5\n")
    assert "[ingests]" in refused(EXIT_SETTINGS, "run", pattern)


def test_a_bad_value_names_its_variable(refused, pattern):
    assert "MOODLINE_INGEST_RATE" in refused(EXIT_SETTINGS, "run", pattern, "--rate", "-1")


def test_a_time_without_a_zone_is_refused(refused, pattern):
    refused(EXIT_SETTINGS, "run", pattern, "--start", "2026-05-01T09:00:00")


def test_an_address_is_refused_without_its_password(refused):
    assert "hunter2" not in refused(EXIT_SOURCE, "run", "rtsp://someone:hunter2@127.0.0.1:99999/stream")


def test_a_video_without_a_report_is_refused(refused, pattern):
    assert "--report" in refused(EXIT_USAGE, "run", pattern, "--video")


def test_an_unknown_option_is_a_usage_error(moodline, pattern):
    code, _, err = moodline("run", pattern, "--nonsense")
    assert code == EXIT_USAGE
    assert "--nonsense" in err
    assert "Traceback" not in err


def test_a_data_set_that_is_not_there_is_refused(refused, tmp_path):
    refused(EXIT_DATA, "train", tmp_path)
    refused(EXIT_DATA, "evaluate", "fer2013", tmp_path)
    refused(EXIT_DATA, "evaluate", "portraits", tmp_path)


def test_a_series_of_an_unknown_camera_lists_the_known_ones(moodline, pattern):
    assert moodline("run", pattern)[0] == EXIT_OK
    code, _, err = moodline("series", "--camera", "elsewhere")
    assert code == EXIT_USAGE
    assert "known are: pattern" in err


def test_damaged_frames_in_the_middle_are_counted_and_the_rest_is_read(moodline, tmp_path):
    whole = make_video(tmp_path / "whole.mp4", size=(320, 240), frames=100, codec="libx264")
    damage(whole, tmp_path / "damaged.mp4")
    code, out, err = moodline("run", "damaged.mp4", "--rate", 0)
    assert code == EXIT_OK, err
    assert "damaged" in out


def test_a_truncated_recording_is_read_to_where_it_ends(moodline, tmp_path):
    whole = make_video(tmp_path / "whole.mp4", size=(320, 240), frames=200, codec="libx264", faststart=True)
    cut(whole, tmp_path / "cut.mp4", 0.6)
    code, out, err = moodline("run", "cut.mp4", "--json")
    assert code == EXIT_OK, err
    assert '"closed": "truncated"' in out


def test_the_installed_command_prints_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "moodline.cli", "run", "none.mp4"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == EXIT_SOURCE
    assert done.stderr == "moodline: 'none.mp4' does not exist; check the name\n"


def test_an_unknown_log_level_lists_the_known_ones(refused, pattern, monkeypatch):
    monkeypatch.setenv("MOODLINE_LOG_LEVEL", "loud")
    assert "WARNING" in refused(EXIT_SETTINGS, "run", pattern)


def test_a_table_does_not_go_to_a_file(refused, tmp_path):
    assert "--format csv" in refused(EXIT_USAGE, "series", "--out", "tracks.txt")
    assert not (tmp_path / "tracks.txt").exists()


def test_a_summary_does_not_mix_with_samples(refused):
    assert "--out" in refused(EXIT_USAGE, "series", "--format", "json", "--json")


def test_a_camera_without_series_leaves_no_file_behind(refused, tmp_path):
    assert "no camera 'nope'" in refused(EXIT_USAGE, "series", "--camera", "nope", "--format", "csv", "--out", "x.csv")
    assert not (tmp_path / "x.csv").exists()


def test_a_track_without_series_is_named(refused):
    assert "no track 'shop-1-2'" in refused(EXIT_USAGE, "series", "--track", "shop-1-2")


def test_a_stage_that_does_not_exist_is_named(refused):
    assert "'sorter' is no stage" in refused(EXIT_USAGE, "worker", "sorter")


def test_stages_that_do_not_follow_each_other_are_not_joined(refused):
    assert "do not follow each other" in refused(EXIT_USAGE, "worker", "detector", "sink")


def test_no_stage_but_ingest_takes_a_source(refused, pattern):
    assert "--source" in refused(EXIT_USAGE, "worker", "sink", "--source", pattern)


def test_a_kafka_that_is_not_there_is_named(refused, monkeypatch):
    monkeypatch.setenv("MOODLINE_KAFKA_CONNECT_S", "0.2")
    assert "127.0.0.1:1" in refused(EXIT_BROKER, "worker", "classifier", "--kafka", "127.0.0.1:1")


def test_an_address_of_kafka_with_a_password_in_it_is_refused_without_showing_it(refused):
    err = refused(EXIT_SETTINGS, "worker", "classifier", "--kafka", "someone:hunter2@127.0.0.1:9092")
    assert "hunter2" not in err


def test_a_speed_that_is_none_is_refused(refused, pattern):
    assert "'fast' is no speed" in refused(EXIT_USAGE, "run", pattern, "--speed", "fast")
