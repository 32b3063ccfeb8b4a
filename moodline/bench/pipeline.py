"""The speed of the whole pipeline beside what its stages allow; used by `moodline bench pipeline`.

The stages are measured alone, one after another, on the same frames: their processor time on a single thread gives
what the machine could do at best, their time at the configured number of threads what no other stage can make up for.
"""

import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import av

from classifier.stage import ClassifierStage
from common.messages import Message
from common.redis_client import open_client
from common.stage import Stage
from common.store_settings import StoreSettings
from detector.stage import DetectorStage
from ingest.discover import find_sources
from ingest.stage import ingest
from moodline.job import Job, JobSettings
from moodline.times import now_ms
from sink.making import make_sink

T = TypeVar("T")


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
        frames: frames for measuring each stage alone, from the first on; at most what the recording has.

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
    """Every stage by itself, in turns: only one works at a time, on one thread or on as many as are configured."""
    one = {} if threads is None else {"threads": threads}
    taken = settings.ingest.model_copy(update=one)
    messages = islice(ingest(find_sources([source]), taken, now_ms, threading.Event()), frames + 1)
    meters = {name: _Meter() for name in ("ingest", "detector", "classifier", "sink")}
    with open_client(settings.store) as client:
        detector = DetectorStage(settings.detector.model_copy(update=one))
        classifier = ClassifierStage(settings.classifier.model_copy(update=one))
        sink = make_sink(client, f"bench-{threads}", settings.sink)
        waiting: list[Message] = []
        count = -1  # the first message opens the epoch
        while batch := meters["ingest"].time(lambda: list(islice(messages, settings.detector.batch))):
            count += len(batch)
            waiting += meters["detector"].time(partial(_drained, detector, batch))
            if len(waiting) >= settings.classifier.batch:
                _read(classifier, sink, waiting, meters)
                waiting = []
        _read(classifier, sink, waiting, meters)
        detector.close()
    return {name: Cost(meter.cpu_s / count, meter.wall_s / count) for name, meter in meters.items()}


def _read(classifier: Stage, sink: Stage, faces: list[Message], meters: dict[str, "_Meter"]) -> None:
    readings = meters["classifier"].time(partial(_drained, classifier, faces))
    meters["sink"].time(partial(_drained, sink, readings))


def _drained(stage: Stage, messages: list[Message]) -> list[Message]:
    return list(stage.process(messages))


@dataclass
class _Meter:
    """Adds up what calls cost."""

    cpu_s: float = 0.0
    wall_s: float = 0.0

    def time(self, work: Callable[[], T]) -> T:
        cpu, wall = time.process_time(), time.perf_counter()
        result = work()
        self.cpu_s += time.process_time() - cpu
        self.wall_s += time.perf_counter() - wall
        return result
