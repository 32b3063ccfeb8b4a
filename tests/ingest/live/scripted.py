"""Readers that follow a script: a thread at the other end of a real pipe, in place of a process that opens a camera."""

import multiprocessing
import os
import socket
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.connection import Connection
from unittest.mock import patch

from common.bus.base import BusClosed
from common.bus.memory import MemoryBus
from common.messages import Frame
from ingest.live import connection, records
from ingest.live.fleet import Fleet
from ingest.live.making import post_maker
from ingest.live.post import Watched
from ingest.live.settings import LiveSettings
from ingest.live.states import Failure
from tests.ingest.live.builders_live import SIZE, planes

PATIENCE_S = 60.0
ENDED = records.Ended(Failure("ended", "the camera ended the stream"))
CONNECTED = records.Connected("h264", *SIZE, 40.0)


def until(wanted, what="it"):
    """Wait for something; gives it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := wanted()):
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.005)
    return found


def seen_now(number, *, damaged=False, sight="clear"):
    """A picture that was sampled at this moment."""
    now_s, now_ms = time.monotonic(), time.time_ns() // 1_000_000
    return records.Sampled(number, None, None, now_s, now_ms, *SIZE, damaged, sight)


class Line:
    """What a script has of its owner; whatever it does with it raises `OSError` or `EOFError` once that is gone."""

    def __init__(self, end, killed):
        self._end = end
        self._killed = killed

    def tell(self, record, handed=None):
        self._end.send_bytes(records.encode(record))
        if handed is not None:
            self._end.send_bytes(handed)

    def hand(self, number):
        self.tell(records.Handed(number, len(planes())), planes())

    def is_asked(self, timeout_s):
        return self._end.poll(timeout_s) and self._end.recv_bytes() == records.TAKE

    def hang(self):
        """Do nothing more until killed, also if the owner hangs up."""
        assert self._killed.wait(PATIENCE_S)
        raise EOFError


def steady(pictures=None, gap_s=0.02):
    """A camera that sends, and hands its newest picture over when it is asked; ends after so many pictures."""

    def script(line, _order):
        line.tell(CONNECTED)
        number, asked = 0, False
        while pictures is None or number < pictures:
            line.tell(seen_now(number))
            newest, due_s = number, time.monotonic() + gap_s
            while (left_s := due_s - time.monotonic()) > 0:
                asked = line.is_asked(left_s) or asked
                if asked and newest is not None:
                    line.hand(newest)
                    newest, asked = None, False
            number += 1

    return script


def mute(line, _order):
    """A camera that answers and sends a picture, and then hangs."""
    line.tell(CONNECTED)
    line.tell(seen_now(0))
    line.hang()


def idle(line, _order):
    """A camera that answers and sends nothing, until its owner hangs up."""
    line.tell(CONNECTED)
    while True:
        line.is_asked(PATIENCE_S)


class _Process:
    """A thread that looks like the process of a reader."""

    def __init__(self, script, order, theirs):
        self.was_killed = threading.Event()
        self._code = None
        self._theirs = theirs
        self._script, self._order = script, order
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        # The owner closes its copy of this end; a process would have one of its own.
        self._end = Connection(os.dup(self._theirs.fileno()))
        self._thread.start()

    @property
    def exitcode(self):
        # As with a process: there is a code only once it is over, so that it can be closed then.
        return None if self._thread.is_alive() else self._code

    def _run(self):
        code = 0
        try:
            line = Line(self._end, self.was_killed)
            self._script(line, self._order)
            line.tell(ENDED)
        except (OSError, EOFError):
            code = -9 if self.was_killed.is_set() else 0
        self._code = code
        self._end.close()

    def kill(self):
        if self.exitcode is None:
            self.was_killed.set()
            with suppress(OSError), socket.socket(fileno=os.dup(self._end.fileno())) as end:
                end.shutdown(socket.SHUT_RDWR)

    def join(self, timeout_s=None):
        self._thread.join(timeout_s)

    def close(self):
        assert not self._thread.is_alive()


class Readers:
    """Stands in for the context that starts processes.

    Attributes:
        scripts: for each address what its readers do, one connection after another; the last one repeats.
        orders: of all readers that were started.
        processes: theirs.
    """

    def __init__(self):
        self.scripts, self.orders, self.processes = {}, [], []

    def Pipe(self):  # noqa: N802  # it is called so
        return multiprocessing.Pipe()

    def Process(self, target, args, name, daemon):  # noqa: N802  # it is called so
        assert (target.__name__, name, daemon) == ("read", "reader", True)
        order, theirs = args
        scripts = self.scripts[order.address]
        script = scripts[min(self.count(order.address), len(scripts) - 1)]
        self.orders.append(order)
        self.processes.append(_Process(script, order, theirs))
        return self.processes[-1]

    def count(self, address):
        return sum(order.address == address for order in self.orders)


def watched(camera, **options):
    asked = {"address": f"rtsp://{camera}", "shown": f"rtsp://{camera}", "rate": 5.0, "fence": 7}
    return Watched(camera, **(asked | options))


class Watch:
    """A fleet at work on scripted cameras.

    Attributes:
        fleet: the fleet.
        bus: what it publishes onto.
        readers: the scripted readers.
        messages: what was taken from the bus.
        taking: whether somebody takes from the bus; it may be cleared and set.
        told: every change of a camera's state, as (camera, state, reason).
    """

    def __init__(self, readers, capacity, wrapped, take_s, options):
        settings = LiveSettings(**({"connect_s": 5.0, "stall_s": 5.0} | options))
        self.readers, self.messages, self.told = readers, [], []
        self.fleet = Fleet(settings, post_maker(settings), self._resolve)
        self.resolve = lambda address: address
        self.bus = MemoryBus(capacity)
        self.output = wrapped(self.bus) if wrapped else self.bus
        self.taking = threading.Event()
        self.taking.set()
        self.error = None
        self._take_s = take_s
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._watch, self._take)]

    def put(self, camera, *scripts, **options):
        self.readers.scripts.setdefault(options.get("address", f"rtsp://{camera}"), []).extend(scripts)
        self.fleet.put(watched(camera, **options))

    def of(self, camera):
        """The messages of one camera so far."""
        return [
            one for one in list(self.messages) if (one.spine.camera if isinstance(one, Frame) else one.camera) == camera
        ]

    def pictures(self, camera):
        return [one for one in self.of(camera) if isinstance(one, Frame) and one.planes is not None]

    def states(self, camera):
        while not self.fleet.changes.empty():
            name, turn = self.fleet.changes.get()
            if hasattr(turn, "state"):
                self.told.append((name, turn.state, turn.reason))
        return [(state, reason) for name, state, reason in self.told if name == camera]

    def wait_state(self, camera, state):
        def reached():
            return next((reason for one, reason in self.states(camera) if one == state), None)

        return until(reached, f"{camera} {state}")

    def wait_pictures(self, camera, count=1):
        return until(lambda: len(self.pictures(camera)) >= count, f"picture {count} of {camera}")

    def start(self):
        for thread in self._threads:
            thread.start()

    def _resolve(self, address):
        return self.resolve(address)

    def stop(self):
        """Stop the fleet, and take what is still on the bus."""
        self._stop.set()
        self._threads[0].join(PATIENCE_S)
        assert not self._threads[0].is_alive(), "the fleet does not end"
        self.bus.finish()
        self.taking.set()
        self._threads[1].join(PATIENCE_S)

    def _watch(self):
        try:
            self.fleet.run(self.output, self._stop)
        except BusClosed as error:
            self.error = error

    def _take(self):
        try:
            while not self.bus.drained:
                if self.taking.wait(0.01):
                    found = self.bus.poll(1, 0.05)
                    self.messages.extend(found)
                    if any(isinstance(one, Frame) and one.planes is not None for one in found):
                        time.sleep(self._take_s)
        except BusClosed:
            pass


@contextmanager
def watching(*, capacity=8, wrapped=None, take_s=0.0, real=False, **options):
    """Run a fleet; its readers are real processes if asked for.

    `take_s` is how long whoever takes from the bus works on each picture, seconds.
    """
    readers = Readers()
    with nullcontext() if real else patch.object(connection, "_START", readers):
        watch = Watch(readers, capacity, wrapped, take_s, options)
        watch.start()
        try:
            yield watch
        finally:
            watch.stop()
            for process in readers.processes:
                process.join(PATIENCE_S)
                assert process.exitcode is not None, "a reader was left behind"
