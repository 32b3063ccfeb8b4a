"""Timestamps of a stream, and what was found, in words."""

import pytest

from ingest.live.findings import duration, found, passed
from ingest.live.stamps import WRAP_MS, Stamps


def taken(*values):
    stamps = Stamps()
    return [stamps.take(value) for value in values]


def test_timestamps_that_go_on_are_taken_as_they_are():
    assert [stamp.stamp_ms for stamp in taken(0.0, 40.0, None, 120.0)] == [0.0, 40.0, None, 120.0]


def test_a_picture_out_of_order_is_held():
    assert [stamp.stamp_ms for stamp in taken(0.0, 80.0, 40.0, 120.0)] == [0.0, 80.0, 80.0, 120.0]


def test_a_long_way_back_is_a_jump():
    assert [stamp.jumped_ms for stamp in taken(5000.0, 3000.0, 3040.0)] == [0.0, -2000.0, 0.0]


def test_a_wrap_goes_on_also_for_a_picture_that_is_shown_late():
    before, after, late, next_one = taken(WRAP_MS - 40, 20.0, WRAP_MS - 20, 60.0)
    assert after.stamp_ms == pytest.approx(WRAP_MS + 20)
    assert late.stamp_ms == after.stamp_ms
    assert next_one.stamp_ms == pytest.approx(WRAP_MS + 60)
    assert {stamp.jumped_ms for stamp in (before, after, late, next_one)} == {0.0}


def test_timestamps_that_stand_still_tell_nothing_until_they_move_on():
    stamps = taken(*[40.0] * 7, 80.0, 120.0)
    assert [stamp.stamp_ms for stamp in stamps] == [40.0] * 5 + [None, None, 80.0, 120.0]
    assert [stamp.anew for stamp in stamps] == [False] * 7 + [True, False]


@pytest.mark.parametrize(
    ("amount_ms", "said"),
    [(-40.0, "40 ms"), (1500.0, "1.5 s"), (90_000, "1.5 min"), (3_599_999, "1.0 h"), (259_200_000, "3.0 days")],
)
def test_a_duration_is_written_in_its_largest_unit(amount_ms, said):
    assert duration(amount_ms) == said


def test_findings_say_which_way():
    assert found("camera_clock_off", -2500.0).text == "the camera's clock is 2.5 s behind; set its time server"
    assert found("stream_clock_wrong", -20.0).text.startswith("the stream's timestamps run 20.0 % too slow")
    assert found("host_clock_stepped", -3.6e6).text == "the clock of this machine was set 1.0 h back"
    assert passed("camera_clock_drifts").amount == 0
