"""Live runs in this process: recordings played as cameras give the same series, and end; what is shown of them."""

import json
import signal
from collections.abc import Mapping

import pytest
import torch

from common.errors import EXIT_OK
from common.redis_client import open_client
from common.store_settings import StoreSettings
from ingest.live.fleet import Fleet
from ingest.live.settings import LiveSettings
from moodline.job import JobSettings
from moodline.live_job import CameraResult, LiveJob, LiveResult, Wanted
from moodline.live_view import LiveView, print_result
from moodline.nets.chosen import ChosenNet
from moodline.sources import Playing, cameras_of
from moodline.terminal import progress
from sink.stage import Counters
from tests.builders_video import make_video
from tests.classifier.builders import random_net, state_of
from tests.ingest.live.scripted import steady, until, watching


def last_json(out):
    return json.loads(out.strip().splitlines()[-1])


@pytest.fixture
def run(moodline):
    def run(*arguments):
        code, out, err = moodline("run", *arguments, "--json")
        assert code == EXIT_OK, err
        return last_json(out)

    return run


def test_a_recording_played_as_a_camera_without_waiting_has_the_digest_of_the_file(
    run, moodline, walkers, tmp_path, monkeypatch
):
    as_file = run(walkers)
    expected = last_json(moodline("digest", "--json")[1])["digest"]
    monkeypatch.setenv("MOODLINE_HOME", str(tmp_path / "played"))
    played = run(walkers, "--as-cameras", "--speed", "max")
    assert last_json(moodline("digest", "--json")[1])["digest"] == expected
    assert played["counts"]["frames"] == as_file["counts"]["frames"]
    assert played["counts"]["dropped"] == {}
    (camera,) = played["cameras"]
    assert (camera["state"], camera["reason"]) == ("disabled", "the recording is at its end")
    assert (camera["sampled"], camera["dropped"]) == (as_file["counts"]["frames"], {})
    assert not played["interrupted"]


def test_several_recordings_are_played_at_once_and_the_run_ends_with_the_last(run, tmp_path):
    for number in (1, 2):
        make_video(tmp_path / f"door{number}.mp4", frames=20 * number, rate=20)
    result = run(tmp_path / "door1.mp4", tmp_path / "door2.mp4", "--as-cameras")
    assert [(one["camera"], one["state"]) for one in result["cameras"]] == [
        ("door1", "disabled"),
        ("door2", "disabled"),
    ]
    assert result["counts"]["frames"] == sum(one["sampled"] for one in result["cameras"]) == 15
    assert result["seconds"] < 60


def test_a_loop_ends_when_its_time_is_over(run, pattern):
    result = run(pattern, "--as-cameras", "--loop", "--speed", "4", "--for", "2", "--camera", "lobby")
    (camera,) = result["cameras"]
    assert (camera["camera"], camera["state"]) == ("lobby", "live")
    assert result["counts"]["epochs"] >= 2
    assert result["counts"]["frames"] == camera["sampled"]
    assert not result["interrupted"]


def test_whoever_watches_is_told_of_the_fleet_and_of_who_holds_a_camera(home, pattern):
    seen = []

    def watch(fleet, counters, elsewhere, net):
        assert isinstance(fleet, Fleet)
        assert isinstance(counters, Counters)
        assert isinstance(elsewhere, Mapping)
        assert net == ""
        # A second signal would end the process at once.
        if counters.frames and not any(seen):
            signal.raise_signal(signal.SIGTERM)
        seen.append(counters.frames)

    wanted = Wanted(cameras_of([str(pattern)], playing=Playing(1.0, loop=True)))
    result = LiveJob(wanted, JobSettings.load(None), LiveSettings(), watch).run()
    assert result.interrupted
    assert seen[-1] > 0
    assert result.counts["frames"] == result.cameras[0].sampled
    assert result.as_dict()["cameras"][0]["camera"] == "pattern"
    assert home.exists()


def test_the_view_says_each_change_once(capsys):
    with progress(False) as bar, watching() as watch:
        view = LiveView(bar)
        view(watch.fleet, Counters(), {"door": "host-1"}, "")
        view(watch.fleet, Counters(), {"door": "host-1"}, "other@2")
        watch.put("door", steady())
        watch.wait_state("door", "live")
        view(watch.fleet, Counters(), {}, "other@2")
        view(watch.fleet, Counters(), {}, "")
        watch.fleet.remove("door", "interrupted", paused=True)
        until(lambda: not watch.fleet.posts, "its end")
        view(watch.fleet, Counters(), {}, "")
        view(watch.fleet, Counters(), {}, "")
        view(watch.fleet, Counters(), {"door": "host-1"}, "")
    lines = [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "door: waiting (host-1 holds it)",
        "live cameras are read with other@2",
        "door: live (pictures come)",
        "live cameras are read with the net of the settings",
        "door: watched no more (paused)",
        "door: waiting (host-1 holds it)",
    ]


def test_the_table_says_what_was_sampled_and_what_became_of_it(capsys):
    counts = {"frames": 30, "dropped": {"behind": 4, "stale": 1}, "faces": 7, "readings": {"ok": 5, "blurred": 2}}
    counts |= {"duplicates": 0, "late": 0}
    cameras = [
        CameraResult("door", "live", "pictures come", 25, {"behind": 4}, 2),
        CameraResult("till", "offline", "nothing listens at this address and port", 5, {}, 0),
    ]
    print_result(LiveResult(cameras, counts, {}, 65.0))
    out = capsys.readouterr().out
    assert "30 frames written in 1:05; not analysed: 4 behind, 1 stale" in out
    assert "7 faces: 2 blurred, 5 ok" in out
    assert "stood there already" not in out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]
    assert rows == [["door", "live", "25", "4 behind", "2"], ["till", "offline", "5", "none", "0"]]


def test_frames_that_were_not_written_anew_are_told(capsys):
    counts = {"frames": 3, "dropped": {}, "faces": 0, "readings": {}, "duplicates": 22, "late": 1}
    print_result(LiveResult([], counts, {}, 12.0))
    assert "22 frames stood there already, 1 came later than what stands there" in capsys.readouterr().out


def test_a_run_is_told_of_the_net_that_was_chosen_and_of_its_end(home, pattern, moodline, tmp_path):
    torch.save(state_of(random_net()), tmp_path / "other.pt")
    assert moodline("models", "use", tmp_path / "other.pt")[0] == 0
    seen = []

    def watch(_fleet, _counters, _elsewhere, net):
        if not seen:
            with open_client(StoreSettings(home=home)) as client:
                ChosenNet(client, "moodline").clear()
        if seen and not net and seen[-1]:
            signal.raise_signal(signal.SIGTERM)
        seen.append(net)

    wanted = Wanted(cameras_of([str(pattern)], playing=Playing(1.0, loop=True)), for_s=60)
    LiveJob(wanted, JobSettings.load(None), LiveSettings(), watch).run()
    assert [name.partition("@")[0] for name in dict.fromkeys(seen)] == ["other", ""]
