"""Workers that are told to stop: under load, while a broker or a Redis is away, and twice."""

import signal
import time

import pytest

from common import wire_headers
from common.errors import EXIT_BROKER, EXIT_INTERRUPTED, EXIT_OK, EXIT_STORE
from tests.integration.fleet import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]

STOP_S = 10.0
RATE = 7.5
FRAMES = 90
STAGES = {"detector": "frames", "classifier": "faces", "sink": "scores"}
"""Each stage, and the topic that it reads."""

SLOW = {"WORKER_DELAY_MS": 40, "DETECTOR_BATCH": 4, "CLASSIFIER_BATCH": 8, "CLASSIFIER_WAIT_MS": 50}
"""A worker so slow that it always has something in hand."""


def tell(*processes):
    for process in processes:
        process.send_signal(signal.SIGTERM)
    return time.monotonic()


def ended_s(began, process, seconds=STOP_S):
    """Seconds from `began` to the end of a process, which must come in time."""
    process.wait(began + seconds + 10 - time.monotonic())
    took = time.monotonic() - began
    assert took <= seconds, f"{took:.1f} s"
    return round(took, 2)


def last_words(fleet, process):
    """What a worker says to whoever started it; its log lines have a time in front."""
    return [line for line in fleet.errors(process).splitlines() if line.startswith("moodline: ")]


@pytest.mark.timeout(240)
def test_a_stage_that_is_told_to_stop_under_load_has_committed_what_it_did(make_fleet, walkers):
    fleet = make_fleet(**SLOW)
    working = {stage: fleet.start(stage) for stage in STAGES}
    fleet.wait_until_ready(*working.values())
    feeding = fleet.start("ingest", "--source", walkers, "--rate", RATE)
    done, took = {}, {}
    for moment, stage in zip((8, 20, 40), STAGES, strict=True):
        fleet.wait_for_frames("walkers", moment)
        began = tell(working[stage])
        took[stage] = ended_s(began, working[stage])
        done[stage] = fleet.result(working[stage])["messages"]
        working[stage] = fleet.start(stage, "--drain")
    print("ended after, s:", took)  # noqa: T201  # the figures of the documentation
    fleet.result(feeding)
    fleet.wait_for_frames("walkers", FRAMES)
    for stage, topic in STAGES.items():
        if "--drain" in working[stage].args:
            done[stage] += fleet.result(working[stage])["messages"]
        # Nothing was dealt with twice, neither its input nor, so, its output.
        assert done[stage] == len(fleet.records(topic)) == FRAMES + 2 + 4, (stage, done)
    assert fleet.run("ledger")["cameras"]["walkers"]["analysed"] == FRAMES


@pytest.mark.timeout(120)
def test_an_ingest_that_is_told_to_stop_closes_what_it_reads(make_fleet, walkers):
    fleet = make_fleet()
    feeding = fleet.start("ingest", "--source", walkers, "--speed", "1")
    wait_until(lambda: "reading" in fleet.errors(feeding) and len(fleet.records("frames")) > 5)
    ended_s(tell(feeding), feeding)
    told = fleet.result(feeding)
    assert told["interrupted"]
    kinds = [wire_headers.read(record.headers).kind for record in fleet.records("frames")]
    assert kinds.count("opened") == kinds.count("closed") == 1
    assert 0 < kinds.count("frame") == told["frames"] < 60


@pytest.mark.timeout(120)
def test_a_second_signal_ends_a_worker_at_once(make_fleet, walkers, tmp_path):
    fleet = make_fleet()
    fleet.result(fleet.start("ingest", "--source", walkers))
    alive = tmp_path / "alive"
    busy = fleet.start("detector", WORKER_DELAY_MS=60_000, DETECTOR_BATCH=1, WORKER_ALIVE_FILE=alive)
    # Who has not polled for so long is at work.
    wait_until(lambda: alive.exists() and time.time() - alive.stat().st_mtime > 2)
    tell(busy)
    time.sleep(0.5)
    assert busy.poll() is None
    took = ended_s(tell(busy), busy, seconds=1)
    print("ended after, s:", took)  # noqa: T201  # the figures of the documentation
    assert busy.returncode == EXIT_INTERRUPTED


@pytest.mark.timeout(240)
def test_workers_that_are_told_to_stop_end_in_time_while_redis_or_the_broker_is_away(
    make_fleet, walkers, frail_broker, own_redis
):
    fleet = make_fleet(frail_broker.servers, own_redis.url, **SLOW)
    # A backlog for each stage: whenever it is told to stop, it has something in hand. Without that it would have
    # nothing to lose, and end in good order.
    leave_waiting(fleet, walkers)
    slow = {"detector": 100, "classifier": 100, "sink": 20}
    ends = {"detector": EXIT_STORE, "sink": EXIT_STORE}
    working = {stage: fleet.start(stage, WORKER_DELAY_MS=slow[stage]) for stage in ends}
    fleet.wait_until_ready(*working.values())
    own_redis.freeze()
    time.sleep(2)
    try:
        check_ends(fleet, working, ends)
    finally:
        own_redis.thaw()
    working = {stage: fleet.start(stage, WORKER_DELAY_MS=slow[stage]) for stage in STAGES}
    fleet.wait_until_ready(*working.values())
    working["ingest"] = fleet.start("ingest", "--source", walkers, "--camera", "live", "--rate", "15", "--speed", "1")
    wait_until(lambda: "live" in cameras(fleet, "frames"))
    frail_broker.freeze()
    time.sleep(1)
    try:
        check_ends(fleet, working, dict.fromkeys(working, EXIT_BROKER))
    finally:
        frail_broker.thaw()


def leave_waiting(fleet, clip):
    """Recordings on each topic from which nobody has read on yet: of 18 s for two stages, of 15 s for the sink."""
    whole = ("ingest", "--source", clip, "--rate", "15", "--camera")
    scored = [f"scored-{number}" for number in range(4)]
    fleet.results(*[fleet.start(*whole, camera) for camera in scored])
    fleet.result(fleet.start("detector", "classifier", "--drain", WORKER_DELAY_MS=0))
    fleet.result(fleet.start(*whole, "found"))
    fleet.result(fleet.start("detector", "--drain", WORKER_DELAY_MS=0))
    fleet.result(fleet.start(*whole, "seen"))
    for topic, left in {"frames": ["seen"], "faces": ["found"], "scores": scored}.items():
        assert all(cameras(fleet, topic).count(camera) >= 2 * FRAMES for camera in left)


def cameras(fleet, topic):
    return [record.key.decode() for record in fleet.records(topic) if record.key]


def check_ends(fleet, processes, ends):
    began = tell(*processes.values())
    took = {}
    while len(took) < len(processes):
        for stage, process in processes.items():
            if stage not in took and process.poll() is not None:
                took[stage] = round(time.monotonic() - began, 1)
        assert time.monotonic() - began < 60, took
        time.sleep(0.05)
    print("ended after, s:", took)  # noqa: T201  # the figures of the documentation
    for stage, process in processes.items():
        assert process.returncode == ends[stage], (stage, fleet.errors(process))
        if ends[stage] != EXIT_OK:
            assert len(last_words(fleet, process)) == 1, fleet.errors(process)
    assert max(took.values()) <= STOP_S, took
