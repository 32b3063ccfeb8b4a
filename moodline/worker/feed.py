"""The first stage of a worker: recordings, through the stages that are fused to ingest; used by `worker.process`."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from msgspec.structs import replace

from common.bus.base import Bus
from common.messages import Frame, Message, Opened, recipe_of
from common.runner import run_source
from common.shedding_settings import SheddingSettings
from ingest.discover import find_sources
from ingest.settings import IngestSettings
from ingest.stage import check, ingest
from moodline.embedded import Pipeline, RunSettings, Step
from moodline.times import now_ms
from moodline.worker.stages import Made


class Feed:
    """Reads sources onto a bus.

    Args:
        sources: files and folders.
        camera: one name for all sources.
        sampling: options for ingest's settings.
        file: the settings file.
        stop: once set, reading ends in good order.
        lossy: what frames lose on their way to the detector, as the name and quality of a codec; None for nothing.

    Raises:
        UserError: a source or a setting cannot be used.
    """

    def __init__(  # what a worker is asked, and where its frames go
        self,
        sources: Sequence[str],
        camera: str | None,
        sampling: Mapping[str, Any],
        file: Path | None,
        stop: Event,
        lossy: str | None = None,
    ) -> None:
        self._settings = IngestSettings.load(sampling, file)
        self._queues = RunSettings.load(None, file)
        self._shedding = SheddingSettings.load(None, file)
        self._stop, self._lossy = stop, lossy
        self._files = find_sources(sources, camera)
        check(self._files, self._settings)

    def run(self, stages: Sequence[Made], names: Sequence[str], output: Bus | None) -> dict[str, Any]:
        """Read everything; returns when all of it is held safely by the bus, or written.

        The result has the number of files and frames, when the first message came (Unix milliseconds), and for fused
        stages how long each worked, seconds.

        Args:
            stages: the stages behind ingest in this process.
            names: their names.
            output: where the outputs of the last one go.
        """
        done: dict[str, Any] = {"files": len(self._files), "frames": 0, "began_ms": None}
        messages = _counting(self._marked(ingest(self._files, self._settings, now_ms, self._stop)), done)
        if not stages:
            assert output is not None  # noqa: S101  # ingest alone has a topic behind it
            run_source(messages, output, self._settings.when_behind)
            return done
        queues = {"detector": self._queues.frames_queue, "classifier": self._queues.faces_queue}
        steps = [
            Step(name, made.stage, queues.get(name, self._queues.readings_queue), made.batch, made.fill_s)
            for name, made in zip(names, stages, strict=True)
        ]
        pipeline = Pipeline(messages, steps, output, self._settings.when_behind, self._shedding)
        pipeline.run()
        if output is not None:
            output.flush()
        return {**done, "busy_s": {name: round(value, 3) for name, value in pipeline.busy.items()}}

    def _marked(self, messages: Iterator[Message]) -> Iterator[Message]:
        """Put into the recipe what changes the frames, so that series of both kinds are never mixed."""
        for message in messages:
            if self._lossy is not None and isinstance(message, Opened):
                yield replace(message, recipe=recipe_of(message.recipe, self._lossy))
            else:
                yield message


def _counting(messages: Iterator[Message], done: dict[str, Any]) -> Iterator[Message]:
    """Note when the first message came, and how many frames there were."""
    for message in messages:
        done["began_ms"] = done["began_ms"] or now_ms()
        done["frames"] += isinstance(message, Frame)
        yield message
