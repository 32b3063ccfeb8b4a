"""A fleet kept as the registry wants it, on a real Redis: states, events, leases, and an outage that nobody feels."""

import logging
import time
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from common.messages import Closed, Frame, Opened
from common.redis_client import open_client
from common.store_settings import StoreSettings
from ingest.live import records
from ingest.live import supervisor as module
from ingest.live.camera import OPENINGS, live_epoch
from ingest.live.supervisor import Place, Sampling, Supervisor
from ingest.registry.board import StateBoard
from ingest.registry.camera import Camera
from ingest.registry.events import EventLog
from ingest.registry.keeper import Keeper
from ingest.registry.last_times import LastTimes
from ingest.registry.lease import Leases
from ingest.registry.registry import Registry
from ingest.registry.workers import Workers
from tests.ingest.live.builders_live import SIZE, check_series
from tests.ingest.live.scripted import CONNECTED, seen_now, steady, until, watching

PREFIX = "moodline"
LONG_MS = 600_000
SAMPLING = Sampling(5.0, "udp")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "TURN_S", 0.05)
    monkeypatch.setattr(module, "TELL_S", 0.02)


def now_ms():
    return time.time_ns() // 1_000_000


class Kept:
    """A supervised fleet, and what stands of it in Redis."""

    def __init__(self, watch, client, worker):
        self.watch, self.client = watch, client
        self.registry, self.board = Registry(client, PREFIX), StateBoard(client, PREFIX)
        self.leases = Leases(client, PREFIX, worker, LONG_MS)
        self.keeper = Keeper(self.registry, self.leases, Workers(client, PREFIX, worker, LONG_MS))
        self.supervisor = Supervisor(watch.fleet, self.keeper, Place(client, PREFIX, worker), SAMPLING, now_ms)

    def add(self, name, *scripts, **options):
        self.watch.readers.scripts[f"rtsp://{name}"] = [*scripts] or [steady()]
        self.registry.add(Camera(name=name, source=f"rtsp://{name}", **options))

    def state(self, name, wanted):
        """Wait until the board says so; gives all that it says."""

        def shown():
            found = self.board.get([name]).get(name)
            return found if found is not None and found.state == wanted else None

        return until(shown, f"{name} {wanted}")

    def events(self, name):
        return [(event.kind, event.fields.get("reason")) for event in EventLog(self.client, PREFIX).read(name, 100)]

    def owner(self, name):
        return self.leases.owners([name]).get(name)

    def epochs(self, name):
        return [one.epoch for one in self.watch.of(name) if isinstance(one, Opened)]

    def reached_ms(self, name):
        return LastTimes(self.client, PREFIX).get([name]).get(name)


@contextmanager
def keeping(client, worker="mine"):
    with watching() as watch:
        kept = Kept(watch, client, worker)
        with kept.supervisor:
            yield kept
            # As in a run: the fleet ends first.
            watch.stop()


def test_a_registered_camera_is_watched_and_shown(client):
    with keeping(client) as kept:
        kept.add("door")
        shown = kept.state("door", "live")
        until(lambda: kept.reached_ms("door"), "its time")
    number = int(shown.epoch[:8], 16)
    assert shown.epoch == live_epoch(number, 0)
    assert (shown.worker, shown.reason, shown.codec) == ("mine", "pictures come", "h264")
    assert (shown.width, shown.height) == SIZE
    assert abs(shown.last_frame_ms - now_ms()) < 60_000
    assert shown.clock in ("arrival", "stream")
    assert kept.events("door")[0] == ("live", "pictures come")
    order = kept.watch.readers.orders[0]
    assert (order.rate, order.transport) == SAMPLING


