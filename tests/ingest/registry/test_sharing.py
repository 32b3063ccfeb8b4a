"""Workers that share cameras through a real Redis, in any order of what may happen, and a process that is killed."""

import os
import signal
import subprocess
import sys
import time

import pytest
import redis
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ingest.registry.lease import Leases
from ingest.registry.registry import Registry
from tests.ingest.registry.builders import NAMES, forget, in_turns, keeper, register


class Sharing(RuleBasedStateMachine):
    """Workers come, sleep, die and drain in any order while cameras are added and removed."""

    client: redis.Redis

    def __init__(self):
        super().__init__()
        self.client.flushdb()
        self.registry = Registry(self.client, "moodline")
        self.alive = {}
        self.born = 0
        self.numbers = {}

    @rule()
    def a_worker_starts(self):
        if len(self.alive) < 3:
            self.born += 1
            self.alive[f"w{self.born}"] = keeper(self.client, f"w{self.born}")

    @rule(data=st.data())
    def a_worker_has_its_turn(self, data):
        if self.alive:
            self.turn(self.alive[data.draw(st.sampled_from(sorted(self.alive)))])

    @rule(data=st.data())
    def a_worker_is_killed(self, data):
        if self.alive:
            name = data.draw(st.sampled_from(sorted(self.alive)))
            del self.alive[name]
            forget(self.client, name)

    @rule(data=st.data())
    def a_worker_sleeps_through_its_lease(self, data):
        if self.alive:
            forget(self.client, data.draw(st.sampled_from(sorted(self.alive))))

    @rule(data=st.data())
    def a_worker_drains(self, data):
        if self.alive:
            one = self.alive.pop(data.draw(st.sampled_from(sorted(self.alive))))
            one.drain()
            self.turn(one)

    @rule(name=st.sampled_from(NAMES))
    def a_camera_is_added_or_removed(self, name):
        if name in self.registry.read().cameras:
            self.registry.remove(name)
        else:
            register(self.client, name)

    def turn(self, one):
        holdings = one.turn()
        for name in holdings.giving:
            one.released(name)
        for name, holding in holdings.held.items():
            assert holding.number >= self.numbers.get(name, 0), "an older holder came back"
            self.numbers[name] = holding.number

    @invariant()
    def each_lease_has_one_holder_who_believes_it(self):
        for name, owner in Leases(self.client, "moodline", "nobody").owners(NAMES).items():
            assert name in self.alive[owner]._leases.held

    def teardown(self):
        if self.alive:
            held = in_turns(*self.alive.values(), rounds=12)
            assert sorted(name for part in held for name in part) == list(self.registry.read().cameras)
            assert max(map(len, held)) - min(map(len, held)) <= 1


def test_whatever_happens_in_the_end_all_cameras_are_held_evenly(client):
    machine = type("SharingInRedis", (Sharing,), {"client": client})
    run_state_machine_as_test(machine, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))


SHORT_MS = 500

HOLDER = """
import sys, time, redis
from tests.ingest.registry.builders import keeper
one = keeper(redis.Redis(unix_socket_path=sys.argv[1]), "other", int(sys.argv[2]))
while True:
    print(len(one.turn().held), flush=True)
    time.sleep(0.05)
"""


@pytest.mark.redis
def test_a_process_that_is_killed_loses_its_cameras_when_its_lease_has_run_out(client):
    register(client, *NAMES)
    path = client.connection_pool.connection_kwargs["path"]
    with subprocess.Popen([sys.executable, "-c", HOLDER, path, str(SHORT_MS)], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"6\n"
        finally:
            os.kill(other.pid, signal.SIGKILL)
    mine = keeper(client, "mine", SHORT_MS)
    while set(mine.turn().held) != set(NAMES):
        time.sleep(0.02)
