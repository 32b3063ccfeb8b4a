"""The whole pipeline in one thread: real workers, stages and Redis on simulated buses, with faults when told.

Two processes of each stage take turns by chance, beside one ingest for each camera that reads its recordings. A
process that crashes loses its memory and what it did not flush, and begins again with what is committed and saved.
"""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial

import redis

from common.state_redis import RedisStateStore
from common.worker import Intake, Worker
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import RedisStore
from tests.simulation.bus import SimulatedBus
from tests.simulation.faults import Fault, Role, Scenario
from tests.simulation.footage import Footage, footage, is_unreadable
from tests.simulation.redis_faults import client_of
from tests.simulation.stages import classifier_stage, detector_stage
from tests.simulation.topic import Topic
from tests.sink.builders import KEEPING

TURNS = 2000
"""More turns than any disturbed run takes."""
ROUNDS = 60
"""Rounds of turns of everybody in which all must be through once nothing goes wrong any more."""
BATCH = 8
DEEPEST = 3
"""Processes that stand still within each other's turns, at most."""
STAGES: tuple[Role, ...] = ("detector", "classifier", "sink")
TURN_S = 0.1
MOVED = 0.02
"""How often partitions go to other members before a turn."""
TWICE = 0.04
"""How often a producer writes its latest messages twice."""


class Crashed(BaseException):
    """A process ended at once; no `except Exception` of a stage keeps it alive."""


class StuckError(AssertionError):
    """With nothing going wrong any more, not everything came through in a bounded number of turns."""


class Process:
    """A simulated process of one stage, or of ingest; also the `Chance` of all it calls.

    Attributes:
        resting: turns for which it is not scheduled.
        busy: whether its turn stands still within that of another.
        last: whether all processes of its stage crash once its turn is over.
        doomed: whether it crashes at its next call.
    """

    def __init__(self, world: "World", role: Role) -> None:
        self.world = world
        self.role = role
        self.resting = 0
        self.busy = False
        self.last = False
        self.doomed = False

    def reach(self, call: str) -> None:
        """See `Chance.reach`."""
        self.world.reach(self, call)

    def some(self, most: int) -> int:
        """See `Chance.some`."""
        return most if self.world.calm else self.world.chance.randint(0, most)

    def twice(self, most: int) -> int:
        """See `Chance.twice`."""
        often = not self.world.calm and self.world.chance.random() < TWICE
        return self.world.chance.randint(1, most) if often and most else 0

    def turn(self) -> None:
        """Work once."""
        raise NotImplementedError

    def end(self) -> None:
        """Leave nothing behind but what others can see."""
        raise NotImplementedError


