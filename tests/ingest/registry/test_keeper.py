"""Workers that share cameras through a real Redis: deaths, drains, pauses and outages, turn by turn."""

import pytest
import redis
from msgspec.structs import replace

from common.errors import StoreError
from ingest.registry.registry import Registry
from ingest.registry.workers import Workers
from tests.ingest.registry.builders import LONG_MS, NAMES, forget, in_turns, keeper, register


def test_one_worker_takes_all_at_its_first_turn(client):
    register(client, *NAMES)
    holdings = keeper(client, "a").turn()
    assert set(holdings.held) == set(NAMES)
    assert (holdings.lost, holdings.giving) == (frozenset(), {})
    assert holdings.held["c0"].camera == Registry(client, "moodline").get("c0")


def test_without_cameras_there_is_nothing_to_hold(client):
    assert in_turns(keeper(client, "a"), keeper(client, "b")) == [set(), set()]


def test_a_second_worker_gets_half_once_the_first_has_stopped_them(client):
    register(client, *NAMES)
    a, b = keeper(client, "a"), keeper(client, "b")
    a.turn()
    assert not b.turn().held
    giving = a.turn().giving
    assert list(giving.values()) == ["shared"] * 3
    assert not b.turn().held
    assert a.turn().giving == giving
    for camera in giving:
        a.released(camera)
    assert set(b.turn().held) == set(giving)
    last = a.turn()
    assert (set(last.held), last.giving) == (set(NAMES) - set(giving), {})


def test_the_cameras_of_a_killed_worker_go_to_the_others_under_higher_numbers(client):
    register(client, *NAMES)
    a, b, c = (keeper(client, name) for name in "abc")
    in_turns(a, b, c)
    before = c.turn().held
    forget(client, "c")
    kept = [a.turn().held, b.turn().held]
    assert [len(held) for held in kept] == [3, 3]
    for name, old in before.items():
        assert max(held[name].number for held in kept if name in held) > old.number


def test_a_worker_that_slept_is_told_what_it_has_lost_once(client):
    register(client, *NAMES)
    a, b = keeper(client, "a"), keeper(client, "b")
    in_turns(a, b)
    slept = set(b.turn().held)
    forget(client, "b")
    a.turn()
    woken = b.turn()
    assert (woken.lost, woken.held) == (slept, {})
    assert not b.turn().lost
    halves = in_turns(a, b, rounds=8)
    assert [len(half) for half in halves] == [3, 3]
    assert halves[0] | halves[1] == set(NAMES)


def test_what_is_lost_while_it_is_handed_back_is_only_lost(client):
    register(client, "door")
    a, b, registry = keeper(client, "a"), keeper(client, "b"), Registry(client, "moodline")
    a.turn()
    registry.pause("door")
    assert a.turn().giving == {"door": "paused"}
    registry.resume("door")
    forget(client, "a")
    b.turn()
    lost = a.turn()
    assert (lost.lost, lost.giving) == ({"door"}, {})
    forget(client, "b")
    assert [set(a.turn().held) for _ in range(4)][-1] == {"door"}


def test_more_is_not_given_while_what_was_given_is_still_being_stopped(client):
    register(client, *NAMES)
    a, b = keeper(client, "a"), keeper(client, "b")
    a.turn()
    b.turn()
    first = a.turn().giving
    register(client, "aisle", "yard")
    for _ in range(3):
        b.turn()
        assert a.turn().giving == first
    for camera in first:
        a.released(camera)
    assert sorted(map(len, in_turns(a, b))) == [4, 4]


def test_a_worker_that_drains_hands_back_and_the_others_take_at_once(client):
    register(client, *NAMES)
    a, b = keeper(client, "a"), keeper(client, "b")
    in_turns(a, b)
    b.drain()
    drained = b.turn()
    assert (drained.held, set(drained.giving.values())) == ({}, {"draining"})
    assert len(a.turn().held) == 3
    for camera in drained.giving:
        b.released(camera)
    assert len(a.turn().held) == 6
    end = b.turn()
    assert (end.held, end.giving, end.lost) == ({}, {}, frozenset())


