"""Builders for the tests of the worker loop: a worker between simulated buses, all of whose calls are noted."""

import threading

from common.errors import StoreError
from common.messages import Faces, Frame
from common.state import MemoryStateStore
from common.worker import Intake, Worker
from tests.builders_messages import empty_frame
from tests.simulation.bus import Calm, SimulatedBus
from tests.simulation.topic import Topic

POISON = 13


class Noting(Calm):
    """Notes every call by the name of what was called."""

    def __init__(self, name, notes):
        self._name, self._notes = name, notes

    def reach(self, call):
        self._notes.append(f"{self._name} {call}")


class Tally:
    """A stage that counts each camera's frames since its begin; the count is its state, and its outputs' recipe."""

    def __init__(self, notes=None):
        self.notes = [] if notes is None else notes
        self.counts = {}

    def process(self, messages):
        for message in messages:
            self.notes.append("process")
            yield self._counted(message) if isinstance(message, Frame) else message

    def _counted(self, frame):
        spine = frame.spine
        self.counts[spine.camera] = self.counts.get(spine.camera, 0) + 1
        failure = "13 brings bad luck" if spine.seq == POISON else None
        return Faces(spine, (), str(self.counts[spine.camera]), "dead_letter" if failure else None, failure)

    def state(self, camera):
        return str(self.counts.get(camera, 0)).encode()

    def resume(self, camera, state):
        self.notes.append(f"resume {camera}")
        self.counts[camera] = int(state or b"0")

    def forget(self, camera):
        self.notes.append(f"forget {camera}")
        self.counts.pop(camera, None)

    def close(self):
        pass


class States(MemoryStateStore):
    """A store that is away as often as told."""

    def __init__(self, notes=None, away=0):
        super().__init__()
        self._notes = [] if notes is None else notes
        self.away = away

    def load(self, camera):
        self._notes.append("load")
        return super().load(camera)

    def save(self, changes):
        self._notes.append("save")
        if self.away:
            self.away -= 1
            raise StoreError("Redis is away")
        return super().save(changes)


class Waits(threading.Event):
    """Notes for how long it was waited; is set during the wait of a number."""

    def __init__(self, last=None, then=lambda: None):
        super().__init__()
        self.seconds, self._last, self._then = [], last, then

    def wait(self, timeout=None):
        self.seconds.append(timeout)
        self._then()
        if len(self.seconds) == self._last:
            self.set()
        return self.is_set()


def topic(name="in", partitions=1, route=lambda _: 0):
    return Topic(name, partitions, route, patience=0)


class Bench:
    """A worker between two simulated buses, all of whose calls are noted."""

    def __init__(self, source=None, states=None, stage=None, stop=None, batch=10, drain=False):
        self.notes = []
        self.source = source or topic()
        self.output = topic("out")
        self.states = States(self.notes) if states is None else states
        self.stage = stage or Tally(self.notes)
        self.bus = SimulatedBus(self.source, Noting("in", self.notes))
        self.out = SimulatedBus(self.output, Noting("out", self.notes))
        self.stop = stop or threading.Event()
        self.worker = Worker(self.stage, self.bus, self.out, self.states, Intake(batch, drain=drain), self.stop)

    @property
    def counted(self):
        return [(one.spine.seq, int(one.recipe)) for one in self.output.logs[0] if isinstance(one, Faces)]


def feed(source, *messages):
    producer = SimulatedBus(source)
    for message in messages:
        producer.publish(message)


def frames(*seqs, camera="shop"):
    return [empty_frame(seq, camera=camera) for seq in seqs]
