"""A stage that sheds what live cameras give beyond its strength, and what comes under an epoch that is over.

Used by the embedded run and by the workers, around every stage. Before the stage works on a batch with anything live in
it, the batch is cut into portions that take no longer than a budget; what is too old by the time of its portion, or of
an epoch below one that was seen, loses its content and goes on. So a stage that is too slow for its cameras keeps the
latency of what it does; it serves them by turns. A picture is too old at half the age of a crop: else a detector that
is behind would find faces that nobody comes to read in time. A batch of recordings alone is left as it is: what becomes
of it never depends on the load.
"""

import logging
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence

from common.fencing import Fence, fenced
from common.freshness import Freshness, expired
from common.fused import FusedStage
from common.messages import Faces, Frame, Message, Opened, Readings, Spine, camera_of, coordinates
from common.pace import Pace, cost_of, is_work
from common.runner import Take
from common.shedding_settings import SheddingSettings
from common.stage import Stage

log = logging.getLogger(__name__)

_DIFFER = (
    "%s: all that came of it lately was %.1f s old: the stages before are as slow, or the clock of this machine is "
    "ahead of that of the ingest worker; ages count from there now"
)
_SLOW_MS = 5000
"""So late a stage that sheds what is old is never; only clocks differ by more."""

_WORDS = 8
"""So many messages without work are taken in place of one with it, at most."""

_WORDS = 8
"""So many messages without work are taken in place of one with it, at most."""

_EPOCH = re.compile(rb"([A-Za-z0-9_-]*):")


