"""One worker process: its stages between Kafka and Redis, from its first contact to its end; used by `moodline worker`.

A worker that begins with ingest is fed by its sources and ends with them; any other is fed by a topic, and ends when
it is told to, or, with `drain`, when all who feed the topic have finished and everything is through.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from common.bus import topics
from common.bus.ahead import Ahead, Near
from common.bus.dead_letters import DeadLetters
from common.bus.kafka import KafkaBus
from common.bus.kafka_settings import KafkaSettings, WireSettings
from common.bus.routes import Routes
from common.errors import EXIT_OK, BrokerError, UsageError
from common.fused import FusedStage
from common.garbage import calm
from common.jpeg import QUALITY
from common.lifecycle import Abortable, Overdue, abort_when_overdue, stop_on_signal
from common.retry import patiently
from common.shedding import SheddingStage
from common.shedding_settings import SheddingSettings
from common.stage import Stage
from common.store_settings import StoreSettings
from common.worker import Intake, Worker
from moodline.sources import Playing, are_live, cameras_of
from moodline.times import now_ms
from moodline.worker.lettered import LetteredStage, Unwritten
from moodline.worker.settings import WorkerSettings
from moodline.worker.slow import SlowStage
from moodline.worker.stages import INPUT, NEXT, OUTPUT, Made, Making, ReaderName, consecutive, make

if TYPE_CHECKING:  # a worker without ingest needs none of its packages
    from moodline.worker.feed import Feed
    from moodline.worker.live_feed import LiveFeed

log = logging.getLogger(__name__)

STOP_S = 6.5
"""How long a worker that was told to stop may take for the batch in hand, seconds."""
LEAVE_S = 2.0
"""How long it may then take to leave; together they stay below the 10 s that most supervisors allow."""

LIVE_ASK_S = 0.1
"""How often it is asked how far those who read live cameras are, seconds."""

DAY_S = 86_400


@dataclass(frozen=True)
class Request:
    """What a worker is asked to be.

    Attributes:
        stages: one stage, or consecutive ones.
        sources: for ingest: files and folders, or addresses of cameras; without any, its share of the registry.
        camera: for ingest: one name for all recordings, or for the one camera.
        sampling: options for ingest's settings.
        playing: for ingest: how recordings are played as cameras; None to read them as files.
        drain: whether to end once everything is through.
        kafka: Kafka's bootstrap servers; from the settings without it.
        redis: address of Redis; from the settings without it.
        file: the settings file.
    """

    stages: Sequence[str]
    sources: Sequence[str]
    camera: str | None
    sampling: Mapping[str, Any]
    playing: Playing | None = None
    drain: bool = False
    kafka: str | None = None
    redis: str | None = None
    file: Path | None = None


@dataclass
class Joined:
    """What a worker holds while it works; all of it is released by the stack.

    Attributes:
        stack: releases what was opened, the last first.
        stop: set when the worker is told to end.
        client: the opened Redis; None where none is needed.
        waiting: what can be made to give up waiting.
        sources: the buses that are polled.
    """

    stack: ExitStack
    stop: Event
    client: Any
    waiting: list[Abortable]
    sources: list[KafkaBus] = field(default_factory=list)

    def join(self, part: Any) -> Any:
        """Open a part that may wait for Kafka."""
        self.waiting.append(part)
        return self.stack.enter_context(part)


class Process:
    """A worker process.

    Raises:
        UserError: whatever is wrong with the request or the settings, before anything is read or written.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._names = consecutive(request.stages)
        if request.sources and self._names[0] != "ingest":
            raise UsageError("only ingest has sources of its own; leave --source out")
        self._live = self._names[0] == "ingest" and (
            not request.sources or request.playing is not None or are_live(request.sources)
        )
        self._kafka = KafkaSettings.load({"bootstrap_servers": request.kafka}, request.file)
        self._wire = WireSettings.load(None, request.file)
        self._store = StoreSettings.load({"redis_url": request.redis}, request.file)
        self._worker = WorkerSettings.load(None, request.file)
        self._shedding = SheddingSettings.load(None, request.file)

    def run(self) -> tuple[int, dict[str, Any]]:
        """Work until the end; gives the exit code and what was done.

        Raises:
            BrokerError: Kafka is away at the start, refuses, or did not answer in time when told to stop.
            StoreError: Redis is away at the start, or when told to stop.
        """
        began = time.monotonic()
        with ExitStack() as stack:
            stop = stack.enter_context(stop_on_signal())
            waiting: list[Abortable] = []
            overdue = Overdue(STOP_S, LEAVE_S, BrokerError.exit_code, self._unanswered)
            aborted = stack.enter_context(abort_when_overdue(stop, waiting, overdue))
            client = stack.enter_context(self._redis()) if self._names != ["classifier"] else None
            joined = Joined(stack, stop, client, waiting)
            topics.ensure(self._kafka, self._wire.topic_prefix)
            dead = joined.join(DeadLetters(self._topic(topics.DEAD), self._names[-1], self._kafka, now_ms))
            work = self._feed if self._names[0] == "ingest" else self._between
            done = work(joined, dead)
        if aborted.is_set() or any(bus.unanswered for bus in joined.sources):
            raise BrokerError(self._unanswered)
        seconds = round(time.monotonic() - began, 3)
        return EXIT_OK, {"stages": self._names, "seconds": seconds, "dead_letters": dead.written, **done}

    def _feed(self, joined: Joined, dead: DeadLetters) -> dict[str, Any]:
        """Read the sources, through the stages that are fused to ingest, onto the next topic."""
        from ingest.slots import Slots

        partitions = self._kafka.partitions
        slots = Slots(joined.client, self._store.key_prefix)
        routes = Routes(lambda camera: patiently(lambda: slots.slot(camera), joined.stop) % partitions)
        feed = self._live_feed(joined) if self._live else self._recorded_feed(joined)
        made = [self._lettered(name, self._make(name, joined, routes), routes, dead) for name in self._readers]
        log.info("%s: reading", " ".join(self._names))
        output = self._output(joined, routes, dead)
        calm()
        done = feed.run(made, self._names[1:], output)
        dead.flush()
        return {**done, "interrupted": joined.stop.is_set()}

    def _recorded_feed(self, joined: Joined) -> "Feed":
        from moodline.worker.feed import Feed

        request = self._request
        return Feed(request.sources, request.camera, request.sampling, request.file, joined.stop, self._lossy)

    def _live_feed(self, joined: Joined) -> "LiveFeed":
        from ingest.live.settings import LiveSettings
        from ingest.settings import IngestSettings
        from moodline.watching import Watching, make_watch
        from moodline.worker.live_feed import LiveFeed

        request = self._request
        named = cameras_of(request.sources, request.camera, request.playing)
        live, rate = LiveSettings.load(None, request.file), IngestSettings.load(request.sampling, request.file).rate
        watching = Watching(named, live, rate, self._lossy, self._pulse)
        watch = make_watch(joined.client, self._store.key_prefix, watching)
        return LiveFeed(watch, request.file, joined.stop)

    @property
    def _lossy(self) -> str | None:
        """What frames lose on their way to the detector: the name and quality of a codec; None for nothing."""
        return f"jpeg {QUALITY}" if not self._readers and self._wire.frame_codec == "jpeg" else None

    def _between(self, joined: Joined, dead: DeadLetters) -> dict[str, Any]:
        """Take messages from one topic to another, or to the store."""
        first = self._names[0]
        assert first != "ingest"  # noqa: S101  # `run` looked
        routes = Routes()
        made = [self._make(name, joined, routes) for name in self._names]
        stage: Stage = made[0].stage if len(made) == 1 else FusedStage([one.stage for one in made])
        shedding = SheddingStage(stage, self._shedding, now_ms)
        states = None
        if "detector" in self._names:  # the one stage with a state of its own; the sink's lies in its store
            from common.state_redis import RedisStateStore

            expire_s = round(self._worker.state_days * DAY_S)
            states = RedisStateStore(joined.client, self._store.key_prefix, first, expire_s)
        group = f"{self._wire.topic_prefix}.{first}"
        source = joined.join(KafkaBus(self._topic(INPUT[first]), self._kafka, routes, group=group, dead=dead))
        joined.sources.append(source)
        fill_s = partial(shedding.fill_s, made[0].fill_s)
        intake = Intake(made[0].batch, fill_s, self._request.drain, self._pulse, shedding.limit)
        worker = Worker(shedding, source, self._output(joined, routes, dead), states, intake, joined.stop)
        calm()
        log.info("%s: waiting for messages", " ".join(self._names))
        worker.run()
        counts = {"refused_commits": source.refused_commits, "deleted_unread": source.deleted_unread}
        return {"messages": worker.messages, **counts}

    def _make(self, name: str, joined: Joined, routes: Routes) -> Made:
        publish = None
        if name == "sink":
            from moodline.worker.public import PublicTopic

            publish = joined.join(PublicTopic(self._topic(topics.READINGS), self._kafka, routes)).publish
        made = make(name, Making(self._request.file, joined.client, self._store.key_prefix, publish))
        joined.stack.callback(made.stage.close)
        if name == "classifier":
            self._watch_net(made.stage, joined)
        if self._worker.delay_ms:
            return made._replace(stage=SlowStage(made.stage, self._worker.delay_ms / 1000))
        return made

    def _watch_net(self, classifier: Any, joined: Joined) -> None:
        """Let live cameras be read by the net that was chosen; without a Redis that is that of the settings."""
        from classifier.settings import ClassifierSettings
        from common.redis_client import open_client
        from moodline.nets.watch import PATIENCE, NetWatch, watching

        client = joined.client
        if self._store.redis_url is None and client is None:
            return
        opening = partial(open_client, self._store, PATIENCE) if client is None else lambda: nullcontext(client)
        settings = ClassifierSettings.load(None, self._request.file)
        joined.stack.enter_context(watching(NetWatch(classifier, settings, opening, self._store.key_prefix, now_ms)))

    @property
    def _readers(self) -> Sequence[ReaderName]:
        return [name for name in self._names if name != "ingest"]

    def _lettered(self, name: ReaderName, made: Made, routes: Routes, dead: DeadLetters) -> Made:
        place = Unwritten(name, self._topic(INPUT[name]), self._wire.frame_codec, routes)
        return made._replace(stage=LetteredStage(made.stage, place, dead))

    def _output(self, joined: Joined, routes: Routes, dead: DeadLetters) -> KafkaBus | None:
        last = self._names[-1]
        if last not in OUTPUT:
            return None
        name = self._topic(OUTPUT[last])
        bus = KafkaBus(name, self._kafka, routes, self._wire.frame_codec, dead=dead)
        joined.join(bus)
        if self._names[0] == "ingest":
            group = f"{self._wire.topic_prefix}.{NEXT[last]}"
            bus.stay_near(Ahead(name, group, self._kafka, self._near(name), joined.stop))
        return bus

    def _near(self, topic: str) -> Near:
        """Say how far ingest may be ahead: recordings by what the topic keeps, cameras by what is still fresh."""
        if self._live:
            return Near(self._shedding.max_age_ms / 1000 / 2, LIVE_ASK_S, waits=False)
        return Near(topics.retention_s(self._kafka, topic) / 2)

    @property
    def _unanswered(self) -> str:
        return (
            f"what was in hand did not end in time after this worker was told to stop: Kafka at "
            f"{self._kafka.bootstrap_servers} does not answer, or the work is slow; it is not committed and comes again"
        )

    def _topic(self, name: str) -> str:
        return topics.name_of(self._wire.topic_prefix, name)

    def _pulse(self) -> None:
        if self._worker.alive_file is not None:
            self._worker.alive_file.touch()

    def _redis(self) -> Any:
        from common.redis_client import PATIENCE, open_client

        return open_client(self._store, PATIENCE)


def run_worker(request: Request) -> tuple[int, dict[str, Any]]:
    """Be a worker until its end; see `Process`."""
    return Process(request).run()
