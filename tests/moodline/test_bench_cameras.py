import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import EXIT_OK, EXIT_USAGE
from moodline.bench.cameras.arrivals import Arrival
from moodline.bench.cameras.churn import bench_churn
from moodline.bench.cameras.clock import stretch
from moodline.bench.cameras.cuts import bench_cuts
from moodline.bench.cameras.fault_cases import CASES
from moodline.bench.cameras.figures import accounts, latencies, phase, shares
from moodline.bench.cameras.load import Outcome
from moodline.bench.cameras.processes import CpuMeter, descendants, held
from moodline.bench.cameras.watch import Taken, losses_of
from moodline.ledger.accounts import Row

MINUTE_MS = 60_000


@pytest.fixture
def cameras(moodline, open_cameras):
    """Runs `moodline bench cameras` and gives what it told; skips without GStreamer."""
    open_cameras()

    def run(*arguments):
        code, printed, _ = moodline("bench", "cameras", *arguments, "--json")
        assert code == EXIT_OK
        return json.loads(printed.splitlines()[-1])

    return run


@pytest.fixture
def sleeper():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def outcome(latencies_ms, camera="cam0", every_ms=200, dropped=None):
    arrivals = [Arrival(camera, n * every_ms, n * every_ms + late, dropped) for n, late in enumerate(latencies_ms)]
    return Outcome(seconds=len(arrivals) * every_ms / 1000, arrivals=arrivals)


def taken(count, rate, skipped=(), dropped=()):
    return [
        Taken(n / rate, round(n * 1000 / rate), "behind" if n in dropped else None)
        for n in range(count)
        if n not in skipped
    ]


@pytest.mark.rtsp
def test_a_fault_is_tried_and_the_others_lose_nothing_by_it(cameras):
    told = cameras("faults", "--cameras", "2", "--only", "refused")
    assert list(told["faults"]) == ["refused"]
    one = told["faults"]["refused"]
    assert (one["state"], one["wanted"]) == ("offline", ["offline"])
    assert one["back_s"] > 0
    assert one["others"]["frames"] > 0


@pytest.mark.rtsp
@pytest.mark.slow
def test_latency_is_measured_and_every_frame_has_its_account(cameras):
    small = ("--cameras", "2", "--seconds", "3", "--warm", "0", "--size", "320x240", "--rate", "2")
    told = cameras("latency", *small)
    assert told["frames"]["uncounted"] == 0
    assert told["frames"]["sampled"] > 0
    assert told["load"]["frames_per_second"]["decoded"] > 0
    assert set(told["load"]["cpu"]) == {"main", "readers", "redis", "cameras"}
    assert told["load"]["memory_bytes"]["begin"] > 0


@pytest.mark.kafka
@pytest.mark.rtsp
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_through_workers_every_frame_has_its_account_too_and_each_process_its_share_of_the_processor(cameras, broker):
    small = ("--cameras", "2", "--seconds", "3", "--warm", "0", "--size", "320x240", "--rate", "2")
    told = cameras("latency", *small, "--through", "fused", "--kafka", broker)
    assert told["frames"]["uncounted"] == 0
    assert told["frames"]["sampled"] > 0
    assert set(told["load"]["cpu"]) == {"ingest detector", "classifier", "sink", "readers", "redis", "cameras"}


@pytest.mark.kafka
@pytest.mark.rtsp
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_classifier_is_killed_and_another_one_added_while_every_frame_keeps_its_account(cameras, broker):
    small = ("--cameras", "2", "--seconds", "6", "--warm", "0", "--size", "320x240", "--rate", "2")
    told = cameras("loss", *small, "--kafka", broker)
    assert {"two classifiers", "one killed", "one added"} < set(told)
    assert told["frames"]["uncounted"] == 0


@pytest.mark.rtsp
def test_cuts_count_neither_the_cameras_nor_what_is_loaded_late(open_cameras):
    open_cameras()
    told = bench_cuts(2, 5.0, rest_s=0.2)
    assert (told["not_back"], told["back_s"]["count"]) == (0, 3)
    # Tests before this one may have left processes that end meanwhile.
    assert told["after"]["processes"] <= told["before"]["processes"]


@pytest.mark.rtsp
def test_after_churn_just_the_registered_cameras_are_live(open_cameras):
    open_cameras()
    told = bench_churn(1, 4, 5.0, every_s=0.2)
    assert sum(told["changes"].values()) == 4
    assert "steady0" in told["watched_in_the_end"]
    assert told["settled_s"] is not None


@pytest.mark.rtsp
@pytest.mark.slow
@pytest.mark.usefixtures("set_clock")
def test_a_clock_that_is_set_makes_event_time_leap_and_then_run_slower(cameras):
    small = ("--cameras", "1", "--seconds", "24", "--warm", "2", "--size", "320x240", "--rate", "5")
    told = cameras("clock", *small)
    assert (told["epochs"], told["steps_back"], told["frames"]["uncounted"]) == (2, 0, 0)
    assert 3590 < told["largest_leap_s"] < 3660
    assert told["back"]["speed"] == pytest.approx(0.9, rel=0.05)


