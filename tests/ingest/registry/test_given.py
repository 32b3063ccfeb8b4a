"""Cameras that are named at once, in place of a registry: they never change, and are shared with nobody."""

from ingest.registry.camera import Camera
from ingest.registry.given import Alone, GivenCameras
from ingest.registry.keeper import Keeper
from ingest.registry.lease import Leases
from ingest.registry.registry import Registry
from tests.ingest.registry.builders import keeper as sharing

LONG_MS = 600_000
CAMERAS = [Camera(name="door", source="rtsp://host/door"), Camera(name="till", source="rtsp://host/till")]


def keeper(client, owner, cameras=CAMERAS):
    return Keeper(GivenCameras(cameras), Leases(client, "moodline", owner, LONG_MS), Alone(owner))


def test_what_is_given_is_held_at_once_and_registered_nowhere(client):
    holdings = keeper(client, "mine").turn()
    assert [held.camera for held in holdings.held.values()] == CAMERAS
    assert Registry(client, "moodline").read().cameras == {}


def test_what_is_given_stays_as_it_is():
    given = GivenCameras(CAMERAS)
    assert given.serial() == given.read().serial == given.serial()
    assert given.read().cameras == {"door": CAMERAS[0], "till": CAMERAS[1]}


def test_who_is_alone_sees_nobody_else_and_has_missed_nothing():
    alone = Alone("mine")
    assert [(beat.alive, beat.missed) for beat in (alone.beat(), alone.beat())] == [(("mine",), False)] * 2
    alone.leave()


def test_a_camera_that_somebody_else_holds_is_waited_for_and_it_is_known_who_holds_it(client):
    first, second = keeper(client, "first"), keeper(client, "second", CAMERAS[:1])
    first.turn()
    waiting = second.turn()
    assert (waiting.held, waiting.elsewhere) == ({}, {"door": "first"})
    first.drain()
    for camera in first.turn().giving:
        first.released(camera)
    free = second.turn()
    assert (set(free.held), second.turn().elsewhere) == ({"door"}, {})


def test_those_who_share_a_registry_do_not_wait_for_each_other(client):
    for camera in CAMERAS:
        Registry(client, "moodline").add(camera)
    a, b = sharing(client, "a"), sharing(client, "b")
    a.turn()
    assert b.turn().elsewhere == a.turn().elsewhere == {}


def test_a_registered_camera_that_a_run_holds_is_waited_for(client):
    keeper(client, "run", CAMERAS[:1]).turn()
    for camera in CAMERAS:
        Registry(client, "moodline").add(camera)
    holdings = sharing(client, "a").turn()
    assert (set(holdings.held), holdings.elsewhere) == ({"till"}, {"door": "run"})
