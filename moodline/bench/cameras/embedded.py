"""Cameras with faces through the embedded run, watched from outside; used by `latency` and `overload`."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import redis

from common.errors import MoodlineError
from common.redis_client import open_client
from ingest.registry.board import StateBoard
from ingest.registry.camera import Camera
from ingest.registry.registry import Registry
from moodline.bench.cameras.arrivals import Arrival, Arrivals
from moodline.bench.cameras.own_redis import own_redis
from moodline.bench.cameras.processes import CpuMeter, Held, descendants, held
from moodline.chaos.cameras import Cameras, CameraSpec
from moodline.chaos.clips import ClipFormat
from moodline.demo import compose_demo
from moodline.ledger.accounts import Ledger, Row
from moodline.ledger.reading import Scope, Store, add_store
from sink.reader import SeriesReader

START_S = 120.0
"""Longest wait for the first frame, and for the end, seconds."""


@dataclass(frozen=True)
class Load:
    """What is offered to the embedded run.

    Attributes:
        cameras: how many.
        rate: sampled frames a second of each; 0 takes all that they send.
        seconds: how long is measured, seconds.
        form: how the cameras encode their pictures.
        slow_ms: what the classifier waits for every frame, milliseconds.
        warm_s: from the first frame until the measurement begins, seconds: about 20 are needed to believe a clock.
    """

    cameras: int
    rate: float
    seconds: float
    form: ClipFormat
    slow_ms: float = 0.0
    warm_s: float = 30.0

    @property
    def names(self) -> list[str]:
        """Names of the cameras."""
        return [f"cam{number}" for number in range(self.cameras)]


@dataclass
class Outcome:
    """What a run did while it was measured.

    Attributes:
        began_ms: when the measurement began, Unix milliseconds.
        seconds: how long it took.
        arrivals: the frames that came into the store meanwhile.
        clocks: how often each clock of event time was seen, over all cameras, once a second.
        decoded: pictures that were decoded a second, of all cameras.
        sent: pictures that the cameras sent meanwhile.
        cpu_s: processor seconds meanwhile, by role: `main`, `readers`, `redis`, `cameras`.
        held: what main process and readers held at the begin and at the end.
        accounts: what became of each frame, from the first to the last one of the run.
        result: what the run printed.
    """

    began_ms: float = 0.0
    seconds: float = 0.0
    arrivals: list[Arrival] = field(default_factory=list)
    clocks: Counter[str] = field(default_factory=Counter)
    decoded: float = 0.0
    sent: int = 0
    cpu_s: dict[str, float] = field(default_factory=dict)
    held: tuple[Held, Held] = (Held(), Held())
    accounts: list[Row] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)


def run_embedded(load: Load) -> Outcome:
    """Start cameras and the embedded run on a Redis of its own, measure, and end both.

    Raises:
        SourceError: GStreamer is missing.
        MoodlineError: the run failed.
    """
    with TemporaryDirectory() as folder:
        home = Path(folder)
        video = home / "faces.mp4"
        compose_demo(video)
        store = own_redis(home)
        specs = [CameraSpec(name, form=load.form, video=video) for name in load.names]
        with Cameras(*specs) as server, open_client(store) as client:
            registry = Registry(client, store.key_prefix)
            for name in load.names:
                registry.add(Camera(name=name, source=server.url(name), rate=load.rate))
            with _program(home, load) as program, Arrivals(client, store.key_prefix, load.names) as arrivals:
                outcome = _measure(load, program, arrivals, server, _Place(client, store.key_prefix))
            reader, ledger = SeriesReader(client, store.key_prefix), Ledger()
            add_store(ledger, Scope(), Store(reader, trim_ms=86_400_000))
            outcome.accounts = ledger.epochs()
    return outcome


@dataclass(frozen=True)
class _Place:
    client: redis.Redis
    prefix: str


@contextmanager
def _program(home: Path, load: Load) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "moodline.bench.cameras.program", str(home), str(load.slow_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:  # noqa: S603  # our own program
        try:
            yield program
        finally:
            program.kill()


def _measure(
    load: Load, program: "subprocess.Popen[str]", arrivals: Arrivals, server: Cameras, place: _Place
) -> Outcome:
    _wait_for_first(load, program, arrivals)
    _sleep(load.warm_s, program, arrivals)
    store: Any = place.client.info("server")
    meter = CpuMeter(program.pid, {"redis": store["process_id"], "cameras": server.process_id})
    board = StateBoard(place.client, place.prefix)
    outcome, began_s, first = Outcome(began_ms=time.time() * 1000), time.monotonic(), len(arrivals.seen)
    cpu, sent, before, decoded = meter.look(), _sent(server), _held(program.pid), list[float]()
    while (left_s := began_s + load.seconds - time.monotonic()) > 0:
        _sleep(min(left_s, 1.0), program, arrivals)
        states = board.get(load.names).values()
        outcome.clocks.update(state.clock or "none" for state in states)
        decoded.append(sum(state.frames_per_second or 0.0 for state in states))
        meter.look()
    outcome.seconds, outcome.arrivals = time.monotonic() - began_s, arrivals.seen[first:]
    outcome.cpu_s = {role: seconds - cpu.get(role, 0.0) for role, seconds in meter.look().items()}
    outcome.decoded, outcome.sent = fmean(decoded), _sent(server) - sent
    outcome.held = before, _held(program.pid)
    program.terminate()
    outcome.result = json.loads(program.communicate(timeout=START_S)[0].splitlines()[-1])
    return outcome


def _wait_for_first(load: Load, program: "subprocess.Popen[str]", arrivals: Arrivals) -> None:
    deadline = time.monotonic() + START_S
    while len({one.camera for one in arrivals.seen}) < load.cameras:
        _sleep(0.1, program, arrivals)
        if time.monotonic() > deadline:
            raise MoodlineError("the live run gives no frames of some of its cameras; see what it has logged")


def _sleep(seconds: float, program: "subprocess.Popen[str]", arrivals: Arrivals) -> None:
    time.sleep(seconds)
    if program.poll() is not None or not arrivals.working:
        raise MoodlineError("the live run, or the watch over it, has ended before its time; see what it has logged")


def _sent(server: Cameras) -> int:
    return sum(one["pushed"]["video"] for one in server.stats()["cameras"].values())


def _held(process: int) -> Held:
    return held([process, *descendants(process)])
