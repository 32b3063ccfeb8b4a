"""The first stage of a worker that watches live cameras, through the stages that are fused to it.

Used by `worker.process`. The cameras are those of the registry, of which it takes its share, or such as are named.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import redis

from common.bus.base import Bus, BusClosed
from common.shedding_settings import SheddingSettings
from ingest.live.fleet import Fleet
from ingest.live.making import post_maker
from ingest.live.settings import LiveSettings
from ingest.live.supervisor import Place, Sampling, Supervisor
from ingest.registry.address import resolve
from ingest.registry.camera import Camera
from ingest.settings import IngestSettings
from moodline.embedded import Pipeline, RunSettings, Step
from moodline.keeping import keeper_of, worker_name
from moodline.times import now_ms
from moodline.worker.stages import Made


class Cameras(NamedTuple):
    """What a worker watches.

    Attributes:
        named: such as are named at once; empty for its share of the registry.
        client: the opened Redis.
        prefix: first part of every key.
        lossy: what frames lose on their way to the detector, as the name and quality of a codec; None for nothing.
        pulse: called a few times a second as long as the cameras are heard.
    """

    named: Sequence[Camera]
    client: redis.Redis
    prefix: str
    lossy: str | None = None
    pulse: Callable[[], None] = lambda: None


class LiveFeed:
    """Watches cameras onto a bus until it is told to stop.

    Args:
        cameras: what it watches.
        sampling: ingest's settings.
        file: the settings file.
        stop: ends it.
    """

    def __init__(self, cameras: Cameras, sampling: IngestSettings, file: Path | None, stop: Event) -> None:
        live = LiveSettings.load(None, file)
        self._queue = RunSettings.load(None, file).live_queue
        self._shedding = SheddingSettings.load(None, file)
        self._stop = stop
        client, prefix = cameras.client, cameras.prefix
        self._fleet = Fleet(
            live,
            post_maker(live, cameras.lossy),
            lambda address: resolve(address, os.environ),
            pulse=cameras.pulse,
        )
        self._supervisor = Supervisor(
            self._fleet,
            keeper_of(client, prefix, cameras.named),
            Place(client, prefix, worker_name()),
            Sampling(sampling.rate, live.transport),
            now_ms,
        )

    def run(self, stages: Sequence[Made], names: Sequence[str], output: Bus | None) -> dict[str, Any]:
        """Watch; returns when all of it is held safely by the bus, or written.

        The result has the number of sampled frames, how many of them were not handed on, by reason, and for fused
        stages how long each worked, seconds. Nothing is said to be finished: other workers go on with the cameras.

        Args:
            stages: the stages behind ingest in this process.
            names: their names.
            output: where the outputs of the last one go.
        """
        done: dict[str, Any] = {}
        if stages:
            steps = [
                Step(name, made.stage, self._queue, made.batch, made.fill_s)
                for name, made in zip(names, stages, strict=True)
            ]
            pipeline = Pipeline(self._watch, steps, output, shedding=self._shedding)
            pipeline.run()
            done["busy_s"] = {name: round(value, 3) for name, value in pipeline.busy.items() if name != "ingest"}
        else:
            assert output is not None  # noqa: S101  # ingest alone has a topic behind it
            with suppress(BusClosed):
                self._watch(output)
        if output is not None:
            with suppress(BusClosed):
                output.flush()
        return {**done, "frames": self._fleet.sampled, "dropped": dict(self._fleet.dropped)}

    def _watch(self, output: Bus) -> None:
        with self._supervisor:
            self._fleet.run(output, self._stop)
