"""The state machine of a camera, against simulated cameras with every fault and against random events."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ingest.live.health import Health, HealthLimits
from ingest.live.reconnect import REFUSED_DELAYS_S
from ingest.live.states import Failure, Turn

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


def test_a_new_camera_is_connecting_and_due_at_once():
    health = Health(5.0)
    assert health.state == "connecting"
    assert health.due(5.0)
    assert health.failure is None


def test_a_camera_is_live_only_once_a_picture_was_decoded():
    health = Health(0.0)
    health.attempt(0.0)
    health.connected(1.0)
    assert health.tick(1.5) is None
    assert health.picture(2.0, "clear") == Turn("connecting", "live", "pictures come")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("refuse", ["offline"]),
        ("reset", ["offline"]),
        ("hole", ["stalled", "offline"]),
        ("mute", ["stalled"]),
        ("wrong", ["stalled", "auth_failed"]),
        ("audio", ["stalled"]),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_each_fault_shows_within_ten_seconds_and_keeps_its_state_until_it_is_repaired(mode, expected, seed):
    camera = live(seed)
    began_s = camera.now_s
    camera.run(120, mode)
    assert camera.states == expected
    assert camera.turns[0][0] - began_s <= 10
    camera.run(700, "fine")
    assert camera.states == [*expected, "live"]


@pytest.mark.parametrize("mode", ["refuse", "hole", "mute", "wrong", "audio"])
def test_a_camera_that_never_worked_leaves_connecting_within_ten_seconds(mode):
    camera = owner(mode=mode)
    camera.run(10)
    assert len(camera.states) == 1
    assert camera.states[0] in ("offline", "stalled", "auth_failed")
    camera.run(200)
    assert len(camera.states) == 1


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["refuse", "reset", "hole", "mute"]), st.floats(0.1, 10), st.integers(0, 2**32))
def test_after_an_outage_of_up_to_ten_seconds_a_camera_is_live_again_ten_seconds_later(mode, outage_s, seed):
    camera = live(seed)
    camera.run(outage_s, mode)
    camera.run(10, "fine")
    assert camera.health.state == "live"
    assert camera.up


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["refuse", "reset", "hole", "mute"]), min_size=2, max_size=6), st.integers(0, 2**32))
def test_outages_that_follow_one_another_every_half_minute_are_each_survived_in_time(modes, seed):
    camera = live(seed)
    for mode in modes:
        camera.run(10, mode)
        camera.run(10, "fine")
        assert camera.health.state == "live"
        camera.run(20, "fine")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["refuse", "hole", "mute"]), st.floats(10, 300), st.integers(0, 2**32))
def test_after_a_long_outage_a_camera_is_live_ten_seconds_after_the_next_attempt(mode, outage_s, seed):
    camera = live(seed)
    camera.run(outage_s, mode)
    repaired_s, before = camera.now_s, len(camera.attempts)
    while len(camera.attempts) == before:
        if camera.health.state == "live" and camera.up:
            return
        camera.run(STEP_S, "fine")
        assert camera.now_s < repaired_s + 50
    camera.run(10)
    assert camera.health.state == "live"


def test_a_connection_that_breaks_and_is_back_at_once_makes_no_event():
    camera = live()
    camera.run(0.2, "reset")
    camera.run(10, "fine")
    assert camera.states in ([], ["offline", "live"])
    camera = live()
    camera.health.failed(camera.now_s, RESET)
    camera.up = False
    camera.run(10)
    assert camera.states == []
    assert camera.health.reconnects(camera.now_s) == 1


def test_a_camera_whose_size_changes_is_connected_anew_and_stays_live():
    camera = live()
    for _ in range(2):
        camera.health.failed(camera.now_s, Failure("ended", "the stream changed"))
        camera.up = False
        camera.run(70)
    assert camera.states == []


@pytest.mark.parametrize("sight", ["frozen", "dark", "covered"])
def test_what_is_seen_is_the_state_and_ends_with_the_first_clear_picture(sight):
    camera = live()
    camera.run(20, sight=sight)
    assert camera.states == [sight]
    camera.run(1, sight="clear")
    assert camera.states == [sight, "live"]


def test_a_frozen_camera_that_falls_silent_is_stalled():
    camera = live()
    camera.run(10, sight="frozen")
    camera.run(10, "mute")
    assert camera.states == ["frozen", "stalled"]


def test_a_slow_camera_is_given_ten_frame_intervals():
    camera = owner(picture_s=1.0)
    camera.run(60)
    began_s = camera.now_s
    camera.run(25, "mute")
    assert 8 <= camera.when("stalled") - began_s <= 10.5


def test_a_camera_that_sends_its_first_picture_late_is_given_twice_the_time_at_the_second_attempt():
    camera = owner(picture_s=12.0)
    camera.run(60)
    assert camera.states[:2] == ["stalled", "live"]


def test_a_wrong_password_is_tried_once_a_minute_at_most_and_at_once_when_resumed():
    camera = owner(mode="wrong")
    camera.run(1000)
    gaps = [later - before for before, later in zip(camera.attempts, camera.attempts[1:], strict=False)]
    assert all(gap >= least for gap, least in zip(gaps, REFUSED_DELAYS_S, strict=False))
    assert camera.states == ["auth_failed"]
    count = len(camera.attempts)
    assert camera.health.resume(camera.now_s) == Turn("auth_failed", "connecting", "resumed")
    camera.run(2, "fine")
    assert len(camera.attempts) == count + 1
    assert camera.health.state == "live"


def test_a_camera_that_dies_every_five_seconds_is_not_hammered():
    camera = live()
    for _ in range(30):
        camera.run(5, "fine")
        camera.run(0.3, "reset")
        camera.run(0.1, "fine")
        while not camera.up:
            camera.run(0.1)
    gaps = [later - before for before, later in zip(camera.attempts, camera.attempts[1:], strict=False)]
    assert min(gaps[-10:]) >= 20


def test_a_disabled_camera_is_never_due_and_comes_back_when_resumed():
    camera = live()
    assert camera.health.disable(camera.now_s, "paused") == Turn("live", "disabled", "paused")
    count = len(camera.attempts)
    camera.up, camera.reader_mode = False, None
    camera.run(1000)
    assert len(camera.attempts) == count
    assert camera.health.picture(camera.now_s, "clear") is None
    camera.turns.clear()
    assert camera.health.resume(camera.now_s) == Turn("disabled", "connecting", "resumed")
    camera.run(2)
    assert camera.states == ["live"]


def test_resuming_a_camera_that_is_connected_changes_nothing():
    camera = live()
    assert camera.health.resume(camera.now_s) is None
    assert not camera.health.due(camera.now_s)
    assert camera.health.state == "live"


def test_stalls_and_reconnects_of_the_last_hour_are_counted_and_the_last_failure_is_kept():
    camera = live()
    for _ in range(3):
        camera.run(7, "mute")
        camera.run(90, "fine")
    assert camera.health.stalls(camera.now_s) == 3
    assert camera.health.reconnects(camera.now_s) >= 3
    assert camera.health.failure == Failure("silent", "connected, but no picture for 8 s")
    assert camera.health.stalls(camera.now_s + 3700) == 0
    assert camera.when("live") <= camera.health.since_s <= camera.now_s


class AnyEvents(RuleBasedStateMachine):
    """Whatever happens in whatever order: nothing raises, and the state obeys its rules."""

    def __init__(self):
        super().__init__()
        self.now_s = 0.0
        self.health = Health(0.0, LIMITS, random.Random(3).random)
        self.shown = "connecting"
        self.open = False
        self.attempts = []
        self.refused_s = None

    def note(self, turn):
        if turn is not None:
            assert turn.before == self.shown
            assert turn.state != turn.before
            assert turn.reason
            self.shown = turn.state

    @rule(seconds=st.one_of(st.floats(0, 1), st.floats(0, 100)))
    def wait(self, seconds):
        self.now_s += seconds
        self.note(self.health.tick(self.now_s))

    @precondition(lambda self: self.health.due(self.now_s))
    @rule()
    def attempt(self):
        if self.refused_s is not None:
            assert self.now_s - self.refused_s >= 60
        self.health.attempt(self.now_s)
        assert not self.health.due(self.now_s)
        self.open = True

    @rule()
    def attempt_too_early(self):
        if not self.health.due(self.now_s) and self.health.state == "disabled":
            self.health.attempt(self.now_s)

    @rule()
    def connected(self):
        self.health.connected(self.now_s)
        assert self.health.state == self.shown

    @rule(sight=st.sampled_from(["clear", "dark", "covered", "frozen"]))
    def picture(self, sight):
        self.note(self.health.picture(self.now_s, sight))
        if self.open:
            assert self.shown == ("live" if sight == "clear" else sight)
            assert self.health.must_reopen(self.now_s) is None
            self.refused_s = None

    @rule(kind=st.sampled_from(["auth", "refused", "no_video", "lost", "ended", "decoder", "silent", "killed"]))
    def failed(self, kind):
        self.note(self.health.failed(self.now_s, Failure(kind, "because")))
        if self.open:
            assert self.health.failure == Failure(kind, "because")
            assert (self.shown == "auth_failed") == (kind == "auth")
            self.refused_s = self.now_s if kind == "auth" else None
        self.open = False

    @precondition(lambda self: self.health.must_reopen(self.now_s) is not None)
    @rule()
    def reopen(self):
        assert self.open
        self.note(self.health.failed(self.now_s, self.health.must_reopen(self.now_s)))
        assert self.shown in ("stalled", "offline")
        self.open, self.refused_s = False, None

    @rule()
    def disable(self):
        self.note(self.health.disable(self.now_s, "paused"))
        assert self.shown == "disabled"
        self.open = False

    @rule()
    def resume(self):
        self.note(self.health.resume(self.now_s))
        assert self.open or self.health.due(self.now_s)
        if not self.open:
            self.refused_s = None

    @invariant()
    def what_is_shown_is_the_state(self):
        assert self.health.state == self.shown

    @invariant()
    def a_disabled_camera_is_left_alone(self):
        if self.shown == "disabled":
            assert not self.health.due(self.now_s)
            assert self.health.must_reopen(self.now_s) is None

    @invariant()
    def whatever_is_open_is_never_due(self):
        assert not (self.open and self.health.due(self.now_s))


TestAnyEvents = AnyEvents.TestCase
TestAnyEvents.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["fine", "refuse", "reset", "hole", "mute", "audio"]), st.sampled_from([0.5, 3.0, 20.0])
        ),
        max_size=12,
    ),
    st.integers(0, 2**32),
)
def test_whatever_a_camera_does_it_is_asked_at_most_twelve_times_in_any_minute(course, seed):
    camera = owner(seed)
    for mode, seconds in course:
        camera.run(seconds, mode)
    for began in camera.attempts:
        assert sum(began <= other < began + 60 for other in camera.attempts) <= 12


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["fine", "refuse", "hole", "mute", "audio"]), max_size=8), st.integers(0, 2**32))
def test_ten_seconds_without_a_picture_are_never_shown_as_live(course, seed):
    camera = owner(seed)
    seen_s = 0.0
    for mode in course:
        for _ in range(150):
            camera.run(STEP_S, mode)
            if camera.up and camera.mode == camera.reader_mode == "fine":
                seen_s = camera.now_s
            assert camera.now_s - seen_s < 10 or camera.health.state in UNSEEN
