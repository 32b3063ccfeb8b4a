"""Leases in a real Redis: never two holders, and numbers that only rise, whoever sleeps, dies or forgets."""

import time

import pytest
import redis
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from common.errors import StoreError
from ingest.registry.lease import Leases

pytestmark = pytest.mark.redis

LONG_MS = 600_000
"""A lease that does not run out within a test; where one must, the test deletes its key."""


@pytest.fixture
def one(client):
    return Leases(client, "moodline", "one", LONG_MS)


@pytest.fixture
def two(client):
    return Leases(client, "moodline", "two", LONG_MS)


def run_out(client, camera="door"):
    client.delete(f"moodline:{{{camera}}}:lease")


def test_a_camera_is_held_by_one_worker(one, two):
    assert one.acquire("door") is not None
    assert two.acquire("door") is None
    assert two.acquire("till") is not None
    assert one.owners(["door", "till", "aisle"]) == {"door": "one", "till": "two"}
    assert (set(one.held), set(two.held)) == ({"door"}, {"till"})


def test_numbers_begin_at_the_time_of_redis_and_rise_by_one(client, one, two):
    seconds = client.time()[0]
    first = one.acquire("door")
    assert seconds <= first <= seconds + 60
    one.release("door")
    client.set("moodline:{door}:fence", 4_000_000_000)
    assert two.acquire("door") == 4_000_000_001


def test_numbers_do_not_fall_if_the_counter_is_lost(client, one, two):
    first = one.acquire("door")
    client.flushdb()
    assert two.acquire("door") >= first


def test_a_released_camera_is_free_at_once(one, two):
    first = one.acquire("door")
    one.release("door")
    assert not one.held
    assert one.owners(["door"]) == {}
    assert two.acquire("door") > first


def test_a_lease_runs_out_by_itself(client, two):
    short = Leases(client, "moodline", "one", 20)
    short.acquire("door")
    deadline = time.monotonic() + 30
    while client.exists("moodline:{door}:lease"):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert two.acquire("door") is not None
    assert short.renew(["door"]) == {"door"}


def test_a_renewed_lease_stands_for_its_whole_time_again(client, one):
    one.acquire("door")
    client.pexpire("moodline:{door}:lease", 100_000)
    assert one.renew(["door", "never-held"]) == set()
    assert client.pttl("moodline:{door}:lease") > 100_000


def test_one_that_slept_can_neither_renew_nor_release_what_another_holds(client, one, two):
    one.acquire("door")
    one.acquire("till")
    run_out(client)
    number = two.acquire("door")
    assert one.renew(["door", "till"]) == {"door"}
    one.release("door")
    assert set(one.held) == {"till"}
    assert two.owners(["door"]) == {"door": "two"}
    assert two.renew(["door"]) == set()
    assert two.held == {"door": number}


def test_one_that_slept_cannot_release_before_it_has_noticed(client, one, two):
    one.acquire("door")
    run_out(client)
    two.acquire("door")
    one.release("door")
    assert two.owners(["door"]) == {"door": "two"}


def test_a_lease_that_ran_out_is_taken_up_again_if_nobody_held_the_camera_since(client, one, two):
    number = one.acquire("door")
    run_out(client)
    assert one.renew(["door"]) == set()
    assert one.held == {"door": number}
    assert two.acquire("door") is None


def test_a_lease_that_ran_out_is_lost_if_another_held_the_camera_meanwhile(client, one, two):
    one.acquire("door")
    run_out(client)
    two.acquire("door")
    two.release("door")
    assert one.renew(["door"]) == {"door"}
    assert not one.held


def test_a_lease_of_another_is_not_taken_for_ones_own_even_under_the_same_number(client, one, two):
    number = one.acquire("door")
    client.flushdb()
    client.mset({"moodline:{door}:lease": f"{number} two", "moodline:{door}:fence": number})
    assert one.renew(["door"]) == {"door"}
    assert two.owners(["door"]) == {"door": "two"}


def test_a_redis_that_was_emptied_has_no_holders(client, one):
    one.acquire("door")
    client.flushdb()
    assert one.renew(["door"]) == {"door"}


def test_an_answer_that_was_lost_does_not_shut_the_worker_out(client, one, two):
    Leases(client, "moodline", "one", LONG_MS).acquire("door")
    assert one.acquire("door") is not None
    assert two.acquire("door") is None
    assert one.renew(["door"]) == set()


def test_names_of_workers_may_hold_anything(client):
    odd, other = (Leases(client, "moodline", owner, LONG_MS) for owner in ("host 1/%d (a) \u00fc", "host 1"))
    odd.acquire("door")
    assert other.acquire("door") is None
    assert odd.renew(["door"]) == set()
    assert other.owners(["door"]) == {"door": "host 1/%d (a) \u00fc"}


def test_a_redis_that_is_away_is_told_and_what_was_held_stays_held(tmp_path, one):
    one.acquire("door")
    nowhere = Leases(redis.Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=None), "moodline", "one")
    nowhere._held.update(one.held)
    for act in (
        lambda: nowhere.acquire("till"),
        lambda: nowhere.renew(["door"]),
        lambda: nowhere.release("door"),
        lambda: nowhere.owners(["door"]),
    ):
        with pytest.raises(StoreError, match="does not answer"):
            act()
    assert nowhere.held == one.held


class Holding(RuleBasedStateMachine):
    """Three workers on two cameras; any lease may run out at any time, and any worker may sleep through it."""

    client: redis.Redis

    workers = st.sampled_from(["a", "b", "c"])
    cameras = st.sampled_from(["door", "till"])

    def __init__(self):
        super().__init__()
        self.client.flushdb()
        self.leases = {name: Leases(self.client, "moodline", name, LONG_MS) for name in "abc"}
        self.holder = {}
        self.last = {}

    @rule(worker=workers, camera=cameras)
    def acquire(self, worker, camera):
        number = self.leases[worker].acquire(camera)
        assert (number is None) == (self.holder.get(camera, (worker,))[0] != worker)
        if number is not None:
            assert number > self.last.get(camera, 0)
            self.last[camera] = number
            self.holder[camera] = (worker, number)

    @rule(worker=workers)
    def renew(self, worker):
        believed = dict(self.leases[worker].held)
        lost = self.leases[worker].renew(list(believed))
        for camera, number in believed.items():
            stands = number == self.last[camera] and self.holder.get(camera, (worker, number)) == (worker, number)
            assert (camera in lost) == (not stands)
            if stands:
                self.holder[camera] = (worker, number)

    @rule(worker=workers, camera=cameras)
    def release(self, worker, camera):
        if self.holder.get(camera, ("",))[0] == worker:
            del self.holder[camera]
        self.leases[worker].release(camera)

    @rule(camera=cameras)
    def runs_out(self, camera):
        run_out(self.client, camera)
        self.holder.pop(camera, None)

    @invariant()
    def redis_knows_one_holder_and_every_holder_believes_it(self):
        owners = self.leases["a"].owners(["door", "till"])
        assert owners == {camera: worker for camera, (worker, _) in self.holder.items()}
        for camera, (worker, number) in self.holder.items():
            assert self.leases[worker].held[camera] == number


def test_whatever_happens_there_are_never_two_holders_and_numbers_rise(client):
    machine = type("HoldingInRedis", (Holding,), {"client": client})
    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=30, deadline=None))
