"""Cameras with faces through the embedded run, watched from outside; used by `scenarios`."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from common.errors import MoodlineError
from common.redis_client import open_client
from moodline.bench.cameras.load import Load, Outcome
from moodline.bench.cameras.measuring import START_S, Deed, Site, measure
from moodline.bench.cameras.own_redis import own_redis
from moodline.chaos.cameras import Cameras, CameraSpec
from moodline.demo import compose_demo
from moodline.ledger.accounts import Ledger
from moodline.ledger.reading import Scope, Store, add_store
from sink.reader import SeriesReader

KEPT_MS = 86_400_000
"""For how much event time live samples are kept by the settings that a measurement uses, milliseconds."""


def run_embedded(load: Load, deeds: Sequence[Deed] = (), environment: Mapping[str, str] | None = None) -> Outcome:
    """Start cameras and the embedded run on a Redis of its own, measure, and end both.

    Args:
        load: what is offered.
        deeds: what is done while it is measured, the first one first.
        environment: the variables of the run; those of this process without it.

    Raises:
        SourceError: GStreamer is missing.
        MoodlineError: the run failed.
    """
    with TemporaryDirectory() as folder:
        home = Path(folder)
        store = own_redis(home)
        with Cameras(*specs_of(load, home)) as server, open_client(store) as client:
            site = Site(client, store.key_prefix, server)
            site.register(load)
            with _program(home, load, environment) as program:
                outcome = measure(load, program, site, deeds)
                outcome.sampled = sum(camera["sampled"] for camera in program.end()["cameras"])
            ledger = Ledger()
            add_store(ledger, Scope(), Store(SeriesReader(client, store.key_prefix), KEPT_MS))
            outcome.accounts = ledger.epochs()
    return outcome


def specs_of(load: Load, folder: Path) -> list[CameraSpec]:
    """Say what cameras a load needs; all show the same faces.

    Args:
        load: what is offered.
        folder: where the video of faces is made.
    """
    video = folder / "faces.mp4"
    compose_demo(video)
    return [CameraSpec(name, form=load.form, video=video) for name in load.names]


class _Program:
    """The embedded run as a process; a `Running`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @property
    def feeding(self) -> int:
        return self._process.pid

    @property
    def others(self) -> Mapping[str, int]:
        return {}

    def check(self) -> None:
        if self._process.poll() is not None:
            raise MoodlineError("the live run has ended before its time; see what it has logged")

    def end(self) -> dict[str, Any]:
        """Have it end; gives what it printed."""
        self._process.terminate()
        result: dict[str, Any] = json.loads(self._process.communicate(timeout=START_S)[0].splitlines()[-1])
        return result


@contextmanager
def _program(home: Path, load: Load, environment: Mapping[str, str] | None) -> Iterator[_Program]:
    command = [sys.executable, "-m", "moodline.bench.cameras.program", str(home), str(load.slow_ms)]
    piped = subprocess.PIPE
    with subprocess.Popen(command, stdout=piped, text=True, env=environment) as process:  # noqa: S603  # our own program
        try:
            yield _Program(process)
        finally:
            process.kill()
