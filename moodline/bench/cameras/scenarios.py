"""The measurements of live cameras by name; used by `moodline bench cameras`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from common.bus.kafka_settings import KafkaSettings
from common.errors import UsageError
from moodline.bench.cameras.churn import bench_churn
from moodline.bench.cameras.clock import bench_clock
from moodline.bench.cameras.cuts import bench_cuts
from moodline.bench.cameras.embedded import run_embedded
from moodline.bench.cameras.faults import bench_faults
from moodline.bench.cameras.latency import bench_latency
from moodline.bench.cameras.load import Load, Way
from moodline.bench.cameras.loss import bench_loss
from moodline.bench.cameras.overload import bench_overload
from moodline.bench.cameras.workers import Through, Workers
from moodline.chaos.clips import ClipFormat

Scenario = Literal["latency", "overload", "loss", "faults", "cuts", "churn", "clock"]


@dataclass(frozen=True)
class Asked:
    """What is to be measured, and how much of it; each scenario takes what concerns it.

    Attributes:
        cameras: how many.
        rate: sampled frames a second of each.
        seconds: how long is measured, seconds.
        warm_s: from the first frame until then, seconds.
        size: width and height of the pictures, pixels.
        slow_ms: what the classifier waits for every frame, milliseconds.
        overload: how many times more is offered than can be analysed.
        times: how many cuts, or changes.
        only: faults to try, by name; all of them if empty.
        through: how the stages are run: which are fused in workers, or None for all in one process.
        kafka: where Kafka is, for workers.
    """

    cameras: int = 4
    rate: float = 5.0
    seconds: float = 600.0
    warm_s: float = 30.0
    size: tuple[int, int] = (1280, 720)
    slow_ms: float = 0.0
    overload: float = 8.0
    times: int = 100
    only: tuple[str, ...] = ()
    through: Through | None = None
    kafka: KafkaSettings = field(default_factory=KafkaSettings.load)

    @property
    def load(self) -> Load:
        """What is offered."""
        width, height = self.size
        return Load(
            self.cameras, self.rate, self.seconds, ClipFormat(width=width, height=height), self.slow_ms, self.warm_s
        )

    @property
    def way(self) -> Way:
        """How the stages are run."""
        return run_embedded if self.through is None else Workers(self.kafka, self.through)


def bench_cameras(scenario: Scenario, asked: Asked) -> dict[str, Any]:
    """Measure one scenario.

    Raises:
        UsageError: there is no fault of such a name.
        SourceError: GStreamer is missing, or for `clock` a C compiler.
        BrokerError: Kafka is away or refuses.
        MoodlineError: cameras or the live run failed.
    """
    load, rate = asked.load, asked.rate
    scenarios: dict[Scenario, Callable[[], dict[str, Any]]] = {
        "latency": lambda: bench_latency(load, asked.way),
        "overload": lambda: bench_overload(load, asked.overload, asked.way),
        "loss": lambda: bench_loss(load, asked.kafka, asked.through or "workers"),
        "faults": lambda: bench_faults(asked.cameras, rate, asked.only),
        "cuts": lambda: bench_cuts(asked.times, rate),
        "churn": lambda: bench_churn(asked.cameras, asked.times, rate),
        "clock": lambda: bench_clock(load),
    }
    return scenarios[scenario]()


def size_of(text: str) -> tuple[int, int]:
    """Read a size as `1280x720`.

    Raises:
        UsageError: it is none, or a side is no multiple of 8.
    """
    width, _, height = text.partition("x")
    if (
        not (width.isdecimal() and height.isdecimal())
        or int(width) % 8
        or int(height) % 8
        or not int(width) * int(height)
    ):
        raise UsageError(f"'{text}' is not a size of pictures; write width x height in multiples of 8, as 1280x720")
    return int(width), int(height)


def rows_of(scores: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Give nested figures as rows of a table: the way to each, and its value."""
    rows: list[tuple[str, Any]] = []
    for name, value in scores.items():
        if isinstance(value, dict) and value:
            rows += rows_of(value, f"{before}{name}, ")
        else:
            rows.append((f"{before}{name}", value))
    return rows
