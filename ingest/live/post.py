"""One camera of the fleet: its reader, its health and its messages, joined; used by `fleet`.

Every method that may give messages returns them in the order in which they go onto the bus. Times come in as arguments.
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from msgspec import Struct

from common.errors import SourceError
from common.messages import CloseReason, Message
from ingest.live import records
from ingest.live.camera import LiveCamera
from ingest.live.connection import Heard, ReaderProcess
from ingest.live.findings import Finding
from ingest.live.health import Health
from ingest.live.states import Failure, Sight, Turn
from ingest.registry.address import kind_of

OVERDUE_S = 1.0
"""A picture that was asked for and does not come within this time is waited for no more, seconds."""


LOOKING_S = 8.0
"""How long a reader looks before it is believed that a camera which was dark, covered or frozen is so no more."""


class Watched(Struct, frozen=True):
    """A camera to watch.

    Attributes:
        camera: its name.
        address: its address; secrets may stand in it as `${…}`.
        shown: its address as people may see it.
        rate: sampled frames a second; 0 takes every frame.
        transport: how an RTSP camera sends.
        fence: the fencing number under which it is held.
        not_before_ms: event time that its series has reached already, Unix milliseconds.
        retry: a number that is raised to have it tried at once.
        speed: of recordings that are played as a camera: seconds of event time in a second; 0 waits for nothing.
        loop: of those: whether they begin again at their end.
    """

    camera: str
    address: str
    shown: str
    rate: float
    transport: Literal["tcp", "udp"] = "tcp"
    fence: int = 1
    not_before_ms: int = 0
    retry: int = 0
    speed: float = 1.0
    loop: bool = False


class Tools(NamedTuple):
    """What a post works with.

    Attributes:
        resolve: puts the secrets into an address; raises `SourceError` where one is missing.
        start: starts a reader.
        changed: is told every change of a camera's state, and what is found about its clocks.
        timeout_s: how long FFmpeg waits, seconds.
        threads: decoder threads.
    """

    resolve: Callable[[str], str]
    start: Callable[[records.Order], ReaderProcess]
    changed: Callable[[str, Turn | Finding], None]
    timeout_s: float
    threads: int


class Post:
    """Watches one camera.

    Args:
        watched: the camera.
        live: makes its messages.
        health: knows how it is.
        tools: what it works with.

    Attributes:
        reader: its process; None while there is no connection.
        asked_s: when its newest picture was asked for that has not come yet, seconds; None if none was.
        connected: what its connection is; None while there is none.
        progress: how far decoding is.
        counted_s: when this was told, seconds.
        over: whether the connection is over, so that its reader may be let go.
        played: whether it was a recording, which has come to its end.
    """

    def __init__(self, watched: Watched, live: LiveCamera, health: Health, tools: Tools) -> None:
        self.watched = watched
        self.live = live
        self.health = health
        self.reader: ReaderProcess | None = None
        self.asked_s: float | None = None
        self.over = self.played = False
        self.connected: records.Connected | None = None
        self.progress = records.Progress(0, 0, 0.0, "default")
        self.counted_s = 0.0
        self._tools = tools
        self._sight: Sight = "clear"
        self._began_s = 0.0
        self._recorded = False

    @property
    def offered_s(self) -> float | None:
        """When the picture arrived that may be asked for, seconds; None if there is none, or it was asked for."""
        return None if self.asked_s is not None or self.reader is None else self.live.offered_s

    def ask(self, now_s: float) -> None:
        """Ask for the newest picture."""
        if self.reader is not None:
            self.asked_s = now_s
            self.reader.ask()

    def is_coming(self, now_s: float) -> bool:
        """Whether a picture was asked for and may soon come; a reader that hangs must not hold the others up."""
        return self.asked_s is not None and now_s - self.asked_s < OVERDUE_S

    def attempt(self, now_s: float) -> None:
        """Start a reader."""
        self.health.attempt(now_s)
        try:
            address = self._tools.resolve(self.watched.address)
        except SourceError as error:
            self._tell(self.health.failed(now_s, Failure("not_found", str(error))))
            return
        order = self._order(address)
        try:
            self.reader = self._tools.start(order)
        except (OSError, EOFError) as error:  # this machine has no processes or handles left
            self._tell(self.health.failed(now_s, Failure("killed", f"no reader process can be started ({error})")))
            return
        self._recorded = order.playing is not None
        self.over = self.played = False
        self.connected, self.progress = None, records.Progress(0, 0, 0.0, "default")
        self._began_s = self.counted_s = now_s

    def hear(self, heard: Heard | None, now_s: float, *, room: bool = True) -> Iterator[Message]:
        """Deal with what the reader said.

        Args:
            heard: what it said; None says that it died without a word.
            now_s: the time, seconds.
            room: whether there is still room for a picture.
        """
        match heard.record if heard else None:
            case records.Connected() as connected:
                self.connected = connected
                self.live.connected(connected.frame_ms)
                self.health.connected(now_s)
            case records.Sampled() as sampled:
                self._see(sampled.sight, now_s)
                self._tell(self.health.picture(now_s, self._sight))
                yield from self.live.take(sampled, coming=self.is_coming(now_s))
                self._tell_findings()
            case records.Progress() as progress:
                self.progress, self.counted_s = progress, now_s
                self.live.decoded(progress.damaged)
                self._tell(self.health.picture(now_s, self._sight))
            case records.Passed(message):
                yield from self.live.passed(message)
            case records.Handed() as handed:
                self.asked_s = None
                planes = heard.planes if heard else None
                yield from self.live.hand(handed.number, planes) if room else self.live.pass_over()
            case records.Ended() as ended:
                yield from self._ended(ended.failure, now_s)
            case None:
                yield from self.give_up(Failure("killed", "the reader process died"), now_s)

    def _order(self, address: str) -> records.Order:
        watched, tools = self.watched, self._tools
        playing = None
        if kind_of(address) == "file":
            playing = records.Playing(watched.camera, watched.speed, watched.loop)
        return records.Order(address, watched.rate, watched.transport, tools.timeout_s, tools.threads, playing)

    def _ended(self, failure: Failure, now_s: float) -> Iterator[Message]:
        if failure.kind == "played":
            self.over = self.played = True
            self._tell(self.health.disable(now_s, failure.reason))
            yield from self.end("interrupted")
        else:
            yield from self.give_up(failure, now_s)

    def tick(self, now_s: float) -> Iterator[Message]:
        """Let time pass: a connection that gives nothing is given up; a recording may wait for its next picture."""
        if self._recorded and self.connected is not None:
            return
        failure = self.health.must_reopen(now_s)
        if failure is not None:
            yield from self.give_up(failure, now_s)
        self._tell(self.health.tick(now_s))

    def give_up(self, failure: Failure, now_s: float) -> Iterator[Message]:
        """End the connection, because it failed."""
        self.over = True
        self._tell(self.health.failed(now_s, failure))
        yield from self.end("lost")

    def end(self, reason: CloseReason) -> Iterator[Message]:
        """End the epoch; whoever calls has let the reader go, or does so next."""
        self.asked_s = self.connected = None
        yield from self.live.close(reason)

    def pause(self, now_s: float) -> None:
        """Say that an operator wants it to be left alone."""
        self._tell(self.health.disable(now_s, "paused"))

    def resume(self, now_s: float) -> None:
        """Try at once."""
        self._tell(self.health.resume(now_s))

    def _see(self, sight: Sight, now_s: float) -> None:
        """Take what can be seen; a reader that has just begun knows too little to say that all is well again."""
        if sight != "clear" or now_s - self._began_s >= LOOKING_S:
            self._sight = sight

    def _tell_findings(self) -> None:
        for finding in self.live.findings:
            self._tools.changed(self.watched.camera, finding)
        self.live.findings.clear()

    def _tell(self, turn: Turn | None) -> None:
        if turn is not None:
            self._tools.changed(self.watched.camera, turn)