class Stop(threading.Event):
    """Never set; whoever waits for it waits by the simulated clock."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    def wait(self, timeout: float | None = None) -> bool:
        self._process.reach("wait")
        self._process.world.now_s += timeout or 0.0
        return False


class Ingest(Process):
    """Publishes the recordings of one camera from their begin."""

    def __init__(self, world: "World", camera: str) -> None:
        super().__init__(world, "ingest")
        self._left = list(world.footage.cameras[camera])
        self._bus = SimulatedBus(world.frames, self)
        self.done = False

    def turn(self) -> None:
        """See `Process.turn`."""
        for _ in range(self.world.chance.randint(1, 6)):
            if self._left:
                self._bus.publish(self._left.pop(0))
        if not self._left and not self.done:
            self._bus.flush()
            self.done = True

    def end(self) -> None:
        """See `Process.end`."""
        self._bus.abort()


class Stage(Process):
    """A worker of one stage."""

    def __init__(self, world: "World", role: Role) -> None:
        super().__init__(world, role)
        store = client_of(world.client, self)
        if role == "sink":
            self.stage = SinkStage(RedisStore(store, world.prefix, KEEPING), SinkSettings())
        else:
            self.stage = detector_stage() if role == "detector" else classifier_stage()
        before, after = world.between(role)
        self.source = SimulatedBus(before, self)
        self._output = None if after is None else SimulatedBus(after, self)
        states = RedisStateStore(store, world.prefix, role, 3600)
        self._worker = world.make_worker(self.stage, self.source, self._output, states, Intake(BATCH), Stop(self))

    def turn(self) -> None:
        """See `Process.turn`."""
        self._worker.turn()

    def end(self) -> None:
        """See `Process.end`."""
        self.stage.close()
        self.source.abort()
        if self._output is not None:
            self._output.abort()


MakeWorker = Callable[..., Worker]


class World:
    """One simulated run.

    Args:
        client: the real Redis.
        prefix: first part of its keys.
        scenario: what happens.
        make_worker: makes a worker; another than `Worker` where a test shows that a wrong one is found.
    """

    footage_of = staticmethod(footage)
    feed: type[Ingest] = Ingest

    def __init__(self, client: redis.Redis, prefix: str, scenario: Scenario, make_worker: MakeWorker = Worker) -> None:
        self.client, self.prefix = client, prefix
        self.footage: Footage = self.footage_of(scenario.footage)
        self.chance = random.Random(scenario.schedule)
        self.make_worker = make_worker
        self.calm = False
        self.now_s = 0.0
        self.met: Counter[str] = Counter()
        parts, route = self.footage.partitions, self.footage.partition
        self.frames = Topic("frames", parts, route, 0.0, is_unreadable)
        self.faces, self.scores = Topic("faces", parts, route, 0.0), Topic("scores", parts, route, 0.0)
        self.topics = (self.frames, self.faces, self.scores)
        self._faults = {(fault.role, fault.call, fault.nth): fault for fault in scenario.faults}
        self._reached: Counter[tuple[Role, str]] = Counter()
        self._redis_back_s = 0.0
        self._makers: list[Callable[[], Process]] = [
            partial(self.feed, self, camera) for camera in self.footage.cameras
        ]
        self._makers += [partial(Stage, self, role) for role in STAGES for _ in range(2)]
        self._processes: list[Process | None] = [None] * len(self._makers)

    def run(self) -> None:
        """Run with all that goes wrong, then without, until everything is through.

        Raises:
            StuckError: it is not.
        """
        logging.disable()
        try:
            for _ in range(TURNS):
                if self._is_through():
                    break
                self._turn_of(self.chance.randrange(len(self._makers)))
            self.calm = True
            for _ in range(ROUNDS):
                for place in range(len(self._makers)):
                    self._turn_of(place)
                if self._is_through():
                    return
            raise StuckError(f"not through after {ROUNDS} rounds")
        finally:
            logging.disable(logging.NOTSET)
            for process in self._processes:
                if process is not None:
                    process.end()

    def between(self, role: Role) -> tuple[Topic, Topic | None]:
        """Give the topics before and after a stage."""
        after = {"detector": self.faces, "classifier": self.scores}
        before = {"detector": self.frames, "classifier": self.faces, "sink": self.scores}
        return before[role], after.get(role)

    def reach(self, process: Process, call: str) -> None:
        """A process reached a call: whatever is to go wrong there goes wrong."""
        if process.doomed:
            raise Crashed
        if self.calm:
            return
        self._reached[process.role, call] += 1
        fault = self._faults.get((process.role, call, self._reached[process.role, call]))
        if fault is not None:
            self._happen(process, fault)
        if call.startswith("redis") and self.now_s < self._redis_back_s:
            raise redis.ConnectionError("away")

    def _happen(self, process: Process, fault: Fault) -> None:
        self.met[f"{fault.role} {fault.kind}"] += 1
        match fault.kind:
            case "crash":
                raise Crashed
            case "zombie":
                self._stand_still(process, fault.turns)
            case "blackout":
                self._stand_still(process, fault.turns)
                process.last = True
            case "outage":
                self._redis_back_s = self.now_s + fault.turns / 10
            case "rebalance":
                self.between(process.role)[0].group.rotate()
            case "pause":
                process.resting = fault.turns

    def _stand_still(self, process: Process, turns: int) -> None:
        """Let others have the partitions of a process and take turns, while it stands in the middle of its own."""
        if not isinstance(process, Stage) or sum(one.busy for one in self._processes if one is not None) > DEEPEST:
            return
        self.between(process.role)[0].group.leave(process.source)
        same = self._places_of(process.role)
        for _ in range(turns):
            everybody = same if self.chance.random() < 0.7 else range(len(self._makers))
            self._turn_of(self.chance.choice(list(everybody)))

    def _places_of(self, role: Role) -> list[int]:
        cameras = len(self.footage.cameras)
        begin = 0 if role == "ingest" else cameras + 2 * STAGES.index(role)
        return list(range(begin, cameras if role == "ingest" else begin + 2))

    def _turn_of(self, place: int) -> None:
        """Let the process at a place take its turn; one that is not there begins."""
        self.now_s += TURN_S
        if not self.calm and self.chance.random() < MOVED:
            self.chance.choice(self.topics).group.rotate()
        process = self._processes[place]
        if process is None:
            process = self._processes[place] = self._makers[place]()
        if process.busy:
            return
        if process.resting and not self.calm:
            process.resting -= 1
            return
        process.busy = True
        try:
            process.turn()
        except Crashed:
            process.doomed = True
        process.busy = False
        if process.doomed:
            self._crash(place)
        if process.last:
            for other in self._places_of(process.role):
                self._crash(other)

    def _crash(self, place: int) -> None:
        """End a process; it begins anew when its turn comes."""
        process = self._processes[place]
        if process is not None and process.busy:
            process.doomed = True
        elif process is not None:
            process.end()
            self._processes[place] = None

    def _is_through(self) -> bool:
        feeds = self._processes[: len(self.footage.cameras)]
        fed = all(isinstance(feed, Ingest) and feed.done for feed in feeds)
        return fed and all(topic.caught_up for topic in self.topics)
