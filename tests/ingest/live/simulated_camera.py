"""A simulated camera with every fault, for the tests of the state machine of a camera."""

import random
from dataclasses import dataclass, field

from ingest.live.health import Health, HealthLimits
from ingest.live.states import Failure

STEP_S = 0.1
LIMITS = HealthLimits()
UNSEEN = ("connecting", "stalled", "offline", "auth_failed", "disabled")

REFUSED = Failure("refused", "nothing listens there")
RESET = Failure("lost", "the connection broke")
WRONG = Failure("auth", "user name or password is wrong")
NO_VIDEO = Failure("no_video", "the stream carries no video")


@dataclass
class Owner:
    """Drives a `Health` against a camera, in steps of a tenth of a second.

    The camera's `mode` is what it does now: `fine`; `refuse` and `wrong` end each attempt; `reset` ends the connection
    and each attempt; `hole` swallows everything, so that even an attempt made before the repair never answers; `mute`
    answers, but sends no picture within a connection made then; `audio` says that there is no video. Only `reset` and
    `refuse` end a connection that is open, in all other modes it falls silent.
    """

    health: Health
    now_s: float = 0.0
    mode: str = "fine"
    sight: str = "clear"
    picture_s: float = 0.2
    answer_s: float = 0.3
    turns: list = field(default_factory=list)
    attempts: list = field(default_factory=list)
    up: bool = False
    reader_mode: str | None = None
    next_s: float = 0.0

    def run(self, seconds, mode=None, sight=None):
        self.mode, self.sight = mode or self.mode, sight or self.sight
        end_s = self.now_s + seconds
        while self.now_s < end_s - 1e-6:
            self.now_s += STEP_S
            self._step()
        return self.states

    @property
    def states(self):
        return [turn.state for _, turn in self.turns]

    def when(self, state):
        return next(now_s for now_s, turn in self.turns if turn.state == state)

    def _note(self, turn):
        if turn is not None:
            self.turns.append((self.now_s, turn))

    def _fail(self, failure):
        self.up, self.reader_mode = False, None
        self._note(self.health.failed(self.now_s, failure))

    def _step(self):
        if self.health.due(self.now_s):
            self.health.attempt(self.now_s)
            self.attempts.append(self.now_s)
            self.reader_mode, self.next_s = self.mode, self.now_s + self.answer_s
        if failure := self.health.must_reopen(self.now_s):
            self._fail(failure)
        if self.reader_mode is not None:
            self._camera()
        self._note(self.health.tick(self.now_s))

    def _camera(self):
        if self.up and self.mode in ("reset", "refuse"):
            self._fail(RESET)
        elif self.now_s < self.next_s or "hole" in (self.mode, self.reader_mode):
            return
        elif not self.up and self.reader_mode in ("refuse", "reset", "wrong", "audio"):
            self._fail({"refuse": REFUSED, "reset": RESET, "wrong": WRONG, "audio": NO_VIDEO}[self.reader_mode])
        elif not self.up:
            self.up, self.next_s = True, self.now_s + self.picture_s
            self.health.connected(self.now_s)
        elif self.mode == "fine" and self.reader_mode != "mute":
            self.next_s = self.now_s + self.picture_s
            self._note(self.health.picture(self.now_s, self.sight))


def owner(seed=1, **options):
    return Owner(Health(0.0, LIMITS, random.Random(seed).random), **options)


def live(seed=1, **options):
    camera = owner(seed, **options)
    camera.run(30)
    assert camera.states == ["live"]
    camera.turns.clear()
    return camera
