"""A fleet of live cameras whose frames are only noted; used by the measurements of faults, cuts and churn.

What follows ingest is left out: it does not depend on what a camera does, and would need the processor.
"""

import queue
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import pairwise
from types import TracebackType
from typing import NamedTuple, Self

from common.bus.memory import MemoryBus
from common.errors import MoodlineError
from common.messages import Frame
from ingest.live import records
from ingest.live.connection import ReaderProcess
from ingest.live.findings import Finding
from ingest.live.fleet import Fleet
from ingest.live.making import post_maker
from ingest.live.settings import LiveSettings
from ingest.live.states import State, Turn

QUEUE = 8
"""Messages that may wait, as in front of each stage of the embedded run."""

_LOOK_S = 0.02


class Taken(NamedTuple):
    """A sampled frame that came: when, monotonic seconds; its event time, Unix milliseconds; why it has no picture."""

    at_s: float
    time_ms: int
    dropped: str | None


class Losses(NamedTuple):
    """What a camera lost in some time.

    Attributes:
        frames: pictures that came.
        lost: sampled frames that came without a picture, by reason, and as `missing` such as should have been sampled
            by event time.
        gap_s: longest time without a picture, seconds.
    """

    frames: int
    lost: Counter[str]
    gap_s: float


def losses_of(taken: Sequence[Taken], rate: float, since_s: float, until_s: float) -> Losses:
    """Give what was lost of a camera's frames.

    Args:
        taken: the frames, in their order.
        rate: how many should have come a second of event time.
        since_s: first moment, monotonic seconds.
        until_s: last moment.
    """
    taken = [one for one in taken if since_s <= one.at_s <= until_s]
    times = [one.time_ms for one in taken]
    missing = sum(max(round((after - before) * rate / 1000) - 1, 0) for before, after in pairwise(times))
    pictures = [one.at_s for one in taken if one.dropped is None]
    gap_s = max(after - before for before, after in pairwise([since_s, *pictures, until_s]))
    lost = Counter(one.dropped for one in taken if one.dropped is not None)
    return Losses(len(pictures), lost + Counter(missing=missing), round(gap_s, 3))


class FleetWatch:
    """Runs a fleet and notes what comes; use it as a context.

    Args:
        rate: sampled frames a second of each camera.

    Attributes:
        fleet: the fleet.
        attempts: when a reader was started for an address, monotonic seconds.
    """

    def __init__(self, rate: float) -> None:
        settings = LiveSettings.load()
        self.fleet = Fleet(settings, post_maker(settings), lambda address: address, self._start)
        self.attempts: defaultdict[str, list[float]] = defaultdict(list)
        self._rate = rate
        self._taken: defaultdict[str, list[Taken]] = defaultdict(list)
        self._bus = MemoryBus(QUEUE)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._feed, self._note)]

    def wait(self, until: Callable[[], bool], within_s: float) -> float | None:
        """Wait until something is so; gives the seconds that it took, or None if it never was.

        Raises:
            MoodlineError: the fleet has failed.
        """
        began_s = time.monotonic()
        while not until():
            if not self._threads[0].is_alive():
                raise MoodlineError("the fleet has ended before its time; see what it has logged")
            if time.monotonic() - began_s > within_s:
                return None
            time.sleep(_LOOK_S)
        return time.monotonic() - began_s

    def state(self, camera: str) -> State | None:
        """Give the state of a camera; None if it is not watched."""
        post = self.fleet.posts.get(camera)
        return None if post is None else post.health.state

    def wait_for(self, camera: str, states: Collection[State], within_s: float) -> float | None:
        """Wait for one of some states; see `wait`."""
        return self.wait(lambda: self.state(camera) in states, within_s)

    def wait_for_picture(self, camera: str, since_s: float, within_s: float) -> float | None:
        """Wait until a camera is live and gave a picture after a moment of the monotonic clock; see `wait`."""

        def back() -> bool:
            taken = list(self._taken[camera])
            return self.state(camera) == "live" and any(one.at_s >= since_s and not one.dropped for one in taken)

        return self.wait(back, within_s)

    def need(self, cameras: Iterable[str], within_s: float) -> None:
        """Wait until cameras are live.

        Raises:
            MoodlineError: one is not.
        """
        for camera in cameras:
            if self.wait_for(camera, {"live"}, within_s) is None:
                raise MoodlineError(
                    f"{camera} did not become live, it is {self.state(camera)}; is the machine too busy?"
                )

    def losses(self, camera: str, since_s: float, until_s: float) -> Losses:
        """Give what a camera lost between two moments of the monotonic clock."""
        return losses_of(list(self._taken[camera]), self._rate, since_s, until_s)

    def changes(self) -> list[tuple[str, Turn | Finding]]:
        """Take the changes of state and the findings since the last call."""
        found = []
        while True:
            try:
                found.append(self.fleet.changes.get_nowait())
            except queue.Empty:
                return found

    def _start(self, order: records.Order) -> ReaderProcess:
        self.attempts[order.address].append(time.monotonic())
        return ReaderProcess(order)

    def _feed(self) -> None:
        try:
            self.fleet.run(self._bus, self._stop)
        finally:
            self._bus.finish()

    def _note(self) -> None:
        while not self._bus.drained:
            for message in self._bus.poll(QUEUE, 0.2):
                if isinstance(message, Frame):
                    spine = message.spine
                    self._taken[spine.camera].append(Taken(time.monotonic(), spine.time_ms, message.dropped))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
