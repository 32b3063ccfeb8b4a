"""Who holds which cameras, for a process that watches some; used by the live run and by the ingest worker."""

import os
import socket
from collections.abc import Sequence

import redis

from ingest.registry.camera import Camera
from ingest.registry.given import Alone, GivenCameras
from ingest.registry.keeper import Keeper
from ingest.registry.lease import Leases
from ingest.registry.registry import Registry
from ingest.registry.workers import Workers


def keeper_of(client: redis.Redis, prefix: str, cameras: Sequence[Camera]) -> Keeper:
    """Make what keeps this process's cameras.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        cameras: such as are named at once; empty for a share of the registry.
    """
    name = worker_name()
    leases = Leases(client, prefix, name)
    if cameras:
        return Keeper(GivenCameras(cameras), leases, Alone(name))
    return Keeper(Registry(client, prefix), leases, Workers(client, prefix, name))


def worker_name() -> str:
    """Name this process among all that may hold cameras."""
    return f"{socket.gethostname()}-{os.getpid()}"
