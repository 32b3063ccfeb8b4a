"""Cameras with faces through workers between Kafka and Redis, watched from outside; used by `scenarios` and `loss`."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from common.bus.kafka_settings import KafkaSettings
from common.redis_client import open_client
from moodline.bench.cameras.embedded import KEPT_MS, specs_of
from moodline.bench.cameras.load import Load, Outcome
from moodline.bench.cameras.measuring import Site, measure
from moodline.bench.cameras.own_redis import own_redis
from moodline.bench.fleet import BenchFleet
from moodline.chaos.cameras import Cameras
from moodline.ledger.accounts import Ledger, Row
from moodline.ledger.reading import Scope, Store, fill
from sink.reader import SeriesReader

Through = Literal["workers", "fused"]

WORKERS: Mapping[Through, tuple[tuple[str, ...], ...]] = {
    "workers": (("ingest",), ("detector",), ("classifier",), ("sink",)),
    "fused": (("ingest", "detector"), ("classifier",), ("sink",)),
}
"""The stages of each worker."""


class Crew:
    """Workers that watch cameras; a `Running`.

    Args:
        fleet: starts them.
        through: which stages are fused.
        slow_ms: what each classifier waits for every frame, milliseconds.
    """

    def __init__(self, fleet: BenchFleet, through: Through, slow_ms: float) -> None:
        self._fleet = fleet
        self._first, *self._rest = WORKERS[through]
        self._slow = {"MOODLINE_WORKER_DELAY_MS": str(round(slow_ms))}
        self._crew: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._ingest: subprocess.Popen[bytes] | None = None

    def start(self, classifiers: int = 1) -> None:
        """Start all; ingest once the others share their partitions."""
        counts = {names[0]: classifiers if names[0] == "classifier" else 1 for names in self._rest}
        for stage, count in counts.items():
            for _ in range(count):
                self.add(stage)
        for stage, count in counts.items():
            self._fleet.wait_for_members(stage, count)
        self._ingest = self._fleet.start(*self._first)

    def add(self, stage: str) -> None:
        """Start one more worker of a stage."""
        self._crew.append((stage, self._fleet.start(stage, variables=self._slow if stage == "classifier" else {})))

    def kill(self, stage: str) -> None:
        """End the first worker of a stage without a word."""
        place = next(n for n, (name, _) in enumerate(self._crew) if name == stage)
        self._fleet.kill(self._crew.pop(place)[1])

    @property
    def feeding(self) -> int:
        """See `Running`."""
        assert self._ingest is not None  # noqa: S101  # nothing is measured before the start
        return self._ingest.pid

    @property
    def others(self) -> Mapping[str, int]:
        """See `Running`; a second worker of a stage has a role of its own."""
        found: dict[str, int] = {}
        for stage, process in self._crew:
            found[stage if stage not in found else f"{stage} {len(found)}"] = process.pid
        return found

    def check(self) -> None:
        """See `Running`."""
        self._fleet.check()

    def end(self, cameras: Sequence[str]) -> int:
        """Have ingest end, and wait until all is in the store; gives how many frames were sampled."""
        assert self._ingest is not None  # noqa: S101  # as before
        self._ingest.terminate()
        told = self._fleet.result(self._ingest)
        self._fleet.wait_for_end(cameras)
        return int(told["frames"])


@dataclass(frozen=True)
class Workers:
    """A `Way`: workers as processes of their own, on a Redis of their own.

    Attributes:
        kafka: where Kafka is.
        through: which stages are fused.
        classifiers: how many there are.
        deeds: what is done to the crew while it is measured, and after which share of the time.
    """

    kafka: KafkaSettings
    through: Through
    classifiers: int = 1
    deeds: tuple[tuple[float, Callable[[Crew], None]], ...] = ()

    def __call__(self, load: Load) -> Outcome:
        """Start cameras and workers, measure, and end both.

        Raises:
            SourceError: GStreamer is missing.
            BrokerError: Kafka is away or refuses.
            MoodlineError: a worker failed.
        """
        with TemporaryDirectory() as folder:
            store = own_redis(Path(folder))
            with (
                Cameras(*specs_of(load, Path(folder))) as server,
                open_client(store) as client,
                BenchFleet(self.kafka, store, {}) as fleet,
            ):
                site, crew = Site(client, fleet.name, server), Crew(fleet, self.through, load.slow_ms)
                site.register(load)
                crew.start(self.classifiers)
                outcome = measure(load, crew, site, [(at * load.seconds, _of(deed, crew)) for at, deed in self.deeds])
                cpu_s = dict(outcome.cpu_s)
                outcome.cpu_s = {" ".join(WORKERS[self.through][0]): cpu_s.pop("main"), **cpu_s}
                outcome.sampled = crew.end(load.names)
                outcome.accounts = self._accounts(fleet, SeriesReader(client, fleet.name))
        return outcome

    def _accounts(self, fleet: BenchFleet, reader: SeriesReader) -> list[Row]:
        """Give the ledger once nothing is in flight: the last commits follow what is in the store."""
        rows: list[Row] = []

        def settled() -> bool:
            ledger = Ledger()
            fill(ledger, Scope(), self.kafka, fleet.name, Store(reader, KEPT_MS))
            rows[:] = ledger.epochs()
            return not any(row.in_flight for row in rows)

        fleet.wait(settled)
        return rows


def _of(deed: Callable[[Crew], None], crew: Crew) -> Callable[[], None]:
    return lambda: deed(crew)
