"""The speed of the whole pipeline beside what its stages allow; used by `moodline bench pipeline`.

The stages are measured alone, one after another, on the same frames: their processor time on a single thread gives
what the machine could do at best, their time at the configured number of threads what no other stage can make up for.
"""

import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import av

from classifier.stage import ClassifierStage
from common.messages import Closed, Frame, Message
from common.stage import Stage
from detector.stage import DetectorStage
from ingest.discover import find_sources
from ingest.stage import ingest
from moodline.job import Job, JobSettings, make_sink
from sink.embedded import open_client
from sink.settings import StoreSettings

WARM = 10
"""Frames at the begin of a stage's run that are not counted."""


@dataclass(frozen=True)
class Cost:
    """What one frame costs a stage: processor seconds, and seconds by the clock."""

    cpu_s: float
    wall_s: float


def bench_pipeline(source: str, settings: JobSettings, frames: int) -> dict[str, Any]:
    """Measure one recording.

    Args:
        source: the recording.
        settings: of the stages, at the sampling rate to measure.
        frames: frames for measuring each stage alone.

    Returns:
        The measures of `moodline bench pipeline`, as documented for `--json`.
    """
    with tempfile.TemporaryDirectory() as folder:
        private = replace(settings, store=StoreSettings.load({"home": Path(folder)}))
        whole = Job([source], None, private).run(show_progress=False)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        cpu = {name: cost.cpu_s for name, cost in _alone(source, private, frames, threads=1).items()}
        serial = {name: cost.wall_s for name, cost in _alone(source, private, frames, threads=None).items()}
    reached = whole.counts["frames"] / whole.seconds
    cores = len(os.sched_getaffinity(0))
    ideal = min(cores / sum(cpu.values()), 1 / max(serial.values()))
    decoded = decode_rate(source)
    return {
        "frames_per_second": round(reached, 2),
        "ideal_frames_per_second": round(ideal, 2),
        "efficiency": round(reached / ideal, 3),
        "decode_frames_per_second": round(decoded, 1),
        "share_of_decoding": round(reached / decoded, 4),
        "cores": cores,
        "frames": whole.counts["frames"],
        "faces_per_frame": round(whole.counts["faces"] / max(whole.counts["frames"], 1), 2),
        "peak_memory_bytes": peak,
        "cpu_seconds_per_frame": {name: round(value, 6) for name, value in cpu.items()},
        "serial_seconds_per_frame": {name: round(value, 6) for name, value in serial.items()},
    }


def decode_rate(source: str) -> float:
    """Frames a second of decoding alone, with as many threads as the decoder likes."""
    began, count = time.perf_counter(), 0
    with av.open(source) as container:
        container.streams.video[0].thread_type = "AUTO"
        for _ in container.decode(video=0):
            count += 1
    return count / (time.perf_counter() - began)


def _alone(source: str, settings: JobSettings, frames: int, threads: int | None) -> dict[str, Cost]:
    """Every stage by itself on the first frames, on one thread or on as many as are configured."""
    one = {} if threads is None else {"threads": threads}
    files = find_sources([source])
    taken = settings.ingest.model_copy(update=one)
    messages: list[Message] = []
    costs = {"ingest": _measure(lambda: messages.extend(_first(ingest(files, taken, _now, threading.Event()), frames)))}
    with open_client(settings.store) as client:
        stages: Sequence[tuple[str, Stage, int]] = (
            ("detector", DetectorStage(settings.detector.model_copy(update=one)), 1),
            ("classifier", ClassifierStage(settings.classifier.model_copy(update=one)), settings.classifier.batch),
            ("sink", make_sink(client, f"bench-{threads}", settings.sink, ""), 64),
        )
        for name, stage, batch in stages:
            list(stage.process(messages[:WARM]) if name != "sink" else ())
            outputs: list[Message] = []
            costs[name] = _measure(_driver(stage, messages, batch, outputs))
            stage.close()
            messages = outputs
    return {name: Cost(cost.cpu_s / frames, cost.wall_s / frames) for name, cost in costs.items()}


def _first(messages: Iterable[Message], frames: int) -> list[Message]:
    taken = list(islice(messages, frames + 1))
    last = next(m for m in reversed(taken) if isinstance(m, Frame))
    spine = last.spine
    return [*taken, Closed(spine.camera, spine.epoch, spine.time_ms, spine.seq, "interrupted", 0, 0)]


def _driver(stage: Stage, messages: Sequence[Message], batch: int, outputs: list[Message]) -> Callable[[], None]:
    def drive() -> None:
        for start in range(0, len(messages), batch):
            outputs.extend(stage.process(messages[start : start + batch]))

    return drive


def _measure(work: Callable[[], None]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def _now() -> int:
    return time.time_ns() // 1_000_000
