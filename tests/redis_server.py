"""A real Redis for the tests: Debian's server on loopback, in a process of its own, which can be stopped and killed."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from tests.kafka_broker import HOST, free_ports, listens

START_S = 30.0


class RedisServer:
    """A server that keeps its data in a folder and writes every change at once; `start` it first, `stop` it in the end.

    Args:
        folder: where its data goes.
        options: more of its options, as `("--maxmemory", "10mb")`.
    """

    def __init__(self, folder, *options):
        (self.port,) = free_ports(1)
        self.url = f"redis://{HOST}:{self.port}/0"
        self._folder = folder
        self._options = options
        self._process = None

    def start(self):
        safe = ("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction")
        command = ["redis-server", "--port", str(self.port), "--bind", HOST, *safe, *self._options]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while not listens(self.port):
            assert self._process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < deadline, "redis-server does not listen"
            time.sleep(0.02)
        return self

    def freeze(self):
        """Stop it as a machine that hangs."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        """End it at once."""
        self._process.kill()
        self._process.wait(30)

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.terminate()
            self._process.wait(30)


def need_redis_server():
    """Skip without Debian's Redis, or fail if nothing may be skipped."""
    if shutil.which("redis-server") is None:
        if os.environ.get("MOODLINE_REQUIRE_ALL") == "1":
            pytest.fail("no redis-server on PATH; install Debian's package 'redis-server'")
        pytest.skip("no redis-server on PATH")