@pytest.mark.parametrize(("quiet_s", "held"), [(LONG_MS, True), (0.0, False)])
def test_pictures_a_second_are_held_between_two_counts_unless_too_long_nothing_comes(
    client, monkeypatch, quiet_s, held
):
    told = []
    monkeypatch.setattr(module, "QUIET_S", quiet_s)

    def counted(line, _order):
        line.tell(CONNECTED)
        line.tell(seen_now(0))
        until(lambda: 0.0 in told, "the first rate")
        line.tell(records.Progress(1000, 0, 0.0, "default"))
        line.hang()

    with keeping(client) as kept:
        rate = kept.supervisor._rate
        monkeypatch.setattr(kept.supervisor, "_rate", lambda *asked: told.append(rate(*asked)) or told[-1])
        kept.add("door", counted)
        until(lambda: 0.0 in told and kept.watch.fleet.posts["door"].progress.decoded == 1000, "its count")
        count = len(told)
        until(lambda: len(told) > count + 10, "what is told then")
    assert all((rate > 0) == held for rate in told[count + 2 : count + 10])


def test_what_a_camera_says_of_its_rate_and_transport_holds(client):
    with keeping(client) as kept:
        kept.add("door", rate=1.5, transport="tcp")
        kept.state("door", "live")
    assert (kept.watch.readers.orders[0].rate, kept.watch.readers.orders[0].transport) == (1.5, "tcp")


def test_what_stands_is_not_written_before(client):
    LastTimes(client, PREFIX).put({"door": now_ms() + 5000})
    begin_ms = now_ms() + 5000
    with keeping(client) as kept:
        kept.add("door")
        kept.state("door", "live")
    assert next(one for one in kept.watch.of("door") if isinstance(one, Opened)).time_ms >= begin_ms - 1000


def test_at_the_end_all_is_given_back_and_it_is_noted_how_far_it_came(client):
    with keeping(client) as kept:
        kept.add("door")
        kept.add("till")
        kept.state("door", "live")
        kept.state("till", "live")
        assert kept.owner("door") == "mine"
    assert (kept.owner("door"), kept.owner("till")) == (None, None)
    assert kept.board.get(["door", "till"]) == {}
    for name in ("door", "till"):
        frames = check_series(kept.watch.of(name))
        assert kept.reached_ms(name) == frames[-1].spine.time_ms


def test_a_paused_camera_is_handed_back_and_comes_again_under_a_higher_number(client):
    with keeping(client) as kept:
        kept.add("door")
        kept.state("door", "live")
        kept.registry.pause("door")
        until(lambda: kept.owner("door") is None, "its lease")
        assert kept.board.get(["door"]) == {}
        until(lambda: ("disabled", "paused") in kept.events("door"), "the event")
        kept.registry.resume("door")
        until(lambda: len(kept.epochs("door")) == 2, "pictures")
    first, second = kept.epochs("door")
    assert second > first
    assert second[:8] > first[:8]
    assert [one.reason for one in kept.watch.of("door") if isinstance(one, Closed)] == ["interrupted", "interrupted"]


def test_a_removed_camera_ends_as_removed(client):
    with keeping(client) as kept:
        kept.add("door")
        kept.state("door", "live")
        kept.registry.remove("door")
        until(lambda: kept.owner("door") is None, "its lease")
        until(lambda: [one for one in kept.watch.of("door") if isinstance(one, Closed)], "its end")
    assert [one.reason for one in kept.watch.of("door") if isinstance(one, Closed)] == ["removed"]


def test_a_changed_camera_goes_on_under_its_number_in_a_new_epoch(client):
    with keeping(client) as kept:
        kept.add("door")
        kept.state("door", "live")
        kept.registry.change("door", lambda camera: replace(camera, rate=1.0))
        until(lambda: len(kept.epochs("door")) == 2, "another epoch")
    first, second = kept.epochs("door")
    assert (first[:8], first[8:], second[8:]) == (second[:8], "0000", "0001")
    times = [frame.spine.time_ms for frame in check_series(kept.watch.of("door"))]
    assert times == sorted(times)


