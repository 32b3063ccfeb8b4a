"""Watches the cameras that this process holds; used by the live run and by the ingest worker."""

import os
import socket
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import redis

from common.bus.base import Bus
from ingest.live.fleet import Fleet
from ingest.live.making import post_maker
from ingest.live.settings import LiveSettings
from ingest.live.supervisor import Place, Sampling, Supervisor
from ingest.registry.address import resolve
from ingest.registry.camera import Camera
from ingest.registry.given import Alone, GivenCameras
from ingest.registry.keeper import Keeper
from ingest.registry.lease import Leases
from ingest.registry.registry import Registry
from ingest.registry.workers import Workers
from moodline.times import now_ms


class Watching(NamedTuple):
    """Which cameras are watched, and how.

    Attributes:
        cameras: such as are named at once; empty for a share of the registry.
        live: how cameras are connected to.
        rate: sampled frames a second of a camera that does not say.
        lossy: what frames lose on their way to the detector, as the name and quality of a codec; None for nothing.
        pulse: called a few times a second as long as the cameras are heard.
    """

    cameras: Sequence[Camera]
    live: LiveSettings
    rate: float
    lossy: str | None = None
    pulse: Callable[[], None] = lambda: None


class Watch(NamedTuple):
    """The loop of the cameras, and what keeps it as the registry wants it."""

    fleet: Fleet
    supervisor: Supervisor

    def run(self, output: Bus, stop: threading.Event) -> None:
        """Watch until told to stop.

        Raises:
            BusClosed: the bus was aborted.
        """
        with self.supervisor:
            self.fleet.run(output, stop)


def make_watch(client: redis.Redis, prefix: str, watching: Watching) -> Watch:
    """Make what watches cameras.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        watching: which cameras, and how.
    """
    live = watching.live
    make = post_maker(live, watching.lossy)
    fleet = Fleet(live, make, lambda address: resolve(address, os.environ), pulse=watching.pulse)
    keeper, place = keeper_of(client, prefix, watching.cameras), Place(client, prefix, worker_name())
    return Watch(fleet, Supervisor(fleet, keeper, place, Sampling(watching.rate, live.transport), now_ms))


def keeper_of(client: redis.Redis, prefix: str, cameras: Sequence[Camera]) -> Keeper:
    """Make what keeps this process's cameras; arguments as of `make_watch` and `Watching`."""
    name = worker_name()
    leases = Leases(client, prefix, name)
    if cameras:
        return Keeper(GivenCameras(cameras), leases, Alone(name))
    return Keeper(Registry(client, prefix), leases, Workers(client, prefix, name))


def worker_name() -> str:
    """Name this process among all that may hold cameras."""
    return f"{socket.gethostname()}-{os.getpid()}"
