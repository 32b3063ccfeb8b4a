"""The state machine of a camera, against whatever outages and events in whatever order."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ingest.live.health import Health
from ingest.live.states import Failure
from tests.ingest.live.simulated_camera import LIMITS, STEP_S, UNSEEN, live, owner


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
