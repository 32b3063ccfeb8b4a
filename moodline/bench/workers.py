"""The pipeline as separate processes beside the run in one process, and how a stage scales; used by `bench workers`."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from shutil import copyfile
from threading import Event
from typing import Any

import av
import numpy as np

from common import wire
from common.bus.kafka_settings import KafkaSettings
from common.messages import Frame
from common.store_settings import StoreSettings
from ingest.discover import find_sources
from ingest.stage import ingest
from moodline.bench.fleet import BenchFleet
from moodline.job import Job, JobSettings
from moodline.times import now_ms

WAYS: dict[str, tuple[wire.FrameCodec, tuple[tuple[str, ...], ...]]] = {
    "four processes, raw frames": ("raw", (("ingest",), ("detector",), ("classifier",), ("sink",))),
    "four processes, JPEG frames": ("jpeg", (("ingest",), ("detector",), ("classifier",), ("sink",))),
    "ingest and detector fused": ("raw", (("ingest", "detector"), ("classifier",), ("sink",))),
}

WIRE_FRAMES = 60
"""Frames on which the cost of the wire is measured."""

DELAY_MS = 50
"""What a worker waits for every frame when it is measured how its stage scales."""

CAMERAS = 4
SCALE_FRAMES = 150
"""Frames of each of the cameras."""


def bench_ways(source: str, settings: JobSettings, kafka: KafkaSettings) -> dict[str, Any]:
    """Run one recording in one process and in several, every frame, each after a warm-up on the same recording.

    Args:
        source: the recording.
        settings: of the stages, at the sampling rate to measure.
        kafka: where Kafka is.

    Returns:
        Frames a second of each way, its ratio to the run in one process, and what the wire costs a frame.
    """
    embedded = _embedded(source, settings)
    result: dict[str, Any] = {"embedded_frames_per_second": round(embedded, 2), "ways": {}}
    for name, (codec, stages) in WAYS.items():
        reached = _through_kafka(source, settings, kafka, codec, stages)
        result["ways"][name] = {"frames_per_second": round(reached, 2), "ratio": round(reached / embedded, 3)}
    result["wire"] = {codec: wire_cost(source, settings, codec) for codec in ("raw", "jpeg")}
    return result


def wire_cost(source: str, settings: JobSettings, codec: wire.FrameCodec) -> dict[str, float]:
    """Processor milliseconds that encoding and decoding cost a frame, and its bytes."""
    messages = ingest(find_sources([source]), settings.ingest, now_ms, Event())
    frames = list(islice((m for m in messages if isinstance(m, Frame) and m.planes is not None), WIRE_FRAMES))
    began = time.process_time()
    packed = [wire.encode(frame, codec) for frame in frames]
    between = time.process_time()
    for value, headers in packed:
        wire.decode(value, headers)
    ended = time.process_time()
    return {
        "encode_ms": round(1000 * (between - began) / len(frames), 3),
        "decode_ms": round(1000 * (ended - between) / len(frames), 3),
        "bytes": round(sum(len(one.value) for one in packed) / len(packed)),
    }


def bench_scaling(stage: str, workers: Sequence[int], kafka: KafkaSettings, store: StoreSettings) -> dict[str, Any]:
    """Measure a stage that waits `DELAY_MS` for every frame, with several numbers of workers, four cameras at once.

    The waits stand for work on other machines: here they cost no processor, so that the machine's own cores do not
    limit what is measured. The frames are small and empty for the same reason, and so that the stage in front of the
    measured one is never what all wait for.

    Args:
        stage: detector or classifier.
        workers: how many to try, the first is what the others are compared with.
        kafka: where Kafka is.
        store: where Redis is.

    Returns:
        Frames a second and the ratio to the first, by number of workers.
    """
    reached = {count: _scaled(stage, count, kafka, store) for count in workers}
    first = reached[workers[0]]
    return {
        str(count): {"frames_per_second": round(rate, 2), "ratio": round(rate / first, 3)}
        for count, rate in reached.items()
    }


def _embedded(source: str, settings: JobSettings) -> float:
    with tempfile.TemporaryDirectory() as folder:
        private = replace(settings, store=StoreSettings.load({"home": Path(folder)}))
        job = Job([source], None, private).run(show_progress=False)
    frames: int = job.counts["frames"]
    return frames / job.seconds


def _through_kafka(
    source: str,
    settings: JobSettings,
    kafka: KafkaSettings,
    codec: wire.FrameCodec,
    stages: Sequence[Sequence[str]],
) -> float:
    with BenchFleet(kafka, settings.store, {"MOODLINE_FRAME_CODEC": codec}) as fleet:
        first, *others = stages
        for names in others:
            fleet.start(*names)
        for names in others:
            fleet.wait_for_members(names[0], 1)
        rate = settings.ingest.rate
        # The first pass loads what is loaded late, and is not measured.
        for camera in ("warm", "timed"):
            feeding = fleet.start(*first, "--source", Path(source).resolve(), "--camera", camera, "--rate", rate)
            fleet.wait_for_end([camera])
            ended = time.time()
            fed = fleet.result(feeding)
    return float(fed["frames"] / (ended - fed["began_ms"] / 1000))


def _scaled(stage: str, count: int, kafka: KafkaSettings, store: StoreSettings) -> float:
    with tempfile.TemporaryDirectory() as folder, BenchFleet(kafka, store, {}) as fleet:
        cameras = [f"camera{number}" for number in range(CAMERAS)]
        first = Path(folder) / f"{cameras[0]}.mp4"
        _empty_clip(first, SCALE_FRAMES)
        for camera in cameras[1:]:
            copyfile(first, Path(folder) / f"{camera}.mp4")
        for name in ("detector", "classifier", "sink"):
            slow = {"MOODLINE_WORKER_DELAY_MS": str(DELAY_MS), "MOODLINE_CLASSIFIER_WAIT_MS": "0"}
            for _ in range(count if name == stage else 1):
                fleet.start(name, variables=slow if name == stage else {})
        for name in ("detector", "classifier", "sink"):
            fleet.wait_for_members(name, count if name == stage else 1)
        feeding = fleet.start("ingest", "--source", folder, "--rate", 0)
        fleet.wait_for_end(cameras)
        ended = time.time()
        fed = fleet.result(feeding)
    return float(fed["frames"] / (ended - fed["began_ms"] / 1000))


def _empty_clip(path: Path, frames: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(np.full((72, 96, 3), number % 200, np.uint8), "rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
