"""Which cameras are to be read live, in Redis; used by the ingest workers and by `moodline cameras`.

All lie in one hash, beside the number of changes so far. So each change is one transaction on one key, which begins
anew if somebody else was faster: two operators cannot undo each other. And one look at that number tells a worker
whether it has to read the cameras again.
"""

import difflib
from collections.abc import Callable
from typing import Any

import redis
from msgspec import Struct
from msgspec.structs import replace

from common.errors import StoreError, UsageError
from common.reaching import reaching
from ingest.registry.camera import Camera, check, check_name, decode, encode

_SERIAL = b":serial"
"""Field of the number of changes; no camera can have this name."""


class Registered(Struct, frozen=True):
    """All cameras as they were at one moment.

    Attributes:
        serial: number of changes so far.
        cameras: the cameras by name, sorted.
    """

    serial: int
    cameras: dict[str, Camera]


class Registry:
    """The registered cameras; every method raises `StoreError` when Redis is away or refuses.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
    """

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._key = f"{prefix}:cameras"

    def serial(self) -> int:
        """Give the number of changes so far; 0 before the first."""
        with reaching(self._client):
            found: Any = self._client.hget(self._key, _SERIAL.decode())
        return int(found or 0)

    def read(self) -> Registered:
        """Read all cameras, and the serial that belongs to them."""
        with reaching(self._client):
            found: Any = self._client.hgetall(self._key)
        serial = int(found.pop(_SERIAL, 0))
        return Registered(serial, {name.decode(): _camera(name.decode(), found[name]) for name in sorted(found)})

    def get(self, name: str) -> Camera:
        """Read one camera.

        Raises:
            UsageError: there is none of this name.
        """
        with reaching(self._client):
            found: Any = self._client.hget(self._key, name)
        if found is None:
            raise self._unknown(name)
        return _camera(name, found)

    def add(self, camera: Camera) -> Camera:
        """Add a camera; its serial is set here.

        Raises:
            UsageError: its name or an option is not allowed, or there is one of this name.
            SourceError: its address is not usable, or holds a password.
        """
        check(camera)

        def make(found: bytes | None) -> Camera:
            if found is not None:
                raise UsageError(
                    f"there is a camera '{camera.name}' already; choose another name, or remove that one first with "
                    f"'moodline cameras remove {camera.name}'"
                )
            return camera

        return self._write(camera.name, make)

    def change(self, name: str, change: Callable[[Camera], Camera]) -> Camera:
        """Replace a camera by what `change` makes of it; it may be called more than once.

        Raises:
            UsageError: there is none of this name, or an option is not allowed.
            SourceError: its new address is not usable, or holds a password.
        """

        def make(found: bytes | None) -> Camera:
            if found is None:
                raise self._unknown(name)
            made = change(_camera(name, found))
            check(made)
            return made

        return self._write(name, make)

    def pause(self, name: str) -> Camera:
        """Leave a camera alone until it is resumed; raises as `change`."""
        return self.change(name, lambda camera: replace(camera, paused=True))

    def resume(self, name: str) -> Camera:
        """Read a camera again, and at once if it is waiting for its next attempt; raises as `change`."""
        return self.change(name, lambda camera: replace(camera, paused=False, retry=camera.retry + 1))

    def remove(self, name: str) -> None:
        """Remove a camera; what was read from it stays.

        Raises:
            UsageError: there is none of this name.
        """

        def step(pipe: Any) -> None:
            serial = int(pipe.hget(self._key, _SERIAL) or 0)
            if not pipe.hexists(self._key, name):
                raise self._unknown(name)
            pipe.multi()
            pipe.hdel(self._key, name)
            pipe.hset(self._key, _SERIAL, serial + 1)

        with reaching(self._client):
            self._client.transaction(step, self._key)

    def _write(self, name: str, make: Callable[[bytes | None], Camera]) -> Camera:
        def step(pipe: Any) -> Camera:
            serial = int(pipe.hget(self._key, _SERIAL) or 0) + 1
            made = replace(make(pipe.hget(self._key, name)), serial=serial)
            pipe.multi()
            pipe.hset(self._key, mapping={name: encode(made), _SERIAL: serial})
            return made

        transaction: Any = self._client.transaction  # redis-py's types know no step that gives something
        with reaching(self._client):
            written: Camera = transaction(step, self._key, value_from_callable=True)
        return written

    def _unknown(self, name: str) -> UsageError:
        check_name(name)
        with reaching(self._client):
            names: Any = self._client.hkeys(self._key)
        close = difflib.get_close_matches(name, sorted(one.decode() for one in names if one != _SERIAL), 1)
        meant = f"did you mean '{close[0]}'?" if close else "'moodline cameras list' lists them"
        return UsageError(f"there is no camera '{name}'; {meant}")


def _camera(name: str, text: bytes) -> Camera:
    try:
        return decode(text)
    except ValueError as error:
        raise StoreError(
            f"what Redis holds of camera '{name}' cannot be read ({error}); remove it with "
            f"'moodline cameras remove {name}' and add it again"
        ) from error
