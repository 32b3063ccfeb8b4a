"""Which frames are taken, and how timestamps are repaired."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.pacing import GAP_MS, MediaClock, Pacer, Sampler


def taken(rate, times):
    sampler = Sampler(rate)
    return [time for time in times if sampler.take(time)]


def placed(stamps, start_ms=0, frame_ms=40.0):
    clock = MediaClock(start_ms, frame_ms)
    steps = [clock.step(stamp, following) for stamp, following in zip(stamps, [*stamps[1:], None], strict=True)]
    return [step.time_ms for step in steps], [step.jumped for step in steps], clock


def test_five_a_second_of_25_takes_every_fifth_frame():
    assert taken(5, range(0, 1000, 40)) == [0, 200, 400, 600, 800]


def test_rate_zero_takes_every_frame():
    assert taken(0, [0, 1, 1, 5]) == [0, 1, 1, 5]


def test_a_rate_above_the_video_takes_every_frame():
    assert taken(100, range(0, 1000, 40)) == list(range(0, 1000, 40))


def test_ticks_count_from_the_first_frame_and_not_from_zero():
    assert taken(5, range(130, 1000, 40)) == [130, 330, 530, 730, 930]


def test_one_frame_after_a_gap_stands_for_all_its_ticks():
    assert taken(5, [0, 40, 3050, 3090, 3210, 3250]) == [0, 3050, 3210]


def test_times_rounded_down_to_a_millisecond_still_meet_their_tick():
    thirty = [int(frame * 1000 / 30) for frame in range(31)]
    assert taken(3, thirty) == [0, 333, 666, 1000]
    assert taken(30, thirty) == thirty


@given(st.floats(0.1, 60), st.lists(st.integers(1, 3000), min_size=1, max_size=60))
def test_never_more_than_one_frame_a_tick_and_no_tick_left_out_while_frames_come(rate, gaps):
    times = [sum(gaps[:place]) for place in range(len(gaps) + 1)]
    chosen = taken(rate, times)
    ticks = [int((time + 1) * rate / 1000) for time in chosen]
    assert len(set(ticks)) == len(ticks)
    assert {int((time + 1) * rate / 1000) for time in times} - {0} == set(ticks) - {0}


def test_the_first_frame_stands_at_the_start_whatever_its_timestamp():
    times, _, _ = placed([540.0, 580.0, 620.0], start_ms=1_000)
    assert times == [1_000, 1_040, 1_080]


def test_a_missing_timestamp_is_one_nominal_frame_after_the_last():
    times, _, _ = placed([0.0, None, None, 120.0, None])
    assert times == [0, 40, 80, 120, 160]


def test_a_recording_without_any_timestamps_runs_at_its_nominal_rate():
    assert placed([None, None, None])[0] == [0, 40, 80]


def test_a_step_back_of_up_to_a_second_is_held_and_counted():
    times, jumps, clock = placed([0.0, 1000.0, 500.0, 540.0, 1040.0])
    assert times == [0, 1000, 1000, 1000, 1040]
    assert not any(jumps)
    assert clock.clamped == 2


def test_a_larger_step_back_is_a_jump_and_time_goes_on_one_frame_later():
    times, jumps, clock = placed([0.0, 5000.0, 0.0, 40.0])
    assert times == [0, 5000, 5040, 5080]
    assert jumps == [False, False, True, False]
    assert clock.clamped == 0


def test_a_step_forward_of_over_an_hour_is_a_jump_that_is_believed():
    times, jumps, _ = placed([0.0, GAP_MS + 1.0, GAP_MS + 41.0])
    assert times == [0, GAP_MS + 1, GAP_MS + 41]
    assert jumps == [False, True, False]


def test_a_step_forward_of_an_hour_is_only_a_gap():
    assert placed([0.0, float(GAP_MS)])[1] == [False, False]


def test_a_single_slip_of_the_timestamp_is_passed_over_and_counted():
    for slip in (9e7, -9e7):
        times, jumps, clock = placed([0.0, 40.0, slip, 120.0, 160.0])
        assert times == [0, 40, 80, 120, 160]
        assert not any(jumps)
        assert clock.clamped == 1


@given(st.lists(st.none() | st.floats(-1e8, 1e8), min_size=1, max_size=50))
def test_event_time_never_decreases_whatever_the_timestamps(stamps):
    times = placed(stamps, start_ms=1_000)[0]
    assert times == sorted(times)
    assert times[0] == 1_000


def test_a_recording_played_at_its_own_speed_waits_for_each_frame_from_the_first_on():
    pacer = Pacer(1.0)
    assert pacer.wait_s(5000, 0.1) == 0
    assert pacer.wait_s(5200, 0.1) == pytest.approx(0.2)
    assert pacer.wait_s(5400, 0.45) == pytest.approx(0.05)


def test_a_frame_whose_time_has_passed_does_not_wait():
    pacer = Pacer(2.0)
    assert pacer.wait_s(0, 0) == 0
    assert pacer.wait_s(1000, 0.6) == 0
    assert pacer.wait_s(2000, 0.6) == pytest.approx(0.4)


def test_speed_zero_never_waits():
    pacer = Pacer(0.0)
    assert [pacer.wait_s(time_ms, 0) for time_ms in (0, 10**9)] == [0, 0]
