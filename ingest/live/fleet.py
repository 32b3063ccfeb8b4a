"""All live cameras of one process: one thread that hears their readers and publishes their messages.

Used by the embedded run and by the ingest worker. Pictures are asked for only when the bus has room, one camera after
another as `turns` says; so what waits is never older than the newest picture of its camera. Nothing here waits for a
camera, for Redis or for Kafka's answer: one camera that hangs must not be felt by the others.
"""

import logging
import queue
import selectors
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from common.bus.base import Bus
from common.messages import CloseReason, Message
from ingest.live import records
from ingest.live.connection import ReaderProcess
from ingest.live.findings import Finding
from ingest.live.post import Post, Tools, Watched
from ingest.live.settings import LiveSettings
from ingest.live.states import Turn
from ingest.live.turns import Turns

log = logging.getLogger(__name__)

ASKED = 2
"""Cameras whose picture may be on its way at once; while one is copied the next is converted."""
ATTEMPTS = 2
"""Readers that are started in one turn of the loop, at most, so that many cameras do not begin in the same moment."""
TIGHT_S = 1.0
"""For so long after the bus was full only one picture is on its way, so that there is room for it once it has come."""
_IDLE_S = 0.1
_CROWDED_S = 0.004
_TICK_S = 0.2
_SAMPLED = "sampled"

_WHY_LEFT: Mapping[CloseReason, str] = {
    "removed": "removed",
    "handed_over": "left to another worker",
    "interrupted": "it begins anew",
}

Command = Callable[[float], Iterable[Message]]


