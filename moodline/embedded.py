"""The four stages in one process: a thread each, memory buses between them. Used by `run`, `evaluate` and `bench`.

The last bus ends where its user says: `run` puts the sink there, `evaluate` a list. When a stage fails, every bus is
aborted, every thread ends, and the first error is raised to the caller.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from common.bus.base import Bus
from common.bus.memory import MemoryBus
from common.messages import Message
from common.runner import Feed, Take, run_feed, run_source, run_stage
from common.settings import VARIABLE_PREFIX, Settings
from common.shedding import SheddingStage
from common.shedding_settings import SheddingSettings
from common.stage import Stage
from moodline.times import now_ms


class RunSettings(Settings):
    """The buses of the embedded run."""

    section: ClassVar[str] = "run"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}RUN_")

    frames_queue: int = Field(8, ge=1, description="frames that wait for the detector, at most; 1.4 MB each at 720p")
    faces_queue: int = Field(64, ge=1, description="frames that wait for the classifier, without their pictures")
    readings_queue: int = Field(64, ge=1, description="frames that wait for the sink")
    live_queue: int = Field(2, ge=1, description="frames of live cameras that wait for each stage, at most")


@dataclass(frozen=True)
class Step:
    """One stage of an embedded run.

    Attributes:
        name: for the table of where the time went.
        stage: what to run.
        queue: messages that may wait in front of it.
        batch: messages taken at a time.
        wait_s: longest wait for a batch to fill, seconds.
    """

    name: str
    stage: Stage
    queue: int
    batch: int = 1
    wait_s: float = 0.0


@dataclass
class Pipeline:
    """Stages joined by memory buses, fed by a source.

    Attributes:
        source: gives the messages of ingest: one after the other, or a feed that publishes them by itself.
        steps: the stages, in order; the pipeline does not close them.
        output: where the outputs of the last stage go, if it has any.
        when_behind: what a frame does for which the first stage has no room, see `common.runner.run_source`; a feed
            decides that by itself.
        shedding: what is not begun any more of live cameras.
        busy: seconds each step spent working, by name; the source's under `ingest`, 0 for a feed.
    """

    source: Iterable[Message] | Feed
    steps: Sequence[Step]
    output: Bus | None = None
    when_behind: Literal["wait", "drop"] = "wait"
    shedding: SheddingSettings = field(default_factory=SheddingSettings.load)
    busy: dict[str, float] = field(default_factory=dict)
    _errors: list[BaseException] = field(default_factory=list)

    def run(self, watch: Callable[[], None] | None = None, every_s: float = 0.1) -> None:
        """Run until the source ends and everything went through.

        Args:
            watch: called by the calling thread all along: for a progress bar.
            every_s: seconds between two calls.

        Raises:
            Exception: the first error of any stage.
        """
        buses = [MemoryBus(step.queue) for step in self.steps]
        outputs: list[Bus | None] = [*buses[1:], self.output]
        work = [("ingest", lambda: self._feed(buses[0]))]
        for step, bus, output in zip(self.steps, buses, outputs, strict=True):
            work.append((step.name, self._loop(step, bus, output)))
        threads = [
            threading.Thread(target=self._guard, args=(job, buses), name=name, daemon=True) for name, job in work
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(every_s)
                    if watch is not None:
                        watch()
        finally:
            # Also when `watch` fails or Ctrl-C comes: the caller closes the stages next, and none may be at work.
            for bus in buses:
                bus.abort()
            for thread in threads:
                thread.join()
        if self._errors:
            raise self._errors[0]

    def _feed(self, bus: Bus) -> None:
        timed = _Timed("ingest", self.busy)
        if callable(self.source):
            run_feed(self.source, bus)
        else:
            run_source(timed.each(self.source), bus, self.when_behind)

    def _loop(self, step: Step, bus: MemoryBus, output: Bus | None) -> Callable[[], None]:
        shedding = SheddingStage(step.stage, self.shedding, now_ms)
        stage = _TimedStage(shedding, _Timed(step.name, self.busy))
        usual = Take(step.batch, step.wait_s)
        return lambda: run_stage(stage, bus, output, lambda: shedding.take(usual))

    def _guard(self, job: Callable[[], None], buses: list[MemoryBus]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits
            self._errors.append(error)
            for bus in buses:
                bus.abort()


class _Timed:
    """Adds up the time that an iterator works, without the time its consumer takes between two items."""

    def __init__(self, name: str, busy: dict[str, float]) -> None:
        self._name = name
        self._busy = busy
        busy[name] = 0.0

    def each(self, items: Iterable[Message]) -> Iterator[Message]:
        iterator = iter(items)
        while True:
            began = time.perf_counter()
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self._busy[self._name] += time.perf_counter() - began
            yield item


class _TimedStage:
    """A stage that notes how long it works."""

    def __init__(self, stage: Stage, timed: _Timed) -> None:
        self._stage = stage
        self._timed = timed

    def process(self, messages: Sequence[Message]) -> Iterator[Message]:
        """See `Stage.process`."""
        return self._timed.each(_started(self._stage, messages))

    def forget(self, camera: str) -> None:
        """See `Stage.forget`."""
        self._stage.forget(camera)

    def close(self) -> None:
        """See `Stage.close`; whoever made the stage closes it."""


def _started(stage: Stage, messages: Sequence[Message]) -> Iterator[Message]:
    """Call the stage inside of the timed iterator, so that work it does before its first output counts."""
    yield from stage.process(messages)
