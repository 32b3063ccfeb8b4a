"""A real Redis for the tests: Debian's server, in a process of its own."""

import os
import shutil
from pathlib import Path

import pytest

from tests.servers import HOST, Server, free_ports, missing

# An active virtual environment puts the embedded server's own program first, which is old and has no TLS.
OUTSIDE = os.pathsep.join(
    folder
    for folder in os.environ.get("PATH", "").split(os.pathsep)
    if not (Path(folder).parent / "pyvenv.cfg").is_file()
)


class RedisServer(Server):
    """A server that writes every change at once.

    Args:
        folder: where its data goes.
        options: more of its options, as `("--maxmemory", "10mb")`.
    """

    def __init__(self, folder, *options):
        self._program = shutil.which("redis-server", path=OUTSIDE)
        if self._program is None:
            missing("no redis-server on PATH; install Debian's package 'redis-server'")
        super().__init__(folder)
        (self.port,) = free_ports(1)
        self.url = f"redis://{HOST}:{self.port}/0"
        self._options = options

    def command(self):
        safe = ("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction")
        return [self._program, "--port", str(self.port), "--bind", HOST, *safe, *self._options]


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    """A running `RedisServer` for the session."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def own_redis(tmp_path):
    """A running `RedisServer` for one test, which may stop and kill it."""
    (tmp_path / "redis").mkdir()
    with RedisServer(tmp_path / "redis") as server:
        yield server