def test_a_paused_camera_is_handed_back_and_comes_again_when_it_is_resumed(client):
    register(client, "door", "till")
    a, registry = keeper(client, "a"), Registry(client, "moodline")
    number = a.turn().held["door"].number
    registry.pause("door")
    paused = a.turn()
    assert (set(paused.held), paused.giving) == ({"till"}, {"door": "paused"})
    registry.resume("door")
    assert a.turn().giving == {"door": "paused"}
    a.released("door")
    again = a.turn().held["door"]
    assert (again.camera.retry, again.camera.paused) == (1, False)
    assert again.number > number


def test_a_removed_camera_is_handed_back(client):
    register(client, "door", "till")
    a = keeper(client, "a")
    a.turn()
    Registry(client, "moodline").remove("door")
    assert a.turn().giving == {"door": "removed"}
    a.released("door")
    assert set(a.turn().held) == {"till"}


def test_a_changed_camera_stays_and_shows_its_new_serial(client):
    register(client, "door")
    a = keeper(client, "a")
    before = a.turn().held["door"]
    Registry(client, "moodline").change("door", lambda camera: replace(camera, rate=1.0))
    after = a.turn().held["door"]
    assert after.number == before.number
    assert after.camera.serial > before.camera.serial
    assert after.camera.rate == 1.0


def test_after_an_outage_everybody_comes_back_to_its_own_cameras(client):
    register(client, *NAMES)
    workers = [keeper(client, name) for name in "abc"]
    halves = in_turns(*workers)
    numbers = [one.turn().held for one in workers]
    forget(client, *"abc")
    for one in workers:
        one.turn()
    assert in_turns(*workers, rounds=6) == halves
    assert [one.turn().held for one in workers] == numbers


def test_after_an_outage_the_cameras_of_who_did_not_come_back_are_taken_all_the_same(client):
    register(client, *NAMES)
    a, b = keeper(client, "a"), keeper(client, "b")
    in_turns(a, b)
    forget(client, "a", "b")
    assert [len(a.turn().held) for _ in range(5)] == [3, 3, 3, 3, 6]


def test_an_emptied_redis_leaves_nobody_with_a_camera(client):
    register(client, *NAMES)
    a = keeper(client, "a")
    a.turn()
    client.flushdb()
    emptied = a.turn()
    assert (emptied.held, emptied.lost) == ({}, set(NAMES))


def test_what_was_lost_is_told_although_the_turn_that_noticed_it_failed(client):
    register(client, "door", "till")
    a = keeper(client, "a")
    a.turn()
    forget(client, "a")
    keeper(client, "b").turn()
    client.hset("moodline:cameras", mapping={"aisle": "no json", ":serial": 99})
    with pytest.raises(StoreError, match="aisle"):
        a.turn()
    Registry(client, "moodline").remove("aisle")
    assert a.turn().lost == {"door", "till"}


def test_while_redis_is_away_a_turn_says_so(tmp_path):
    nowhere = redis.Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=None)
    with pytest.raises(StoreError, match="does not answer"):
        keeper(nowhere, "a").turn()


def test_who_is_alive_is_told_by_the_clock_of_redis(client):
    here, there = (Workers(client, "moodline", name, LONG_MS) for name in "ab")
    assert (here.beat().alive, there.beat().alive) == (("a",), ("a", "b"))
    now_ms = client.time()[0] * 1000
    client.zadd("moodline:ingest:workers", {"long-dead": now_ms - LONG_MS - 1000, "of-tomorrow": now_ms + 86_400_000})
    beat = here.beat()
    assert (beat.alive, beat.missed) == (("a", "b"), False)
    there.leave()
    assert here.beat().alive == ("a",)
    client.delete("moodline:ingest:workers")
    assert here.beat().missed
    assert not here.beat().missed
