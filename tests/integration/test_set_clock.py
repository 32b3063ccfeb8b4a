"""The wall clock of a live run, and of an ingest worker, is set by hours; all servers and cameras keep the true one."""

import itertools
import re
import signal
import uuid
from statistics import median

import pytest

from common.redis_client import open_client
from ingest.registry.camera import Camera
from ingest.registry.events import EventLog
from ingest.registry.registry import Registry
from moodline.chaos.cameras import CameraSpec
from moodline.chaos.clips import ClipFormat
from tests.integration.fleet import Fleet, wait_until

pytestmark = [pytest.mark.redis, pytest.mark.rtsp, pytest.mark.slow]

NAMES = ("door", "till")
RATE = 5.0
HOUR_S = 3600.0
PATIENT = {"SHEDDING_MAX_AGE_MS": 60_000}
"""So long that a busy machine makes nothing too old, and clocks that differ would."""


@pytest.fixture(scope="module")
def cameras(open_cameras):
    form = ClipFormat(width=320, height=240, rate=10, gop=10)
    return open_cameras(*(CameraSpec(name, form=form) for name in NAMES))


def register(fleet, cameras):
    with open_client(fleet.store) as client:
        registry = Registry(client, fleet.store.key_prefix)
        for name in NAMES:
            registry.add(Camera(name=name, source=cameras.url(name), rate=RATE))


def wait_for_more(fleet, count):
    wanted = {name: fleet.frames(name) + count for name in NAMES}
    wait_until(lambda: all(fleet.frames(name) >= least for name, least in wanted.items()))


def step_ahead_and_back(fleet, clock, by_s):
    """Wait for frames, set the clock ahead, wait for the epoch's end and for frames, set it back, wait for frames."""
    wait_for_more(fleet, 10)
    clock.set(by_s)
    wait_until(lambda: all(fleet.closed(name) for name in NAMES))
    wait_for_more(fleet, 10)
    clock.set(0.0)
    wait_for_more(fleet, 40)


def check_series(fleet, by_s, ended):
    """Two epochs under one lease, with a leap in between and no other; at last event time runs at nine tenths."""
    with fleet.reader() as reader:
        for name in NAMES:
            epochs = [(one, list(reader.frames(name, one.epoch))) for one in reader.epochs(name)]
            assert [one.closed for one, _ in epochs] == ["time_jump", ended]
            assert len({one.epoch[:8] for one, _ in epochs}) == 1
            (_, before), (_, after) = epochs
            for frames in (before, after):
                assert [frame.seq for frame in frames] == list(range(len(frames)))
                times = [frame.time_ms for frame in frames]
                assert times == sorted(times)
                assert all(late - early < 60_000 for early, late in itertools.pairwise(times))
                assert {frame.dropped for frame in frames} <= {None, "behind"}
            assert after[0].time_ms - before[-1].time_ms == pytest.approx(1000 * by_s, abs=60_000)
            steps = [late.time_ms - early.time_ms for early, late in itertools.pairwise(after[-25:])]
            assert median(steps) == pytest.approx(0.9 * 1000 / RATE, rel=0.05)


def found(fleet, name):
    with open_client(fleet.store) as client:
        return [event.kind for event in EventLog(client, fleet.store.key_prefix).read(name, 100)]


def test_a_live_run_goes_on_in_order_while_the_clock_of_its_machine_is_set(tmp_path, redis_server, cameras, set_clock):
    fleet = Fleet(tmp_path, "none:1", redis_server.url, KEY_PREFIX=f"t{uuid.uuid4().hex[:8]}", **PATIENT)
    register(fleet, cameras)
    fleet.environment = set_clock.environment(fleet.environment)
    try:
        run = fleet.command("run", "--cameras", "--json")
        step_ahead_and_back(fleet, set_clock, HOUR_S)
        run.send_signal(signal.SIGINT)
        result = fleet.result(run)
    finally:
        fleet.close()
    assert not re.search("WARNING|ERROR|Traceback", fleet.errors(run))
    check_series(fleet, HOUR_S, "interrupted")
    for camera in result["cameras"]:
        assert (camera["state"], camera["reconnects"]) == ("live", 0)
        assert found(fleet, camera["camera"]).count("host_clock_stepped") == 2
    assert sum(camera["sampled"] for camera in result["cameras"]) == sum(map(fleet.frames, NAMES))


@pytest.mark.kafka
def test_an_ingest_worker_goes_on_in_order_while_the_clock_of_its_machine_is_set(make_fleet, cameras, set_clock):
    # A broker refuses records that are more than an hour ahead by the time which they bear.
    by_s = 2 * HOUR_S
    fleet = make_fleet(**PATIENT)
    register(fleet, cameras)
    rest = fleet.start("detector", "classifier", "sink")
    fleet.wait_until_ready(rest)
    true_clock, fleet.environment = fleet.environment, set_clock.environment(fleet.environment)
    worker = fleet.start("ingest")
    step_ahead_and_back(fleet, set_clock, by_s)
    worker.send_signal(signal.SIGTERM)
    fleet.result(worker)
    fleet.environment = true_clock
    wait_until(lambda: fleet.run("ledger")["adds_up"])
    rest.send_signal(signal.SIGTERM)
    fleet.result(rest)
    check_series(fleet, by_s, "handed_over")
    assert fleet.run("ledger")["adds_up"]
