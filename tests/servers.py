"""A server of the tests: a process of its own on loopback, which can hang, be killed and come back."""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

import pytest

HOST = "127.0.0.1"
START_S = 60.0
LOWEST_PORT = 10_000
USUAL_PORT_OF_CONNECTIONS = 32_768


class Server(ABC):
    """A server that keeps its data when it ends; `with` starts it and stops it.

    Subclasses give `port` and `command()`, and may say with `log` where its output goes.
    """

    def __init__(self, folder):
        self.folder = folder
        self._process = None

    @abstractmethod
    def command(self):
        """Give the command that starts it."""

    @property
    def log(self):
        return self.folder / "server.log"

    def start(self):
        """Start it, or start it again on the same data and port, and wait until it listens."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + START_S
        while not listens(self.port):
            assert self._process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < deadline, "the server does not listen"
            time.sleep(0.02)
        assert self._process.poll() is None, self.log.read_text()[-3000:]
        return self

    def freeze(self):
        """Stop it as a machine that hangs: connections stay, nothing answers.

        On a busy machine its threads go on for a moment after the signal, and may still answer.
        """
        self._process.send_signal(signal.SIGSTOP)
        deadline = time.monotonic() + START_S
        while not all(state == "T" for state in self._thread_states()):
            assert time.monotonic() < deadline, "the server does not stop"
            time.sleep(0.005)

    def _thread_states(self):
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                # The name in brackets may hold anything; the state follows it.
                yield (task / "stat").read_text().rpartition(")")[2].split()[0]

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        """End it at once, as a power cut does."""
        self._process.kill()
        self._process.wait(30)

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            self.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def _ports():
    """Give ports over and over that the system gives to no connection, and no other process of this run to a server.

    A port that is merely free now may be somebody's own end of a connection a moment later, when the server binds it.
    """
    lowest_of_connections = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    if lowest_of_connections <= LOWEST_PORT:
        # Connections may have any port here; what is left is that a server that dies at its start is noticed.
        lowest_of_connections = USUAL_PORT_OF_CONNECTIONS
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = range(LOWEST_PORT + worker, lowest_of_connections, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    # Another run on this machine begins elsewhere.
    return itertools.islice(itertools.cycle(own), 97 * os.getpid() % len(own), None)


_NEXT = _ports()


def free_ports(count):
    return list(itertools.islice(filter(_is_free, _NEXT), count))


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def missing(reason):
    """Skip a test for what this machine lacks, or fail it if nothing may be skipped."""
    if os.environ.get("MOODLINE_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
