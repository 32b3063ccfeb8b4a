"""The loop of a worker: one stage between two buses, whose state survives it; used by `moodline worker`.

In this order: poll, process, publish, flush, save the stage's state, commit. So a message is delivered at least once,
whatever fails: what was polled and not committed comes again, and a stage with state passes over what its saved state
includes. When Redis is away the worker keeps what it has in hand and tries again; it polls nothing meanwhile, so its
memory does not grow. When another worker has taken a camera over, the save is refused and the camera is begun afresh
from what stands.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from common.bus.base import Bus, BusClosed, Place
from common.errors import StoreError
from common.messages import Faces, Message, Readings, camera_of, coordinates
from common.retry import Backoff
from common.stage import Stage, StatefulStage
from common.state import Saved, StateStore

log = logging.getLogger(__name__)

POLL_S = 0.5
"""Longest wait for a message, seconds: how soon a worker without work notices that it is to stop."""


class Intake(NamedTuple):
    """How a worker takes its messages.

    Attributes:
        batch: messages at a time, at most.
        fill_s: says each time for how long to wait at most for a batch to fill, seconds.
        drain: whether to end once everybody who feeds the bus has finished and all of it is through.
        pulse: called whenever the worker shows that it is alive: at every poll, and at every attempt while it waits.
        limit: says each time how many messages to take at most, given `batch`.
    """

    batch: int
    fill_s: Callable[[], float] = lambda: 0.0
    drain: bool = False
    pulse: Callable[[], None] = lambda: None
    limit: Callable[[int], int] = lambda batch: batch


class Held(NamedTuple):
    """A camera that this worker goes on with: the version of its last save, and the last message in its state."""

    version: int
    place: Place


Batch = Sequence[tuple[Message, Place]]

_MAY_FAIL = (Faces, Readings)
"""The messages by which a stage says that it failed on a frame."""


class Worker:
    """One stage between two buses.

    Args:
        stage: the stage; the caller closes it.
        source: where its inputs come from.
        output: where its outputs go; None for the last stage.
        states: where the state of a `StatefulStage` is saved; None where it need not survive.
        intake: how inputs are taken.
        stop: once set, the worker finishes the batch in hand and ends.

    Attributes:
        messages: how many were dealt with so far.
    """

    def __init__(
        self,
        stage: Stage,
        source: Bus,
        output: Bus | None,
        states: StateStore | None,
        intake: Intake,
        stop: threading.Event,
    ) -> None:
        self._stage = stage
        self._source = source
        self._output = output
        self._states = states if isinstance(stage, StatefulStage) else None
        self._intake = intake
        self._stop = stop
        self._backoff = Backoff(stop.wait)
        self.messages = 0
        self._cameras: defaultdict[int, set[str]] = defaultdict(set)
        self._held: dict[str, Held] = {}

    def run(self) -> None:
        """Work until told to stop, or until the bus is drained.

        Raises:
            StoreError: told to stop while Redis was away; what was in hand is not committed and comes again.
        """
        try:
            while not self._stop.is_set() and not (self._intake.drain and self._source.drained):
                self.turn()
        except BusClosed:
            log.debug("worker stopped: a bus was closed")

    def turn(self) -> int:
        """Poll once and see what comes of it through to its commit; returns how many messages there were."""
        self._intake.pulse()
        messages = self._source.poll(self._intake.limit(self._intake.batch), POLL_S, self._intake.fill_s())
        for partition in self._source.taken_away():
            self._forget(self._cameras.pop(partition, set()))
        batch = list(zip(messages, self._source.places(), strict=True))
        for camera, partition in {(camera_of(message), place.partition) for message, place in batch}:
            if camera is not None:
                self._cameras[partition].add(camera)
        left: Batch = batch
        while left:
            left = self._attempt(left)
        if batch:
            self._source.commit()
            self.messages += len(batch)
        return len(batch)

    def _attempt(self, batch: Batch) -> Batch:
        """Take a batch through to its save; gives what must be done once more."""
        try:
            again = self._through(batch)
        except StoreError as error:
            log.warning("waiting: %s", error)
            self._intake.pulse()
            self._forget({camera for message, _ in batch if (camera := camera_of(message)) is not None})
            if not self._backoff.pause():
                raise
            return batch
        self._backoff.reset()
        if not again:
            return ()
        self._forget(again)
        return [(message, place) for message, place in batch if camera_of(message) in again]

    def _through(self, batch: Batch) -> Collection[str]:
        """Process, publish, flush, save; gives the cameras that another worker has taken over meanwhile."""
        fresh = batch if self._states is None else [one for one in batch if self._is_fresh(*one)]
        places: dict[str, Place] | None = None
        output = self._output
        for message in self._stage.process([message for message, _ in fresh]):
            if isinstance(message, _MAY_FAIL) and message.failure:
                places = places or {coordinates(one): place for one, place in fresh}
                if coordinates(message) in places:
                    self._source.reject(places[coordinates(message)], message.failure)
                message = replace(message, failure=None)  # noqa: PLW2901  # or the next stage would tell it again
            if output is not None:
                output.publish(message)
        if output is not None:
            output.flush()
        # Rejected messages are among those that a saved state passes over: their dead letters must be safe before it.
        self._source.flush()
        return self._save(fresh)

    def _is_fresh(self, message: Message, place: Place) -> bool:
        """Whether a message is not yet in its camera's state; resumes the camera if this worker does not hold it."""
        camera = camera_of(message)
        if self._states is None or camera is None:
            return True
        if camera not in self._held:
            self._held[camera] = self._resume(camera, self._states)
        last = self._held[camera].place
        # A camera that was given another partition is new there: offsets of two partitions cannot be compared.
        return place.partition != last.partition or place.offset > last.offset

    def _resume(self, camera: str, states: StateStore) -> Held:
        saved = states.load(camera)
        assert isinstance(self._stage, StatefulStage)  # noqa: S101  # there are states only for such
        here = saved is not None and saved.bus == self._source.identity
        self._stage.resume(camera, saved.state if saved is not None and here else b"")
        if saved is None or not here:
            return Held(0 if saved is None else saved.version, Place(0, -1))
        return Held(saved.version, saved.place)

    def _save(self, batch: Batch) -> Collection[str]:
        if self._states is None:
            return ()
        assert isinstance(self._stage, StatefulStage)  # noqa: S101  # the same
        last = {camera: place for message, place in batch if (camera := camera_of(message)) is not None}
        changes = {
            camera: Saved(self._held[camera].version + 1, self._source.identity, place, self._stage.state(camera))
            for camera, place in last.items()
        }
        refused = self._states.save(changes) if changes else ()
        for camera, saved in changes.items():
            self._held[camera] = Held(saved.version, saved.place)
        if refused:
            log.warning("taken over by another worker meanwhile: %s", ", ".join(sorted(refused)))
        return refused

    def _forget(self, cameras: Collection[str]) -> None:
        for camera in cameras:
            self._stage.forget(camera)
            self._held.pop(camera, None)
