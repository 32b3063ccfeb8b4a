"""A camera as messages: numbered without holes, in order, and nothing lost or doubled, whatever its reader says."""

from hypothesis import given
from hypothesis import strategies as st

from common.messages import Closed, Frame, Opened
from ingest.live.camera import OPENINGS, live_epoch
from tests.ingest.live.builders_live import (
    BEGIN_MS,
    DAY_MS,
    SIZE,
    check_series,
    live_camera,
    planes,
    played_spine,
    sampled,
)


def fates(messages):
    """For each frame its number, and why it has no picture."""
    return [(one.spine.seq, one.dropped) for one in messages if isinstance(one, Frame)]


def test_the_first_picture_opens_an_epoch_and_waits_for_somebody_who_wants_it():
    camera = live_camera()
    (begin,) = camera.take(sampled(0))
    assert begin == Opened("door", "000000070000", BEGIN_MS, "live", 5.0, *SIZE, "rtsp://***@host/door", begin.recipe)
    assert camera.offered_s is not None
    (frame,) = camera.hand(0, planes())
    assert frame.planes.shape == (SIZE[1] * 3 // 2, SIZE[0])
    assert (frame.spine.epoch, frame.spine.seq, frame.spine.mode) == ("000000070000", 0, "live")
    assert camera.offered_s is None


def test_a_picture_that_nobody_wanted_goes_on_without_itself_once_a_newer_one_has_come():
    camera = live_camera()
    list(camera.take(sampled(0)))
    assert fates(camera.take(sampled(1))) == [(0, "behind")]
    assert fates(camera.hand(1, planes())) == [(1, None)]
    assert camera.dropped == {"behind": 1}
    assert camera.sampled == 2


def test_a_picture_that_is_on_its_way_is_not_given_up_for_a_newer_one():
    camera = live_camera()
    list(camera.take(sampled(0)))
    assert fates(camera.take(sampled(1), coming=True)) == []
    assert fates(camera.hand(0, planes())) == [(0, None)]
    assert fates(camera.hand(1, planes())) == [(1, None)]
    assert not camera.dropped


def test_a_newer_picture_than_the_one_that_was_asked_for_gives_the_older_ones_up_in_order():
    camera = live_camera()
    list(camera.take(sampled(0)))
    for number in (1, 2):
        assert fates(camera.take(sampled(number), coming=True)) == []
    assert fates(camera.hand(1, planes())) == [(0, "behind"), (1, None)]
    assert fates(camera.hand(2, planes())) == [(2, None)]


def test_a_picture_that_comes_too_late_or_twice_is_not_sent_again():
    camera = live_camera()
    list(camera.take(sampled(0)))
    list(camera.take(sampled(1)))
    assert fates(camera.hand(0, planes())) == []
    assert fates(camera.hand(1, planes())) == [(1, None)]
    assert fates(camera.hand(1, planes())) == []
    assert fates(camera.hand(99, planes())) == []


def test_a_picture_of_an_epoch_that_has_ended_is_not_sent():
    camera = live_camera()
    list(camera.take(sampled(0)))
    assert fates(camera.close("lost")) == [(0, "behind")]
    assert fates(camera.hand(0, planes())) == []


def test_a_damaged_picture_is_not_offered_and_goes_on_as_damaged():
    camera = live_camera()
    list(camera.take(sampled(0, damaged=True)))
    assert camera.offered_s is None
    assert fates(camera.take(sampled(1))) == [(0, "damaged")]
    assert fates(camera.hand(1, None)) == [(1, "damaged")]
    assert camera.dropped == {"damaged": 2}


def test_behind_a_damaged_picture_an_older_whole_one_is_still_offered():
    camera = live_camera()
    list(camera.take(sampled(0)))
    list(camera.take(sampled(1, damaged=True), coming=True))
    assert camera.offered_s is not None
    assert fates(camera.hand(0, planes())) == [(0, None)]
    assert fates(camera.close("lost")) == [(1, "damaged")]


def test_what_waits_is_passed_over_where_there_is_no_room_for_it():
    camera = live_camera()
    list(camera.take(sampled(0)))
    list(camera.take(sampled(1), coming=True))
    assert fates(camera.pass_over()) == [(0, "behind"), (1, "behind")]
    assert camera.offered_s is None


def test_the_end_counts_the_frames_and_the_damaged_pictures_of_its_epoch():
    camera = live_camera()
    for number in range(3):
        list(camera.take(sampled(number)))
    camera.decoded(damaged=4)
    *_, end = camera.close("lost")
    assert (end.epoch, end.last_seq, end.damaged, end.clamped) == ("000000070000", 2, 4, 0)
    assert (end.reason, end.time_ms) == ("lost", camera.last.time_ms)
    assert list(camera.close("lost")) == []


def test_damaged_pictures_are_counted_for_the_epoch_in_which_they_came():
    camera = live_camera()
    list(camera.take(sampled(0)))
    camera.decoded(damaged=2)
    list(camera.take(sampled(1, set_ahead_ms=DAY_MS)))
    first = list(camera.take(sampled(2, set_ahead_ms=DAY_MS)))[1]
    camera.decoded(damaged=5)
    *_, second = camera.close("lost")
    camera.connected(40.0)
    list(camera.take(sampled(0, at_s=4010.0)))
    camera.decoded(damaged=1)
    *_, third = camera.close("lost")
    assert [end.damaged for end in (first, second, third)] == [2, 3, 1]


def test_a_leap_of_event_time_ends_the_epoch_and_begins_another():
    camera = live_camera()
    list(camera.take(sampled(0)))
    list(camera.take(sampled(1, set_ahead_ms=DAY_MS)))
    messages = list(camera.take(sampled(2, set_ahead_ms=DAY_MS)))
    assert [type(one).__name__ for one in messages] == ["Frame", "Closed", "Opened"]
    assert messages[1].reason == "time_jump"
    assert messages[2].epoch == live_epoch(7, 1)
    assert messages[2].time_ms - messages[1].time_ms > 0.9 * DAY_MS
    assert fates(camera.hand(2, planes())) == [(0, None)]


def test_a_picture_that_is_on_its_way_when_time_leaps_belongs_to_the_epoch_that_ends():
    camera = live_camera()
    list(camera.take(sampled(0)))
    list(camera.take(sampled(1, set_ahead_ms=DAY_MS)))
    messages = list(camera.take(sampled(2, set_ahead_ms=DAY_MS), coming=True))
    assert [type(one).__name__ for one in messages] == ["Frame", "Closed", "Opened"]
    assert fates(camera.hand(1, planes())) == []


def test_each_connection_begins_an_epoch_with_its_first_picture():
    camera = live_camera()
    messages = []
    for opening in range(3):
        camera.connected(40.0)
        messages += camera.take(sampled(0, at_s=10.0 * opening))
        messages += camera.hand(0, planes())
        messages += camera.close("lost")
    assert len(check_series(messages)) == 3
    assert [one.epoch for one in messages if isinstance(one, Opened)] == [live_epoch(7, n) for n in range(3)]


def test_without_a_picture_there_is_no_epoch():
    camera = live_camera()
    assert list(camera.close("lost")) == []


def test_epochs_rise_as_text_with_every_opening_and_every_owner():
    order = [(7, 0), (7, 1), (7, 10), (7, OPENINGS - 1), (8, 0), (255, 3), (256, 0), (2**32 - 1, OPENINGS - 1)]
    names = [live_epoch(*one) for one in order]
    assert names == sorted(names)
    assert {len(name) for name in names} == {12}


def test_a_camera_that_is_watched_in_another_way_goes_on_with_its_numbers():
    before, after = live_camera(), live_camera()
    list(before.take(sampled(0)))
    list(before.close("interrupted"))
    after.follow(before)
    (begin,) = after.take(sampled(0, at_s=1.0))
    assert begin.epoch == live_epoch(7, 1)


def test_a_new_number_is_wanted_before_the_epochs_under_this_one_are_used_up():
    camera = live_camera()
    assert not camera.used_up
    camera.openings = OPENINGS - 1
    assert camera.used_up


def test_event_time_does_not_begin_before_what_stands():
    later_ms = BEGIN_MS + 5000
    camera = live_camera(not_before_ms=later_ms)
    (begin,) = camera.take(sampled(0))
    assert begin.time_ms >= later_ms


def test_a_recording_keeps_its_own_epochs_numbers_and_times():
    camera = live_camera()
    begin = Opened("door", "recorded", 0, "replay", 5.0, *SIZE, "door.mp4")
    end = Closed("door", "recorded", 100, 1, "end", 0, 0)
    messages = list(camera.passed(begin))
    for number in range(2):
        messages += camera.take(sampled(number, played=played_spine(number)))
        messages += camera.hand(number, planes())
    messages += camera.passed(end)
    messages += camera.close("interrupted")
    assert [one.spine for one in check_series(messages)] == [played_spine(0), played_spine(1)]
    assert (messages[0], messages[-1]) == (begin, end)
    assert camera.epoch == ""


def test_what_still_waits_of_a_recording_goes_before_its_end():
    camera = live_camera()
    list(camera.passed(Opened("door", "recorded", 0, "replay", 5.0, *SIZE, "door.mp4")))
    list(camera.take(sampled(0, played=played_spine(0))))
    first, second = camera.passed(Closed("door", "recorded", 0, 0, "end", 0, 0))
    assert (first.dropped, type(second)) == ("behind", Closed)


def test_a_recording_that_is_broken_off_has_an_end_all_the_same():
    camera = live_camera()
    messages = list(camera.passed(Opened("door", "a", 0, "replay", 5.0, *SIZE, "door.mp4")))
    messages += camera.take(sampled(0, played=played_spine(0, "a")))
    messages += camera.close("interrupted")
    assert len(check_series(messages)) == 1
    assert (messages[-1].epoch, messages[-1].last_seq, messages[-1].reason) == ("a", 0, "interrupted")


def test_a_recording_that_is_broken_off_before_its_first_frame_ends_without_one():
    camera = live_camera()
    messages = list(camera.passed(Opened("door", "a", 0, "replay", 5.0, *SIZE, "door.mp4")))
    messages += camera.take(sampled(0, played=played_spine(0, "a")))
    messages += camera.passed(Closed("door", "a", 0, 0, "time_jump", 0, 0))
    messages += camera.passed(Opened("door", "b", 5000, "replay", 5.0, *SIZE, "door.mp4"))
    messages += camera.close("interrupted")
    check_series(messages)
    assert (messages[-1].epoch, messages[-1].last_seq, messages[-1].time_ms) == ("b", -1, 5000)


steps = st.one_of(
    st.tuples(st.just("take"), st.floats(0.01, 5.0), st.booleans(), st.booleans()),
    st.tuples(st.just("set the clock"), st.integers(-DAY_MS, DAY_MS)),
    st.tuples(st.just("hand"), st.integers(-3, 1), st.booleans()),
    st.tuples(st.just("pass over")),
    st.tuples(st.just("reconnect"), st.sampled_from(["lost", "handed_over"])),
)


@given(st.lists(steps, max_size=40))
def test_nothing_is_lost_or_doubled_whatever_is_said_and_in_which_order(script):
    camera, messages = live_camera(), []
    number, at_s, total, set_ms = 0, 0.0, 0, 0
    for what, *how in script:
        match what:
            case "take":
                at_s += how[0]
                picture = sampled(number, at_s, damaged=how[1], set_ahead_ms=set_ms)
                messages += camera.take(picture, coming=how[2])
                number, total = number + 1, total + 1
            case "set the clock":
                set_ms += how[0]
            case "hand":
                messages += camera.hand(number + how[0], planes() if how[1] else None)
            case "pass over":
                messages += camera.pass_over()
            case "reconnect":
                messages += camera.close(how[0])
                camera.connected(40.0)
                number = 0
    messages += camera.close("interrupted")
    frames = check_series(messages)
    assert len(frames) == total == camera.sampled
    assert sum(one.dropped is not None for one in frames) == camera.dropped.total()
