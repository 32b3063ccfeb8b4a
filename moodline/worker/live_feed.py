"""The first stage of a worker that watches live cameras, through the stages that are fused to it.

Used by `worker.process`. The cameras are those of the registry, of which it takes its share, or such as are named.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

from common.bus.base import Bus, BusClosed
from common.shedding_settings import SheddingSettings
from moodline.embedded import Pipeline, RunSettings, Step
from moodline.watching import Watch
from moodline.worker.stages import Made


class LiveFeed:
    """Watches cameras onto a bus until it is told to stop.

    Args:
        watch: what watches the cameras.
        file: the settings file.
        stop: ends it.
    """

    def __init__(self, watch: Watch, file: Path | None, stop: Event) -> None:
        self._queue = RunSettings.load(None, file).live_queue
        self._shedding = SheddingSettings.load(None, file)
        self._watch, self._stop = watch, stop

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
            pipeline = Pipeline(lambda bus: self._watch.run(bus, self._stop), steps, output, shedding=self._shedding)
            pipeline.run()
            done["busy_s"] = {name: round(value, 3) for name, value in pipeline.busy.items() if name != "ingest"}
        else:
            assert output is not None  # noqa: S101  # ingest alone has a topic behind it
            with suppress(BusClosed):
                self._watch.run(output, self._stop)
        if output is not None:
            with suppress(BusClosed):
                output.flush()
        fleet = self._watch.fleet
        return {**done, "frames": fleet.sampled, "dropped": dict(fleet.dropped)}
