"""The wall clock of a live run, and of an ingest worker, is set by hours; all servers and cameras keep the true one."""

import itertools
import re
import signal
import time
import uuid
from statistics import median

import pytest

from common import wire
from common.messages import Closed, Frame
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


class InStore:
    """What stands in the store: the epochs of each camera, as their name, why they ended, and their frames."""

    def __init__(self, fleet):
        self._fleet = fleet

    def epochs(self, name):
        with self._fleet.reader() as reader:
            return [(one.epoch, one.closed, list(reader.frames(name, one.epoch))) for one in reader.epochs(name)]


class OnTopic:
    """The same of what ingest has published, frames as their spines; all records bear the true time."""

    def __init__(self, fleet):
        self._fleet = fleet

    def epochs(self, name):
        found = {}
        for record in self._fleet.records("frames"):
            match wire.decode(record.value, record.headers):
                case Frame(spine, dropped=dropped) if spine.camera == name:
                    assert dropped in {None, "behind"}
                    assert abs(record.timestamp - 1000 * time.time()) < 1000 * HOUR_S
                    found.setdefault(spine.epoch, [None, []])[1].append(spine)
                case Closed(camera=camera, epoch=epoch, reason=reason) if camera == name:
                    found[epoch][0] = reason
        return [(epoch, *found[epoch]) for epoch in sorted(found)]


def register(fleet, cameras):
    with open_client(fleet.store) as client:
        registry = Registry(client, fleet.store.key_prefix)
        for name in NAMES:
            registry.add(Camera(name=name, source=cameras.url(name), rate=RATE))


def step_ahead_and_back(place, clock, by_s):
    """Wait for frames, set the clock ahead, wait for the epoch's end and for frames, set it back, wait for frames."""

    def wait_for(count, epochs):
        def there():
            found = [place.epochs(name) for name in NAMES]
            return all(len(one) == epochs and len(one[-1][2]) >= count for one in found)

        wait_until(there)

    wait_for(10, epochs=1)
    clock.set(by_s)
    wait_for(10, epochs=2)
    clock.set(0.0)
    wait_for(60, epochs=2)


def check_series(place, by_s):
    """Two epochs under one lease, with a leap in between and no other; at last event time runs at nine tenths."""
    for name in NAMES:
        (first, why, before), (second, how, after) = place.epochs(name)
        assert (why, how) == ("time_jump", "interrupted")
        assert first[:8] == second[:8]
        for frames in (before, after):
            assert [frame.seq for frame in frames] == list(range(len(frames)))
            times = [frame.time_ms for frame in frames]
            assert times == sorted(times)
            assert all(late - early < 60_000 for early, late in itertools.pairwise(times))
        assert after[0].time_ms - before[-1].time_ms == pytest.approx(1000 * by_s, abs=60_000)
        steps = [late.time_ms - early.time_ms for early, late in itertools.pairwise(after[-25:])]
        assert median(steps) == pytest.approx(0.9 * 1000 / RATE, rel=0.05)


def check_told(fleet):
    with open_client(fleet.store) as client:
        log = EventLog(client, fleet.store.key_prefix)
        for name in NAMES:
            assert [event.kind for event in log.read(name, 100)].count("host_clock_stepped") == 2


def test_a_live_run_goes_on_in_order_while_the_clock_of_its_machine_is_set(tmp_path, redis_server, cameras, set_clock):
    fleet = Fleet(tmp_path, "none:1", redis_server.url, KEY_PREFIX=f"t{uuid.uuid4().hex[:8]}", **PATIENT)
    register(fleet, cameras)
    fleet.environment = set_clock.environment(fleet.environment)
    try:
        run = fleet.command("run", "--cameras", "--json")
        step_ahead_and_back(InStore(fleet), set_clock, HOUR_S)
        run.send_signal(signal.SIGINT)
        result = fleet.result(run)
    finally:
        fleet.close()
    assert not re.search("WARNING|ERROR|Traceback", fleet.errors(run))
    check_series(InStore(fleet), HOUR_S)
    check_told(fleet)
    assert {camera["state"] for camera in result["cameras"]} == {"live"}
    frames = [frame for name in NAMES for _, _, found in InStore(fleet).epochs(name) for frame in found]
    assert sum(camera["sampled"] for camera in result["cameras"]) == len(frames)
    assert {frame.dropped for frame in frames} <= {None, "behind"}


@pytest.mark.kafka
def test_an_ingest_worker_goes_on_in_order_while_the_clock_of_its_machine_is_set(make_fleet, cameras, set_clock):
    # A broker refuses records that are more than an hour ahead by the time which they bear.
    by_s = 2 * HOUR_S
    fleet = make_fleet()
    register(fleet, cameras)
    fleet.environment = set_clock.environment(fleet.environment)
    worker = fleet.start("ingest")
    wait_until(lambda: "ingest: reading" in fleet.errors(worker))
    step_ahead_and_back(OnTopic(fleet), set_clock, by_s)
    worker.send_signal(signal.SIGTERM)
    result = fleet.result(worker)
    check_series(OnTopic(fleet), by_s)
    check_told(fleet)
    assert result["frames"] == sum(len(found) for name in NAMES for _, _, found in OnTopic(fleet).epochs(name))