def test_a_camera_that_another_worker_took_is_stopped_at_once_and_is_waited_for(client, caplog):
    with keeping(client) as kept:
        kept.add("door")
        kept.state("door", "live")
        client.delete(f"{PREFIX}:{{door}}:lease")
        other = Leases(client, PREFIX, "other", LONG_MS)
        assert other.acquire("door") > int(kept.epochs("door")[0][:8], 16)
        until(lambda: [one for one in kept.watch.of("door") if isinstance(one, Closed)], "its end")
        until(lambda: kept.supervisor.elsewhere == {"door": "other"}, "who holds it")
        other.release("door")
        until(lambda: len(kept.epochs("door")) == 2, "pictures")
        until(lambda: not kept.supervisor.elsewhere, "nobody to wait for")
    assert next(one.reason for one in kept.watch.of("door") if isinstance(one, Closed)) == "handed_over"
    assert [one.message for one in caplog.records if "is held by" in one.message] == [
        "door is held by other; it is watched here once that one has let it go"
    ]


def test_a_camera_that_was_lost_and_is_free_again_goes_on_under_a_new_number(client):
    with keeping(client) as kept:
        kept.add("door")
        kept.state("door", "live")
        other = Leases(client, PREFIX, "other", LONG_MS)
        client.delete(f"{PREFIX}:{{door}}:lease")
        other.acquire("door")
        other.release("door")
        until(lambda: len(kept.epochs("door")) == 2, "pictures")
    first, second = kept.epochs("door")
    assert second[:8] > first[:8]
    check_series(kept.watch.of("door"))


def test_a_number_whose_epochs_are_nearly_used_up_is_changed_for_a_new_one(client):
    with keeping(client) as kept:
        kept.add("door")
        kept.state("door", "live")
        kept.watch.fleet.posts["door"].live.openings = OPENINGS - 1
        until(lambda: len(kept.epochs("door")) == 2, "another epoch")
    first, second = kept.epochs("door")
    assert second[:8] > first[:8]
    assert second[8:] == "0000"


def test_an_error_that_nobody_thought_of_does_not_end_the_supervision(client, caplog):
    with keeping(client) as kept:
        turn, failed = kept.keeper.turn, []

        def broken():
            if not failed:
                failed.append(True)
                raise RuntimeError("nobody thought of this")
            return turn()

        kept.keeper.turn = broken
        kept.add("door")
        kept.state("door", "live")
    assert failed
    assert "nobody thought of this" in caplog.text


def test_what_happens_to_a_camera_is_told_in_order(client):
    with keeping(client) as kept:
        kept.add("door", steady(pictures=10), steady())
        kept.state("door", "live")
        until(lambda: len(kept.epochs("door")) == 2, "the second connection")
        kept.watch.fleet.remove("door", "interrupted", paused=True)
        until(lambda: "disabled" in dict(kept.events("door")), "the last event")
    # A camera that is back at once makes no event.
    assert kept.events("door") == [("live", "pictures come"), ("disabled", "paused")]


@pytest.mark.redis
def test_while_redis_is_away_cameras_go_on_and_afterwards_it_is_told_how_they_are(own_redis, caplog):
    caplog.set_level(logging.WARNING)
    with open_client(StoreSettings(redis_url=own_redis.url)) as client:
        with keeping(client) as kept:
            kept.add("door")
            kept.state("door", "live")
            own_redis.kill()
            count = len(kept.watch.of("door"))
            until(lambda: "cameras go on as they are" in caplog.text, "the warning")
            until(lambda: len(kept.watch.of("door")) > count + 20, "more frames")
            kept.watch.readers.processes[0].kill()
            until(lambda: len(kept.epochs("door")) == 2, "another epoch, of which nobody can be told")
            own_redis.start()
            until(lambda: kept.state("door", "live").epoch == kept.epochs("door")[1], "its state")
            until(lambda: kept.reached_ms("door") >= kept.watch.of("door")[-20].spine.time_ms, "its time")
        frames = check_series(kept.watch.of("door"))
    assert (
        len([one for one in kept.watch.of("door") if isinstance(one, Frame)]) == len(frames) == kept.watch.fleet.sampled
    )
