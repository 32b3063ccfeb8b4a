"""A broker or a Redis that hangs, or dies and comes back, costs a recording nothing and a live camera counted frames.

The outages are short here; MOODLINE_TEST_OUTAGE_S makes them as long as one likes.
"""

import math
import os
import shutil
import time
from contextlib import contextmanager

import pytest

from common import wire_headers
from tests.integration.fleet import Fleet, memory_mib, wait_until
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]

OUTAGE_S = float(os.environ.get("MOODLINE_TEST_OUTAGE_S", "5"))
GROWTH_MIB = 128
"""How much more memory than before a worker may take because of an outage."""

CLIP_S = 12
RATE, GATE_MB = (6, 32) if OUTAGE_S < 30 else (10, 64)
"""So many frames a second fill what ingest may have in flight within a clip; 64 MiB is what it may by default."""
STAGES = ("detector", "classifier", "sink")
WAYS = ("frozen", "killed")
PATIENCE_S = 120 + OUTAGE_S


class Watched:
    """The memory of workers, MiB: before an outage, and the most since."""

    def __init__(self, workers):
        self._workers = workers
        self._before = {name: memory_mib(worker) for name, worker in workers.items()}
        self._most = dict(self._before)

    def look(self):
        for name, worker in self._workers.items():
            self._most[name] = max(self._most[name], memory_mib(worker))

    @property
    def growth(self):
        return {name: round(most - self._before[name]) for name, most in self._most.items()}


@contextmanager
def outage(way, *servers):
    for server in servers:
        server.freeze() if way == "frozen" else server.kill()
    try:
        yield
    finally:
        for server in servers:
            server.thaw() if way == "frozen" else server.start()


def copies(video, folder, names):
    folder.mkdir()
    return [shutil.copy(video, folder / f"{name}.mp4") for name in names]


@pytest.fixture(scope="module")
def redis_server_of_ours(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def recordings(tmp_path_factory, walkers):
    return copies(walkers, tmp_path_factory.mktemp("outages") / "clips", WAYS)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, lasting_broker, redis_server_of_ours, recordings):
    """What one process makes of the recordings."""
    folder = tmp_path_factory.mktemp("undisturbed")
    one = Fleet(folder, lasting_broker.servers, redis_server_of_ours.url, KEY_PREFIX="undisturbed")
    # It goes on while the first outage is under way.
    running = one.command("run", *recordings, "--rate", RATE, "--json")
    yield lambda: one.result(running, seconds=PATIENCE_S) and one
    one.close()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory, lasting_broker, redis_server_of_ours):
    """A process for each stage but ingest, which live through all outages of this file."""
    settings = {
        "TOPIC_PREFIX": "outages",
        "FRAME_CODEC": "raw",
        "KAFKA_PARTITIONS": 4,
        "DETECTOR_BATCH": 4,
        "CLASSIFIER_WAIT_MS": 20,
    }
    one = Fleet(tmp_path_factory.mktemp("fleet"), lasting_broker.servers, redis_server_of_ours.url, **settings)
    one.broker, one.redis = lasting_broker, redis_server_of_ours
    one.workers = {stage: one.start(stage, WORKER_DELAY_MS=20) for stage in STAGES}
    one.wait_until_ready(*one.workers.values())
    yield one
    one.close()


def last(seconds, watched):
    """Let an outage last, and look at the memory meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        watched.look()
        time.sleep(0.2)


def wait_for_end(fleet, camera, watched, epochs=1):
    def ended():
        watched.look()
        return fleet.closed(camera) == epochs

    wait_until(ended, PATIENCE_S)


@pytest.mark.timeout(300 + 4 * OUTAGE_S)
@pytest.mark.parametrize("way", WAYS)
def test_a_recording_is_whole_after_its_broker_and_its_redis_were_away(way, undisturbed, recordings, fleet):
    source = recordings[WAYS.index(way)]
    paced = ("--rate", RATE, "--speed", 2)
    feeding = fleet.start("ingest", "--source", source, *paced, KAFKA_INFLIGHT_MB=GATE_MB)
    fleet.wait_for_frames(way, 8)
    watched = Watched({"ingest": feeding, **fleet.workers})
    for moment, server in ((8, fleet.broker), (30, fleet.redis)):
        fleet.wait_for_frames(way, moment)
        with outage(way, server):
            last(OUTAGE_S, watched)
    wait_for_end(fleet, way, watched)
    fleet.result(feeding)
    assert fleet.frames(way) == CLIP_S * RATE
    assert fleet.digest(way) == undisturbed().digest(way), fleet.difference(undisturbed())
    print(way, "growth in MiB:", watched.growth)  # noqa: T201  # the figures of the documentation
    assert max(watched.growth.values()) <= GROWTH_MIB, watched.growth
    assert [worker.poll() for worker in fleet.workers.values()] == [None] * len(STAGES)


@pytest.mark.timeout(300 + 4 * OUTAGE_S)
@pytest.mark.parametrize("way", WAYS)
def test_a_live_camera_loses_only_frames_that_are_counted_as_behind(way, fleet, walkers, tmp_path):
    camera, rounds = f"live-{way}", math.ceil((OUTAGE_S + 6) / CLIP_S)
    videos = copies(walkers, tmp_path / "clips", [f"part{number}" for number in range(rounds)])
    sources = [part for video in videos for part in ("--source", video)]
    small = {"INGEST_WHEN_BEHIND": "drop", "KAFKA_INFLIGHT_MB": 4, "KAFKA_MAX_RECORD_MB": 4}
    feeding = fleet.start("ingest", *sources, "--camera", camera, "--rate", RATE, "--speed", 1, **small)
    fleet.wait_for_frames(camera, 10)
    watched = Watched({"ingest": feeding, **fleet.workers})
    with outage(way, fleet.broker, fleet.redis):
        last(OUTAGE_S, watched)
    wait_for_end(fleet, camera, watched, rounds)
    fleet.result(feeding)

    told = fleet.run("ledger", "--camera", camera)["cameras"][camera]
    dropped = told["dropped"].get("behind", 0)
    late_s = pace_s(fleet, camera)
    print(way, "growth in MiB:", watched.growth, "behind:", dropped, "late s:", late_s)  # noqa: T201  # the same
    assert told["sampled"] == fleet.frames(camera) == rounds * CLIP_S * RATE
    assert told["adds_up"]
    assert told["analysed"] + dropped == told["sampled"]
    assert 0 < dropped < told["sampled"]
    assert late_s < 2
    assert max(watched.growth.values()) <= GROWTH_MIB, watched.growth


def pace_s(fleet, camera):
    """By how much a camera's frames left ingest later than they should have, at most, seconds."""
    late = {}
    for record in fleet.records("frames"):
        told = wire_headers.read(record.headers)
        if told.kind == "frame" and told.spine.camera == camera:
            spine = told.spine
            late.setdefault(spine.epoch, []).append(spine.arrived_ms - spine.time_ms)
    return max(max(one) - min(one) for one in late.values()) / 1000
