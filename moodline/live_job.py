"""Live cameras through all four stages in one process, until somebody says stop; used by `moodline run`.

The cameras are those of the registry, or such as are named at once; both are held by leases, so that no two processes
write one camera's series.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import asdict

from classifier.stage import ClassifierStage
from common.lifecycle import stop_on_signal
from common.patient import PatientStage
from common.redis_client import open_client
from common.stage import Stage
from detector.stage import DetectorStage
from ingest.live.fleet import Fleet
from ingest.live.settings import LiveSettings
from ingest.registry.camera import Camera
from moodline.embedded import Pipeline, Step
from moodline.job import JobSettings, Stages
from moodline.nets.watch import NetWatch, watching
from moodline.times import now_ms
from moodline.watching import Watch, Watching, make_watch
from moodline.worker.stages import SINK_BATCH
from sink.making import make_sink
from sink.stage import Counters


class CameraResult(Struct, frozen=True):
    """What became of one camera.

    Attributes:
        camera: its name.
        state: how it was at the end.
        reason: why.
        sampled: pictures that were sampled.
        dropped: how many of them were not handed on, by reason.
        reconnects: how often it was connected again within the last hour.
    """

    camera: str
    state: str
    reason: str
    sampled: int
    dropped: dict[str, int]
    reconnects: int


@dataclass
class LiveResult:
    """What a live run did.

    Attributes:
        cameras: what became of each.
        counts: frames, faces, readings by status and so on, as the sink counted.
        busy: seconds each stage worked, by name.
        seconds: how long it ran.
        interrupted: whether somebody said stop, rather than the time being over.
    """

    cameras: list[CameraResult] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for `--json`."""
        return {
            "cameras": [asdict(one) for one in self.cameras],
            "counts": self.counts,
            "busy_s": {name: round(value, 3) for name, value in self.busy.items()},
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
        }


class Wanted(NamedTuple):
    """Which cameras a live run watches, and for how long.

    Attributes:
        cameras: such as are named at once; empty for those of the registry.
        for_s: seconds after which it ends; None for never.
    """

    cameras: Sequence[Camera]
    for_s: float | None = None


@dataclass
class LiveJob:
    """One live run.

    Attributes:
        wanted: which cameras, and for how long.
        settings: those of the stages.
        live: how cameras are watched.
        watch: called about ten times a second with the fleet, what the sink counted, the cameras that somebody else
            holds, and who, and the name of the net that was chosen for live cameras, empty while it is that of the
            settings: for whoever shows how it goes.
    """

    wanted: Wanted
    settings: JobSettings
    live: LiveSettings
    watch: Callable[[Fleet, Counters, Mapping[str, str], str], None]

    def run(self) -> LiveResult:
        """Watch until the time is over or somebody says stop.

        Raises:
            UserError: whatever is wrong with the request, before anything is read or written.
        """
        with ExitStack() as stack:
            stop = stack.enter_context(stop_on_signal())
            detector = DetectorStage(self.settings.detector)
            stack.callback(detector.close)
            classifier = ClassifierStage(self.settings.classifier)
            client = stack.enter_context(open_client(self.settings.store))
            prefix = self.settings.store.key_prefix
            nets = NetWatch(classifier, self.settings.classifier, lambda: nullcontext(client), prefix, now_ms)
            stack.enter_context(watching(nets))
            stages = Stages(detector, classifier, make_sink(client, prefix, self.settings.sink))
            watch = make_watch(client, prefix, Watching(self.wanted.cameras, self.live, self.settings.ingest.rate))
            return self._through(watch, stages, stop)

    def _through(self, watch: Watch, stages: Stages, stop: threading.Event) -> LiveResult:
        result, queue, reading = LiveResult(), self.settings.run.live_queue, self.settings.classifier
        fleet, reader, began = watch.fleet, stages.classifier, time.monotonic()

        def show() -> None:
            if self.wanted.for_s is not None and time.monotonic() - began >= self.wanted.for_s:
                over.set()
                stop.set()
            if fleet.played and len(fleet.posts) == len(self.wanted.cameras):
                over.set()
                stop.set()
            net = "" if reader.live is reader.served else reader.live.name
            self.watch(fleet, stages.sink.counters, watch.supervisor.elsewhere, net)

        over = threading.Event()
        steps = (
            Step("detector", stages.detector, queue, self.settings.detector.batch),
            Step("classifier", stages.classifier, queue, reading.batch, reading.wait_ms / 1000),
            Step("sink", self._sink(stages.sink, stop), queue, SINK_BATCH),
        )
        pipeline = Pipeline(lambda bus: watch.run(bus, stop), steps, shedding=self.settings.shedding)
        pipeline.run(show)
        result.cameras = results(fleet)
        result.seconds = time.monotonic() - began
        result.busy = {name: seconds for name, seconds in pipeline.busy.items() if name != "ingest"}
        result.counts = asdict(stages.sink.counters)
        result.interrupted = not over.is_set()
        return result

    def _sink(self, sink: Stage, stop: threading.Event) -> Stage:
        """Give the sink, which waits for a Redis that is away; the embedded one does not come back by itself."""
        return sink if self.settings.store.redis_url is None else PatientStage(sink, stop)


def results(fleet: Fleet) -> list[CameraResult]:
    """Say what has become of each camera so far."""
    now_s = time.monotonic()
    return [
        CameraResult(
            name,
            post.health.state,
            post.health.reason,
            post.live.sampled,
            dict(post.live.dropped),
            post.health.reconnects(now_s),
        )
        for name, post in sorted(fleet.posts.items())
    ]
