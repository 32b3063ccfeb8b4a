"""Builders for tests of workers that share cameras: keepers, cameras, deaths and turns."""

from ingest.registry.camera import Camera
from ingest.registry.keeper import Keeper
from ingest.registry.lease import Leases
from ingest.registry.registry import Registry
from ingest.registry.workers import Workers

LONG_MS = 600_000
"""Longer than any test: who is to be dead is made so by hand."""


def keeper(client, name, ttl_ms=LONG_MS):
    registry = Registry(client, "moodline")
    return Keeper(registry, Leases(client, "moodline", name, ttl_ms), Workers(client, "moodline", name, ttl_ms))


def register(client, *names, **options):
    for name in names:
        Registry(client, "moodline").add(Camera(name=name, source="rtsp://host/live", **options))


def forget(client, *names):
    """Let the leases of workers run out, and the workers count as dead."""
    for key in client.keys("moodline:*:lease"):
        if client.get(key).decode().partition(" ")[2] in names:
            client.delete(key)
    client.zrem("moodline:ingest:workers", *names)


def in_turns(*keepers, rounds=4):
    """Let each have its turns, and hand back at once what it is to; gives what each holds in the end."""
    held = {}
    for _ in range(rounds):
        for one in keepers:
            holdings = one.turn()
            for camera in holdings.giving:
                one.released(camera)
            held[one] = set(holdings.held)
    return [held[one] for one in keepers]


NAMES = [f"c{number}" for number in range(6)]
