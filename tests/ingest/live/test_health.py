"""The state machine of a camera, against simulated cameras with every fault."""

import pytest

from ingest.live.health import Health
from ingest.live.reconnect import REFUSED_DELAYS_S
from ingest.live.states import Failure, Turn
from tests.ingest.live.simulated_camera import RESET, live, owner


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