class SheddingStage(FusedStage):
    """A `StatefulStage` around a stage.

    Args:
        stage: the stage that works; the caller closes it.
        settings: how old is too old, and how much is taken on at a time.
        now_ms: the clock that `arrived_ms` is of, Unix milliseconds.
    """

    def __init__(self, stage: Stage, settings: SheddingSettings, now_ms: Callable[[], int]) -> None:
        super().__init__([stage])
        self._stage = stage
        self._max_age_ms, self._budget_ms = settings.max_age_ms, settings.budget_ms
        self._now_ms = now_ms
        self._pace = Pace(settings.budget_ms / 1000)
        self._fence = Fence()
        self._freshness: defaultdict[str, Freshness] = defaultdict(Freshness)
        self._decided: dict[str, bool] = {}
        self._is_live = False
        self._worked = self._cost = 1.0
        self._turn = 0
        self._served: dict[str, int] = {}
        self._until_ms: int | None = None

    def take(self, usual: Take) -> Take:
        """Say how to take messages from a bus whose room counts: what is taken makes room for more to wait behind it.

        Args:
            usual: how recordings are taken; of live cameras only what fits into the budget is, and at once.
        """
        return Take(min(usual.batch, max(round(self._pace.limit / self._cost), 1)), 0.0) if self._is_live else usual

    def limit(self, usual: int) -> int:
        """Say how many messages to take from a bus where none of them waits for room.

        Word of frames of live cameras that were dropped is soon passed on, while each batch has its cost, that of a
        flush and a commit: as long as it is most of what comes, more is taken at a time. So are faces when they are too
        many, since only cameras that are in hand together are served by turns; pictures take too much room for that.

        Args:
            usual: how many messages with work are taken, at most.
        """
        return round(usual / max(self._worked, 1 / _WORDS)) if self._is_live else usual

    def fill_s(self, usual: float) -> float:
        """Say how long to wait for a batch to fill, seconds: as long as usual, and not at all for live cameras."""
        return 0.0 if self._is_live else usual

    def process(self, messages: Sequence[Message]) -> Iterator[Message]:
        """See `Stage.process`; what is of different cameras may change its order when there is too much to do."""
        self._is_live = any(map(is_live, messages))
        if not self._is_live:
            yield from self._stage.process(messages)
            return
        names = map(coordinates, messages)
        self._decided = {name: self._decided[name] for name in names if name in self._decided}
        crowded = self._is_too_much(messages)
        self._note(messages, crowded)
        portions = self._by_turns if crowded else self._at_once
        for portion in filter(None, portions(messages)):
            began_ms = self._now_ms()
            results = list(self._stage.process(portion))
            self._pace.note(sum(map(cost_of, portion)), (self._now_ms() - began_ms) / 1000)
            yield from results

    def state(self, camera: str) -> bytes:
        """See `StatefulStage.state`; the highest epoch comes first, since whoever goes on must know it."""
        return self._fence.highest(camera).encode() + b":" + super().state(camera)

    def resume(self, camera: str, state: bytes) -> None:
        """See `StatefulStage.resume`."""
        told = _EPOCH.match(state)
        self._fence.resume(camera, told[1].decode() if told else "")
        super().resume(camera, state[told.end() :] if told else state)

    def forget(self, camera: str) -> None:
        """See `Stage.forget`."""
        self._fence.forget(camera)
        self._freshness.pop(camera, None)
        self._served.pop(camera, None)
        super().forget(camera)

    def _note(self, messages: Sequence[Message], crowded: bool) -> None:
        """Take note of what came, for the next time that messages are taken."""
        work, pictures = sum(map(is_work, messages)), any(isinstance(message, Frame) for message in messages)
        self._worked = work / len(messages) if pictures or not crowded else 0.0
        self._cost = sum(map(cost_of, messages)) / max(work, 1) or 1.0

    def _is_too_much(self, messages: Sequence[Message]) -> bool:
        """Whether the budget has no room for all, or some have waited long; what closes a partition must stay last."""
        much = sum(map(cost_of, messages)) > self._pace.limit or any(map(self._is_late, messages))
        return much and None not in map(camera_of, messages)

    def _is_late(self, message: Message) -> bool:
        """Whether faces have waited for half of the time after which they are too old."""
        if not isinstance(message, Faces) or not is_live(message):
            return False
        usual_ms = self._freshness[message.spine.camera].usual_ms
        return is_work(message) and self._now_ms() - message.spine.arrived_ms - usual_ms > self._max_age_ms // 2

    def _at_once(self, messages: Sequence[Message]) -> Iterator[list[Message]]:
        yield [one for message in messages for one in self._admitted(message)]

    def _by_turns(self, messages: Sequence[Message]) -> Iterator[list[Message]]:
        """Give what fits into the budget, of the camera first that was given the least work.

        So cameras share the stage's time and not its frames: one with a crowd takes nothing from one with a single
        face. Kafka gives all that it has of one partition, then all of the next: in that order the last cameras would
        be too old each time. What is no work waits for no work, except that of its own camera.
        """
        waiting: defaultdict[str, deque[Message]] = defaultdict(deque)
        for message in messages:
            waiting[camera_of(message) or ""].append(message)
        self._until_ms = self._now_ms() + self._budget_ms
        while waiting:
            yield [one for camera in list(waiting) for one in self._idle(waiting, camera)]
            portion: list[Message] = []
            while waiting and sum(map(cost_of, portion)) < self._pace.limit:
                portion += self._next(waiting, min(waiting, key=self._turn_of))
            yield portion
        self._until_ms = None

    def _idle(self, waiting: dict[str, deque[Message]], camera: str) -> Iterator[Message]:
        """Take what stands in front of a camera's next work."""
        queue = waiting[camera]
        while queue and not (is_work(queue[0]) and self._is_wanted(queue[0])):
            yield from self._admitted(queue.popleft())
        if not queue:
            del waiting[camera]

    def _next(self, waiting: dict[str, deque[Message]], camera: str) -> Iterator[Message]:
        """Take a camera's next work; what stood in front of it has become too old meanwhile."""
        yield from self._idle(waiting, camera)
        if camera in waiting:
            message = waiting[camera].popleft()
            self._turn = self._turn_of(camera)
            self._served[camera] = self._turn + cost_of(message)
            yield from self._admitted(message)
            if not waiting[camera]:
                del waiting[camera]

    def _turn_of(self, camera: str) -> int:
        """Give when a camera's turn is: what it was given before counts, but nobody saves up what he did not need."""
        return max(self._served.get(camera, 0), self._turn)

    def _admitted(self, message: Message) -> Iterator[Message]:
        """Give a message as it goes on: whole, or without content; nothing for the begin of an epoch that is over."""
        if isinstance(message, Opened):
            if not is_live(message) or self._fence.admits(message.camera, message.epoch):
                yield message
        elif not isinstance(message, Frame | Faces) or not is_live(message):
            yield message
        elif not self._fence.admits(message.spine.camera, message.spine.epoch):
            yield fenced(message)
        else:
            stale = self._decided[coordinates(message)] = self._is_stale(message)
            yield expired(message) if stale else message

    def _is_wanted(self, message: Message) -> bool:
        """Whether a message with work is still to be worked on."""
        if not isinstance(message, Frame | Faces) or not is_live(message):
            return True
        return self._fence.admits(message.spine.camera, message.spine.epoch) and not self._is_stale(message)

    def _is_stale(self, message: Frame | Faces) -> bool:
        """Whether a message is too old; once decided it stays: a batch that is done again must come out the same."""
        limit_ms = self._max_age_ms // 2 if isinstance(message, Frame) or self._is_overdue() else self._max_age_ms
        decided = self._decided.get(coordinates(message))
        return self._judge(message.spine, limit_ms) if decided is None else decided

    def _is_overdue(self) -> bool:
        """Whether a batch has had its time: what is left of it makes room for the next, whose faces wait meanwhile."""
        return self._until_ms is not None and self._now_ms() > self._until_ms

    def _judge(self, spine: Spine, limit_ms: int) -> bool:
        fresh = self._freshness[spine.camera]
        usual_ms = fresh.usual_ms
        stale = fresh.is_stale(spine, self._now_ms(), limit_ms)
        if fresh.usual_ms > usual_ms:
            level = logging.WARNING if fresh.usual_ms > _SLOW_MS else logging.INFO
            log.log(level, _DIFFER, spine.camera, fresh.usual_ms / 1000)
        return stale


def is_live(message: Message) -> bool:
    """Whether a message is of a live camera, and not a dead letter that was given back, which is late by nature."""
    if isinstance(message, Opened):
        return message.mode == "live"
    if isinstance(message, Frame):
        return message.spine.mode == "live"
    return isinstance(message, Faces | Readings) and message.spine.mode == "live" and not message.replayed
