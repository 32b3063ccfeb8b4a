import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodline.chaos.rtsp_clock import MediaTime, WallClock, rewritten

NTP_EPOCH_S = 2_208_988_800
REPORT = bytes([0x80, 200, 0, 6]) + struct.pack(">IQIII", 77, 0, 0, 5, 600)
DESCRIPTION = bytes([0x81, 202, 0, 2]) + struct.pack(">II", 77, 0)


def test_media_time_runs_as_the_clock_does():
    time = MediaTime(100.0)
    assert time.at(107.5) - time.at(100.0) == pytest.approx(7.5)


def test_media_time_leaps_and_changes_its_speed_without_another_leap():
    time = MediaTime(0.0)
    before = time.at(10.0)
    time.run(0.8, 10.0)
    assert time.at(10.0) == pytest.approx(before)
    assert time.at(20.0) == pytest.approx(before + 8)
    time.jump(-30)
    assert time.at(20.0) == pytest.approx(before - 22)


def test_a_wall_clock_is_right_until_it_is_set_wrong_and_then_drifts_from_that_moment():
    clock = WallClock()
    assert clock.at(5.0, 1000.0) == 1000.0
    clock.set_wrong(30.0, 200.0, 10.0)
    assert clock.at(10.0, 1005.0) == pytest.approx(1035.0)
    assert clock.at(1010.0, 2005.0) == pytest.approx(2035.2)
    clock.set_wrong(0.0, 0.0, 1010.0)
    assert clock.at(2000.0, 2995.0) == pytest.approx(2995.0)


@given(st.floats(0, 4e9), st.integers(0, 2**40))
def test_a_report_carries_the_given_clocks_and_keeps_the_rest(shown_s, rtp_time):
    changed = rewritten(REPORT + DESCRIPTION, shown_s, rtp_time)
    ntp, rtp = struct.unpack_from(">QI", changed, 8)
    told_s = ntp / 2**32 - NTP_EPOCH_S
    # NTP's seconds begin anew in 2036.
    assert min(abs(told_s - shown_s), abs(told_s + 2**32 - shown_s)) < 1e-3
    assert rtp == rtp_time % 2**32
    assert (changed[:8], changed[20:]) == (REPORT[:8], REPORT[20:] + DESCRIPTION)


@pytest.mark.parametrize("packet", [b"", REPORT[:19], bytes([0x80, 201]) + REPORT[2:], DESCRIPTION])
def test_what_is_no_sender_report_is_left_alone(packet):
    assert rewritten(packet, 0.0, 0) is None