def test_the_phases_of_a_run_are_told_apart_by_when_its_frames_came():
    arrivals = [Arrival("a", 200 * n, 1000 + 200 * n, None) for n in range(10)]
    arrivals += [Arrival("a", 2000 + 180 * n, 3000 + 200 * n, "behind" if n == 3 else None) for n in range(5)]
    assert stretch(arrivals, 5.0, (1000, 3000)) == {"frames": 10, "analysed": 10, "gap_s": 0.2, "speed": 1.0}
    assert stretch(arrivals, 5.0, (3000, 4500)) == {"frames": 5, "analysed": 4, "gap_s": 0.7, "speed": 0.9}
    assert stretch(arrivals, 5.0, (9000, 9500)) == {"frames": 0, "analysed": 0, "gap_s": 0.0, "speed": None}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("faults", "--only", "earthquake"), "there is no fault 'earthquake'"),
        (("latency", "--size", "big"), "'big' is not a size"),
        (("latency", "--size", "1281x720"), "multiples of 8"),
    ],
)
def test_a_wrong_request_is_told_in_one_sentence(moodline, arguments, word):
    code, _, said = moodline("bench", "cameras", *arguments)
    assert (code, said.count("\n")) == (EXIT_USAGE, 1)
    assert word in said


def test_every_fault_that_stays_live_has_nothing_else_to_become():
    assert all(case.states == ("live",) or "live" not in case.states for case in CASES.values())


def test_latency_counts_only_what_was_analysed():
    assert latencies(outcome([100.0] * 10, dropped="behind"))["all"]["count"] == 0
    assert latencies(outcome([100.0] * 99 + [900.0]))["all"] == {
        "p50": 100.0, "p95": 100.0, "p99": 108.0, "max": 900.0, "count": 100,
    }  # fmt: skip


def test_latency_that_grows_is_seen_from_three_minutes_on():
    minutes = [100.0] * 300 + [110.0] * 300 + [120.0] * 300
    assert latencies(outcome(minutes))["growth_ms_per_minute"] == pytest.approx(10.0)
    assert latencies(outcome(minutes[:600]))["growth_ms_per_minute"] is None


def test_a_frame_that_left_nothing_is_uncounted():
    one = outcome([])
    one.sampled = 10
    one.accounts = [Row("cam0", "e", 0, sampled=9, analysed=7)]
    one.accounts[0].dropped["behind"] = 2
    assert accounts(one) == {"sampled": 10, "analysed": 7, "dropped": {"behind": 2}, "uncounted": 1}


def test_a_phase_tells_what_came_in_time_within_it_and_how_long_nothing_did():
    one = outcome([100.0] * 10)
    one.arrivals[5] = one.arrivals[5]._replace(statuses=("ok", "expired"))
    told = phase(one, ["cam0"], (700.0, 1700.0))
    assert (told["in_time_per_second"], told["too_late_per_second"]) == (4.0, 1.0)
    assert told["latency_ms"]["p50"] == 100.0
    assert told["longest_gap_s"] == 0.4
    assert phase(one, ["cam0", "cam1"], (700.0, 1700.0))["longest_gap_s"] == 1.0


def test_a_camera_that_is_never_served_has_no_share():
    told = shares(outcome([100.0] * 10), ["cam0", "cam1"])
    assert told == {"min": 0.0, "max": 5.0, "fair": 2.5, "min_of_fair": 0.0}


@given(st.integers(2, 60), st.sampled_from([1.0, 2.0, 5.0, 25.0]), st.data())
def test_each_frame_without_a_picture_and_each_hole_in_event_time_is_a_loss(count, rate, data):
    inner = st.sets(st.integers(1, count - 2)) if count > 2 else st.just(set())
    skipped, dropped = data.draw(inner), data.draw(inner)
    frames = taken(count, rate, skipped, dropped - skipped)
    told = losses_of(frames, rate, 0.0, count / rate)
    lost = {"missing": len(skipped), "behind": len(dropped - skipped)}
    assert told.lost == {reason: number for reason, number in lost.items() if number}
    assert told.frames == count - len(skipped | dropped)


def test_the_longest_time_without_a_picture_also_counts_at_the_ends():
    assert losses_of(taken(5, 5.0), 5.0, 0.0, 3.0).gap_s == pytest.approx(2.2)
    assert losses_of([], 5.0, 1.0, 3.0).gap_s == pytest.approx(2.0)


def test_a_process_that_was_started_is_found_and_held_with_its_handles(sleeper):
    assert sleeper in descendants(os.getpid())
    alone, both = held([os.getpid()]), held([os.getpid(), sleeper])
    assert (alone.processes, both.processes) == (1, 2)
    assert both.handles > alone.handles
    assert alone.memory_bytes >= alone.own_bytes > 0


def test_processes_that_have_gone_hold_nothing_but_keep_the_time_they_used():
    with subprocess.Popen([sys.executable, "-c", "sum(range(10**7)); input()"], stdin=subprocess.PIPE) as busy:
        meter = CpuMeter(os.getpid(), {"other": busy.pid})
        try:
            while not (used := meter.look()["other"]):
                pass
        finally:
            busy.kill()
    assert held([busy.pid]).processes == 0
    assert meter.look()["other"] >= used
