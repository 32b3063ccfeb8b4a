"""The event time of live cameras whose clocks, networks and hosts misbehave, against the truth and the claim."""

import functools
import random

import pytest

from tests.ingest.live.clock_world import (
    BEGIN_MS,
    WRAP_MS,
    World,
    clocks,
    kinds,
    live_through,
    longest_leap_ms,
    right,
    within_claim,
)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def after_3_s(t):
    """A camera's clock that is right, and known from the first sender report on."""
    return right(t) if t > 3 else None


def off_by(amount_ms, since_s=0.0):
    return lambda t: right(t) + (amount_ms if t >= since_s else 0.0)


def lying(spread_ms):
    chance = random.Random(5)
    return lambda t: right(t) + chance.uniform(-spread_ms, spread_ms)


def random_stamps():
    chance = random.Random(6)
    return lambda _: chance.uniform(0, 1e7)


WORLDS = {
    "good": World(camera=after_3_s),
    "good, 25 pictures a second": World(camera=after_3_s, fps=25, seconds=120),
    "good, bad network": World(camera=after_3_s, jitter_ms=100),
    "no camera clock": World(),
    "no camera clock, bad network": World(jitter_ms=100),
    "no timestamps": World(stamp=lambda _: None),
    "off by 3 days": World(camera=off_by(3 * DAY_MS)),
    "off by 1.5 s": World(camera=off_by(-1500)),
    "drifts by 200 ppm": World(camera=lambda t: right(t) + 0.2 * t, seconds=3600),
    "drifts by -60 ppm": World(camera=lambda t: right(t) - 0.06 * t, seconds=3600),
    "jumps by 30 s": World(camera=off_by(30_000, 150)),
    "jumps by -30 s": World(camera=off_by(-30_000, 150)),
    "jumps by 1.2 s": World(camera=off_by(1200, 150)),
    "stands still": World(camera=lambda _: BEGIN_MS),
    "lies by 10 s": World(camera=lying(10_000)),
    "lies by 1 s": World(camera=lying(1000)),
    "timestamps 20 % slow": World(stamp=lambda t: 800 * t),
    "timestamps 20 % fast": World(stamp=lambda t: 1200 * t),
    "timestamps 16 % slow, right camera": World(stamp=lambda t: 840 * t, camera=after_3_s),
    "timestamps 20 % slow, camera by sender reports": World(
        stamp=lambda t: 800 * t, camera=lambda t: right(t // 5 * 5) + 800 * (t % 5)
    ),
    "timestamps jump ahead": World(stamp=lambda t: 1000 * t + (1e6 if t > 150 else 0)),
    "timestamps jump back": World(stamp=lambda t: 1000 * t - (2e5 if t > 150 else 0)),
    "timestamps at random": World(stamp=random_stamps()),
    "timestamps stand still": World(stamp=lambda _: 7.0),
    "timestamps wrap": World(stamp=lambda t: (1000 * t + WRAP_MS - 150_000) % WRAP_MS),
    "host set back by 1 h": World(camera=after_3_s, wall_off=lambda t: -HOUR_MS if t > 150 else 0.0),
    "host slewed": World(camera=after_3_s, wall_off=lambda t: min(max(t - 60, 0.0) * 0.5, 60.0)),
    "connected again": World(stamp=lambda t: 1000 * (t % 155), away=(150, 155), camera=after_3_s),
    "ahead by an hour": World(not_before_ms=int(BEGIN_MS) + HOUR_MS, camera=after_3_s),
    "stalls": World(stalls=((60, 61), (100, 103), (150, 170))),
    "stalls, right camera": World(stalls=((60, 61), (100, 103), (150, 170)), camera=after_3_s),
}


@functools.cache
def lived_through(name):
    return live_through(WORLDS[name])


@pytest.mark.parametrize("name", WORLDS)
def test_event_time_is_as_right_as_it_claims_and_never_goes_back(name):
    dated = lived_through(name)
    times = [each.step.time_ms for each in dated]
    assert times == sorted(times)
    assert within_claim(dated) >= 0.95


@pytest.mark.parametrize("name", sorted(set(WORLDS) - {"ahead by an hour", "stalls", "no timestamps"}))
def test_event_time_does_not_leap_whatever_clock_it_comes_from(name):
    dated = lived_through(name)
    assert longest_leap_ms(dated) < 1000
    assert not any(each.step.jumped for each in dated)


def test_a_right_camera_is_exact_and_claims_half_a_frame():
    dated = live_through(World(camera=after_3_s))
    assert clocks(dated, 30) == {"camera"}
    assert kinds(dated) == []
    late = [each for each in dated if each.taken_s > 30]
    assert max(each.step.error_ms for each in late) < 25
    assert max(abs(each.off_ms) for each in late) <= 1


def test_a_stream_without_a_camera_clock_is_dated_at_the_least_delay():
    dated = live_through(World(jitter_ms=100))
    assert clocks(dated, 0) == {"stream"}
    assert max(each.off_ms for each in dated if each.taken_s > 60) < 45


def test_pictures_without_any_time_are_dated_as_they_come():
    dated = live_through(World(stamp=lambda _: None))
    assert clocks(dated, 0) == {"arrival"}


def test_a_camera_that_was_never_set_is_named_and_not_believed():
    dated = live_through(World(camera=off_by(3 * DAY_MS)))
    assert clocks(dated, 0) == {"stream"}
    (note,) = [note for each in dated for note in each.step.notes]
    assert (note.kind, note.change) == ("camera_clock_off", "began")
    assert note.text == "the camera's clock is 3.0 days ahead; set its time server"


def test_a_camera_that_was_set_right_is_believed_again():
    dated = live_through(World(camera=lambda t: right(t) + (DAY_MS if t < 100 else 0)))
    assert kinds(dated)[0] == ("camera_clock_off", "began")
    assert kinds(dated)[-1][1] == "ended"
    assert clocks(dated, 200) == {"camera"}


def test_a_camera_that_jumps_far_is_named_and_left():
    dated = live_through(World(camera=off_by(30_000, 150)))
    assert kinds(dated) == [("camera_clock_jumped", "once"), ("camera_clock_off", "began")]
    assert clocks(dated, 150) == {"stream"}


def test_a_camera_that_drifts_is_named_and_claims_what_it_may_be_off():
    dated = live_through(World(camera=lambda t: right(t) + 0.2 * t, seconds=900))
    (note,) = [note for each in dated for note in each.step.notes]
    assert note.kind == "camera_clock_drifts"
    assert note.amount == pytest.approx(200, rel=0.1)


@pytest.mark.parametrize("camera", [lying(1000), lambda _: BEGIN_MS, lambda t: right(t // 1)])
def test_a_camera_whose_clock_wavers_is_not_believed(camera):
    dated = live_through(World(camera=camera))
    assert clocks(dated, 0) == {"stream"}
    assert ("camera_clock_unsteady", "began") in kinds(dated)


@pytest.mark.parametrize(("rate", "said"), [(0.8, -20), (1.2, 20), (0.84, -16)])
def test_timestamps_at_a_wrong_rate_are_named_and_corrected(rate, said):
    dated = live_through(World(stamp=lambda t: 1000 * rate * t))
    (note,) = [note for each in dated for note in each.step.notes]
    assert (note.kind, note.change) == ("stream_clock_wrong", "began")
    assert note.amount == pytest.approx(said, abs=0.5)
    assert max(abs(each.off_ms) for each in dated if each.taken_s > 100) < 60


def test_a_wrong_rate_is_remembered_over_connections():
    dated = live_through(World(stamp=lambda t: 800 * (t % 155), away=(150, 155)))
    assert kinds(dated) == [("stream_clock_wrong", "began")]
    assert max(abs(each.off_ms) for each in dated if each.taken_s > 155) < 250


def test_timestamps_that_jump_are_named_once_and_used_again():
    dated = live_through(World(stamp=lambda t: 1000 * t + (1e6 if t > 150 else 0)))
    assert kinds(dated) == [("stream_clock_jumped", "once")]
    assert clocks(dated, 155) == {"stream"}


def test_timestamps_at_random_tell_nothing_and_do_not_flood_anybody():
    dated = live_through(World(stamp=random_stamps()))
    assert clocks(dated, 1) == {"arrival"}
    assert len(kinds(dated)) <= 1


def test_a_wrap_of_the_timestamps_is_not_noticed():
    dated = live_through(WORLDS["timestamps wrap"])
    assert kinds(dated) == []
    assert clocks(dated, 0) == {"stream"}


def test_pictures_that_come_late_in_a_crowd_keep_their_times():
    dated = live_through(World(stalls=((150, 170),)))
    assert max(abs(each.off_ms) for each in dated if each.taken_s > 60) < 45
    assert kinds(dated) == []


def test_a_host_that_is_set_ahead_is_followed_and_ends_the_epoch_once():
    dated = live_through(World(camera=after_3_s, wall_off=lambda t: HOUR_MS if t > 150 else 0.0))
    assert sum(each.step.jumped for each in dated) == 1
    assert ("host_clock_stepped", "once") in kinds(dated)
    assert dated[-1].off_ms == pytest.approx(HOUR_MS, abs=100)


def test_a_host_that_is_set_back_slows_event_time_until_it_has_caught_up():
    dated = live_through(World(wall_off=lambda t: -5000.0 if t > 150 else 0.0))
    assert kinds(dated) == [("host_clock_stepped", "began"), ("host_clock_stepped", "ended")]
    times = [each.step.time_ms for each in dated if 151 < each.taken_s < 199]
    assert times[-1] - times[0] == pytest.approx(0.9 * 200 * (len(times) - 1), rel=0.01)
    assert dated[-1].off_ms == pytest.approx(-5000, abs=100)
    assert next(each.step.error_ms for each in dated if each.taken_s > 151) > 4500


def test_cameras_of_one_host_stay_aligned_when_it_is_set_back():
    def set_back(t):
        return -60_000.0 if t > 150 else 0.0

    with_clock = live_through(World(camera=after_3_s, wall_off=set_back))
    without = live_through(World(wall_off=set_back, seed=2))
    pairs = zip(with_clock, without, strict=True)
    assert max(abs(a.step.time_ms - b.step.time_ms) for a, b in pairs if a.taken_s > 60) < 100


def test_a_new_worker_goes_on_after_what_the_store_knows():
    known_ms = int(BEGIN_MS) + HOUR_MS
    dated = live_through(World(not_before_ms=known_ms, camera=after_3_s))
    assert dated[0].step.time_ms == known_ms
    assert dated[0].step.error_ms > HOUR_MS - 1000
    passed_ms = dated[-1].step.time_ms - known_ms
    assert passed_ms == pytest.approx(0.9 * 300_000, rel=0.01)


def test_a_new_connection_goes_on_in_order_with_stamps_that_start_anew():
    dated = live_through(World(stamp=lambda t: 1000 * (t % 155), away=(150, 155)))
    assert kinds(dated) == []
    assert max(abs(each.off_ms) for each in dated if each.taken_s > 60) < 100