class Fleet:
    """Watches cameras, which may come and go while it runs.

    Args:
        settings: how cameras are watched.
        make: makes a camera's messages and its health.
        resolve: puts the secrets into an address.
        start: starts a reader.
        pulse: called a few times a second as long as the loop turns.

    Attributes:
        changes: every change of a camera's state and every finding about its clocks, with its name; to be taken by
            whoever tells people.
        left: cameras that were watched and are not any more, and why, in words.
    """

    def __init__(
        self,
        settings: LiveSettings,
        make: Callable[[Watched, Tools], Post],
        resolve: Callable[[str], str],
        start: Callable[[records.Order], ReaderProcess] = ReaderProcess,
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        self.changes: queue.SimpleQueue[tuple[str, Turn | Finding]] = queue.SimpleQueue()
        self.left: dict[str, str] = {}
        self._make = make
        self._pulse = pulse
        self._tools = Tools(resolve, start, self._changed, settings.timeout_s, settings.threads)
        self._turns = Turns(settings.policy)
        self._posts: dict[str, Post] = {}
        self._leaving: list[ReaderProcess] = []
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._selector = selectors.DefaultSelector()
        self._ticked_s = 0.0
        self._crowded_s = float("-inf")
        self._past = Counter[str]()
        self._reached_ms: dict[str, int] = {}

    @property
    def played(self) -> bool:
        """Whether all that is watched are recordings which have come to their end."""
        posts = self.posts
        return bool(posts) and all(post.played for post in posts.values())

    @property
    def sampled(self) -> int:
        """Pictures that were sampled so far, of all cameras, also of those that have been let go."""
        return self._past[_SAMPLED] + sum(post.live.sampled for post in self.posts.values())

    @property
    def dropped(self) -> Counter[str]:
        """How many of them were not handed on, by reason."""
        total = Counter(self._past)
        del total[_SAMPLED]
        for post in self.posts.values():
            total.update(post.live.dropped)
        return total

    def reached_ms(self, camera: str) -> int | None:
        """Event time at which a camera ended that is not watched any more; None if it gave nothing."""
        return self._reached_ms.get(camera)

    def put(self, watched: Watched) -> None:
        """Watch a camera from now on, or watch it in another way; may be called from any thread."""
        self._commands.put(lambda now_s: self._put(watched, now_s))

    def remove(self, camera: str, reason: CloseReason, *, paused: bool = False) -> threading.Event:
        """Watch a camera no more; may be called from any thread.

        Args:
            camera: its name.
            reason: why its epoch ends.
            paused: whether an operator wants it to be left alone, which is told as a change of its state.

        Returns:
            An event that is set once its last message is on the bus.
        """
        gone = threading.Event()

        def command(now_s: float) -> Iterable[Message]:
            if camera in self._posts:
                self._leave(camera, "paused" if paused else _WHY_LEFT.get(reason, reason), now_s)
            yield from self._remove(camera, reason)
            gone.set()

        self._commands.put(command)
        return gone

    @property
    def posts(self) -> dict[str, Post]:
        """The cameras by name, as they are at this moment; whoever is not the loop only reads numbers from them."""
        return dict(self._posts)

    def run(self, output: Bus, stop: threading.Event) -> None:
        """Watch until told to stop; `posts` stay as they were at the end.

        Args:
            output: where messages go.
            stop: ends it; every epoch is closed then.

        Raises:
            BusClosed: the bus was aborted.
        """
        try:
            while not stop.is_set():
                self._turn(output)
            for post in self._posts.values():
                _publish(output, self._end(post, "interrupted"))
        finally:
            self._kill_all()

    def _turn(self, output: Bus) -> None:
        now_s = time.monotonic()
        while not self._commands.empty():
            _publish(output, self._commands.get()(now_s))
        self._start_due(now_s)
        offered = self._ask(output, now_s)
        for key, _ in self._selector.select(_CROWDED_S if offered else _IDLE_S):
            self._hear(key.data, output)
        now_s = time.monotonic()
        if now_s - self._ticked_s >= _TICK_S:
            self._ticked_s = now_s
            self._pulse()
            for post in list(self._posts.values()):
                # What was not heard yet, because this loop was held up, is no silence.
                if post.reader is None or not post.reader.line.poll():
                    _publish(output, post.tick(now_s))
                self._sweep(post, now_s)
            self._leaving = [reader for reader in self._leaving if not reader.has_ended(now_s)]

    def _put(self, watched: Watched, now_s: float) -> Iterable[Message]:
        before = self._posts.get(watched.camera)
        if before is not None and _alike(before.watched, watched):
            if watched.retry != before.watched.retry:
                before.resume(now_s)
            before.watched = watched
            return
        yield from self._remove(watched.camera, "interrupted")
        self._posts[watched.camera] = self._follower(before, watched)
        self.left.pop(watched.camera, None)

    def _follower(self, before: Post | None, watched: Watched) -> Post:
        """Make a post that goes on where the one before ended, in its event time and in its epochs."""
        if before is None or before.live.last is None:
            return self._make(watched, self._tools)
        reached_ms = max(watched.not_before_ms, before.live.last.time_ms)
        post = self._make(replace(watched, not_before_ms=reached_ms), self._tools)
        if watched.fence == before.watched.fence:
            post.live.follow(before.live)
        return post

    def _remove(self, camera: str, reason: CloseReason) -> Iterable[Message]:
        post = self._posts.pop(camera, None)
        if post is None:
            return
        self._turns.forget(camera)
        yield from self._end(post, reason)
        self._past.update({_SAMPLED: post.live.sampled, **post.live.dropped})

    def _leave(self, camera: str, why: str, now_s: float) -> None:
        self.left[camera] = why
        if why == "paused":
            self._posts[camera].pause(now_s)
        else:
            log.info("%s: watched no more (%s)", camera, why)

    def _end(self, post: Post, reason: CloseReason) -> Iterable[Message]:
        yield from post.end(reason)
        if post.live.last is not None:
            self._reached_ms[post.watched.camera] = post.live.last.time_ms
        self._let_go(post, time.monotonic())

    def _start_due(self, now_s: float) -> None:
        due = [post for post in self._posts.values() if post.reader is None and post.health.due(now_s)]
        for post in due[:ATTEMPTS]:
            post.attempt(now_s)
            if post.reader is not None:
                self._selector.register(post.reader.line, selectors.EVENT_READ, post)

    def _ask(self, output: Bus, now_s: float) -> bool:
        """Ask for pictures while there is room; whether one is still on offer."""
        if output.crowded:
            self._crowded_s = now_s
            return self._is_offered
        most = 1 if now_s - self._crowded_s < TIGHT_S else ASKED
        asked = sum(post.is_coming(now_s) for post in self._posts.values())
        if asked >= most:
            return self._is_offered
        offers = {name: at for name, post in self._posts.items() if (at := post.offered_s) is not None}
        while offers and asked < most and not output.crowded:
            chosen = self._turns.choose(offers)
            assert chosen is not None  # noqa: S101  # there are offers
            del offers[chosen]
            self._turns.served(chosen)
            self._posts[chosen].ask(now_s)
            asked += 1
        return bool(offers)

    @property
    def _is_offered(self) -> bool:
        """Whether a picture is on offer: of many cameras mostly the first one has one, and no other is looked at."""
        return any(post.offered_s is not None for post in self._posts.values())

    def _hear(self, post: Post, output: Bus) -> None:
        if post.reader is None:
            return
        heard = post.reader.hear()
        now_s = time.monotonic()
        # A full bus would hold this loop up, and with it all cameras; mostly there is room, as it was asked for.
        room = heard is None or heard.planes is None or not output.crowded
        _publish(output, post.hear(heard, now_s, room=room))
        if heard is None or isinstance(heard.record, records.Ended):
            self._let_go(post, now_s)

    def _sweep(self, post: Post, now_s: float) -> None:
        """Let a reader go whose connection was given up."""
        if post.reader is not None and post.over:
            self._let_go(post, now_s)

    def _let_go(self, post: Post, now_s: float) -> None:
        reader, post.reader = post.reader, None
        if reader is not None:
            self._selector.unregister(reader.line)
            reader.leave(now_s)
            self._leaving.append(reader)

    def _changed(self, camera: str, change: Turn | Finding) -> None:
        if isinstance(change, Finding):
            log.info("%s: %s", camera, change.text)
        else:
            log.info("%s: %s, was %s (%s)", camera, change.state, change.before, change.reason)
        self.changes.put((camera, change))

    def _kill_all(self) -> None:
        for post in self._posts.values():
            if post.reader is not None:
                self._selector.unregister(post.reader.line)
                post.reader.kill()
                self._leaving.append(post.reader)
                post.reader = None
        for reader in self._leaving:
            reader.finish(time.monotonic())
        self._selector.close()


def _publish(output: Bus, messages: Iterable[Message]) -> None:
    for message in messages:
        output.publish(message)


def _alike(before: Watched, after: Watched) -> bool:
    """Whether two ways to watch a camera differ in nothing that a connection depends on."""
    return replace(before, retry=after.retry, not_before_ms=after.not_before_ms) == after
