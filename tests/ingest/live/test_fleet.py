"""All cameras of a process in one loop: what one of them does is not felt by the others, and nothing is lost."""

import logging
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from common.bus.base import BusClosed
from common.messages import Closed, Opened
from ingest.live import fleet as module
from ingest.live import records
from ingest.live.camera import live_epoch
from ingest.live.connection import ReaderProcess
from ingest.live.states import Failure
from ingest.registry.address import resolve
from tests.ingest.live.builders_live import check_series, planes
from tests.ingest.live.scripted import CONNECTED, idle, mute, seen_now, steady, until, watched, watching


def epochs(messages):
    return [one.epoch for one in messages if isinstance(one, Opened)]


def ends(messages):
    return [(one.epoch, one.reason) for one in messages if isinstance(one, Closed)]


def test_the_pictures_of_each_camera_come_in_order():
    with watching() as watch:
        watch.put("door", steady())
        watch.put("till", steady())
        for camera in ("door", "till"):
            watch.wait_pictures(camera, 5)
            assert watch.wait_state(camera, "live") == "pictures come"
    for camera in ("door", "till"):
        assert len(check_series(watch.of(camera))) >= 5


def test_a_reader_gets_what_its_camera_and_the_settings_say():
    with watching(timeout_s=3.0, threads=2) as watch:
        watch.put("door", steady(), transport="udp", rate=2.0)
        watch.wait_pictures("door")
    (order,) = watch.readers.orders
    assert order == records.Order("rtsp://door", 2.0, "udp", 3.0, 2, None)


def test_a_camera_that_hangs_is_given_up_and_killed_and_the_others_go_on():
    with watching(stall_s=1.0) as watch:
        watch.put("hangs", mute, steady())
        watch.put("door", steady())
        watch.wait_pictures("door")
        before = len(watch.of("door"))
        until(watch.readers.processes[0].was_killed.is_set, "the end of the reader that hangs")
        assert watch.wait_state("hangs", "stalled")
        assert len(watch.of("door")) > before + 20
        watch.wait_pictures("hangs")
    assert not [frame for frame in check_series(watch.of("door")) if frame.dropped not in (None, "behind")]
    assert watch.readers.count("rtsp://door") == 1


def test_a_reader_that_stops_in_the_middle_of_a_picture_does_not_stop_the_others():
    def broken(line, _order):
        line.tell(CONNECTED)
        line.tell(seen_now(0))
        assert line.is_asked(60.0)
        line.tell(records.Handed(0, len(planes())))
        line.hang()

    with watching() as watch:
        watch.put("broken", broken, steady())
        watch.put("door", steady())
        watch.wait_pictures("broken")
        watch.wait_pictures("door", 20)
    assert len(check_series(watch.of("broken"))) >= 2


def test_readers_that_never_hand_over_what_they_are_asked_for_do_not_starve_the_others():
    def selfish(line, _order):
        line.tell(CONNECTED)
        number = 0
        while True:
            line.tell(seen_now(number))
            line.is_asked(0.02)
            number += 1

    with watching() as watch:
        for number in range(module.ASKED):
            watch.put(f"selfish{number}", selfish)
        posts = until(lambda: len(watch.fleet.posts) == module.ASKED and watch.fleet.posts, "both")
        until(lambda: all(post.asked_s for post in posts.values()), "two that are asked")
        watch.put("door", steady())
        watch.wait_pictures("door", 3)
    for camera in ("selfish0", "selfish1"):
        assert {frame.dropped for frame in check_series(watch.of(camera))} == {"behind"}


def test_a_reader_that_dies_is_replaced_and_its_epoch_is_lost():
    with watching() as watch:
        watch.put("door", steady())
        watch.wait_pictures("door")
        watch.readers.processes[0].kill()
        until(lambda: len(epochs(watch.of("door"))) == 2, "a second epoch")
    check_series(watch.of("door"))
    assert ends(watch.of("door")) == [(live_epoch(7, 0), "lost"), (live_epoch(7, 1), "interrupted")]


def test_a_reader_that_cannot_be_started_is_told_and_tried_again(monkeypatch):
    failed = []

    def start(order):
        if not failed:
            failed.append(order)
            raise OSError(24, "Too many open files")
        return ReaderProcess(order)

    with watching() as watch:
        monkeypatch.setattr(watch.fleet, "_tools", watch.fleet._tools._replace(start=start))
        watch.put("door", steady())
        assert "Too many open files" in watch.wait_state("door", "offline")
        watch.wait_pictures("door")


def test_a_missing_secret_is_named_and_no_reader_is_started_until_it_is_there():
    address, environment = "rtsp://ann:${DOOR_PASSWORD}@host/live", {}
    with watching() as watch:
        watch.resolve = lambda address: resolve(address, environment)
        watch.put("door", address=address)
        reason = watch.wait_state("door", "offline")
        assert "DOOR_PASSWORD" in reason
        assert not watch.readers.orders
        environment["DOOR_PASSWORD"] = "hunter2"  # noqa: S105  # nobody's
        watch.readers.scripts["rtsp://ann:hunter2@host/live"] = [steady()]
        watch.fleet.put(watched("door", address=address, retry=1))
        watch.wait_pictures("door")
        states = watch.states("door")
    assert [state for state, _ in states[:3]] == ["offline", "connecting", "live"]
    assert not any("hunter2" in reason for _, reason in states)


def test_a_camera_that_is_put_as_it_is_goes_on_as_it_is():
    with watching() as watch:
        watch.put("door", steady())
        watch.wait_pictures("door")
        for again in (watched("door"), watched("door", not_before_ms=5), watched("door", retry=1)):
            watch.fleet.put(again)
        count = len(watch.pictures("door"))
        watch.wait_pictures("door", count + 5)
    assert len(watch.readers.orders) == 1
    assert epochs(watch.of("door")) == [live_epoch(7, 0)]


def test_a_camera_that_is_watched_in_another_way_goes_on_in_new_epochs_of_its_number():
    # Its series is ahead of this machine's clock, as another machine wrote it.
    ahead_ms = time.time_ns() // 1_000_000 + 5000
    with watching() as watch:
        watch.put("door", steady(), not_before_ms=ahead_ms)
        watch.wait_pictures("door")
        watch.put("door", steady(), rate=2.0)
        until(lambda: len(epochs(watch.of("door"))) == 2, "a second epoch")
        watch.wait_pictures("door")
    frames = check_series(watch.of("door"))
    assert epochs(watch.of("door")) == [live_epoch(7, 0), live_epoch(7, 1)]
    assert [frame.spine.time_ms for frame in frames] == sorted(frame.spine.time_ms for frame in frames)
    assert [order.rate for order in watch.readers.orders] == [5.0, 2.0]
    assert watch.fleet.sampled == len(frames)


def test_a_camera_under_a_new_number_begins_with_its_first_epoch():
    with watching() as watch:
        watch.put("door", steady())
        watch.wait_pictures("door")
        watch.put("door", steady(), fence=8)
        until(lambda: len(epochs(watch.of("door"))) == 2, "a second epoch")
    assert epochs(watch.of("door")) == [live_epoch(7, 0), live_epoch(8, 0)]


def test_a_camera_that_is_removed_ends_and_it_is_known_when_and_how_far_it_came():
    with watching() as watch:
        watch.put("door", steady())
        watch.put("till", steady())
        watch.wait_pictures("door")
        watch.wait_pictures("till")
        assert watch.fleet.reached_ms("door") is None
        gone = watch.fleet.remove("door", "handed_over")
        assert gone.wait(60)
        until(lambda: ends(watch.of("door")), "its end")
        assert watch.fleet.remove("never there", "removed").wait(60)
        count = len(watch.pictures("till"))
        watch.wait_pictures("till", count + 5)
    frames = check_series(watch.of("door"))
    assert ends(watch.of("door")) == [(live_epoch(7, 0), "handed_over")]
    assert watch.fleet.reached_ms("door") == frames[-1].spine.time_ms


def test_a_camera_that_an_operator_paused_is_told_as_disabled():
    with watching() as watch:
        watch.put("door", steady())
        watch.wait_pictures("door")
        assert watch.fleet.remove("door", "interrupted", paused=True).wait(60)
        assert watch.wait_state("door", "disabled") == "paused"


def test_of_a_camera_that_is_let_go_it_is_said_why_until_it_is_watched_again(caplog):
    caplog.set_level(logging.INFO)
    with watching() as watch:
        for camera in ("paused", "removed", "lost"):
            watch.put(camera, steady())
            watch.wait_state(camera, "live")
        watch.fleet.remove("paused", "interrupted", paused=True)
        watch.fleet.remove("removed", "removed")
        watch.fleet.remove("lost", "handed_over")
        assert watch.fleet.remove("never there", "removed").wait(60)
        assert watch.fleet.left == {"paused": "paused", "removed": "removed", "lost": "left to another worker"}
        watch.put("lost", steady(), fence=8)
        until(lambda: "lost" not in watch.fleet.left, "it is watched again")
    told = [one.message for one in caplog.records if "paused" in one.message or "no more" in one.message]
    assert told == [
        "paused: live, was connecting (pictures come)",
        "paused: disabled, was live (paused)",
        "removed: watched no more (removed)",
        "lost: watched no more (left to another worker)",
    ]


def test_a_camera_that_is_down_is_tried_at_once_when_it_is_asked_for_again():
    def locked(line, _order):
        line.tell(records.Ended(Failure("auth", "the camera refuses this user name or password")))

    with watching() as watch:
        watch.put("door", locked, steady())
        watch.wait_state("door", "auth_failed")
        watch.fleet.put(watched("door", retry=1))
        watch.wait_pictures("door")
        assert ("connecting", "resumed") in watch.states("door")


def test_at_the_end_every_epoch_is_closed_and_every_reader_has_gone():
    with watching() as watch:
        for number in range(4):
            watch.put(f"c{number}", steady())
        watch.put("hangs", mute)
        for number in range(4):
            watch.wait_pictures(f"c{number}")
    for number in range(4):
        messages = watch.of(f"c{number}")
        check_series(messages)
        assert ends(messages) == [(live_epoch(7, 0), "interrupted")]
        assert watch.fleet.posts[f"c{number}"].live.sampled == len(check_series(messages))
    assert len(watch.readers.processes) == 5


def test_when_the_bus_is_aborted_the_readers_end_too():
    with watching() as watch:
        watch.put("door", steady())
        watch.wait_pictures("door")
        watch.bus.abort()
        until(lambda: watch.error, "the end")
    assert isinstance(watch.error, BusClosed)


def test_recordings_that_have_all_been_played_are_known_to_be():
    def short(line, _order):
        line.tell(CONNECTED)
        line.tell(records.Ended(Failure("played", "the recording is at its end")))

    with watching() as watch:
        watch.put("one", short, address="/one.mp4")
        until(lambda: watch.fleet.played, "the end of the recording")
        watch.put("door", steady())
        until(lambda: not watch.fleet.played, "a camera")
        assert watch.wait_state("one", "disabled")


act = st.one_of(
    st.tuples(st.just("sample"), st.integers(1, 5)),
    st.tuples(st.just("damaged"), st.integers(1, 3)),
    st.tuples(st.just("hand"), st.integers(-2, 1)),
    st.tuples(st.just("fail to hand"), st.integers(-1, 0)),
    st.tuples(st.just("progress"), st.integers(0, 5)),
    st.tuples(st.just("pause"), st.floats(0.0, 0.02)),
)
play = st.lists(act, max_size=12)


def acting(acts, dies, told):
    """A reader that does what is drawn, counts what it said, and ends with or without a word."""

    def script(line, _order):
        line.tell(CONNECTED)
        number = 0
        for what, how in acts:
            match what:
                case "sample" | "damaged":
                    for _ in range(how):
                        line.tell(seen_now(number, damaged=what == "damaged"))
                        number += 1
                        told[0] += 1
                case "hand":
                    line.hand(number + how)
                case "fail to hand":
                    line.tell(records.Handed(number + how, 0))
                case "progress":
                    line.tell(records.Progress(number, how, 0.0, "default"))
                case "pause":
                    line.is_asked(how)
        if dies:
            raise EOFError

    return script


@settings(max_examples=20)
@given(
    plays=st.lists(st.tuples(play, st.booleans()), min_size=1, max_size=3),
    capacity=st.integers(1, 3),
    taken=st.booleans(),
)
def test_whatever_readers_say_each_picture_they_announced_is_on_the_bus_once(plays, capacity, taken):
    told = [0]
    with watching(capacity=capacity) as watch:
        if not taken:
            watch.taking.clear()
        for number, (acts, dies) in enumerate(plays):
            watch.put(f"c{number}", acting(acts, dies, told), idle)
        # All of the first connections was heard once there is a second one of each.
        until(lambda: len(watch.readers.orders) == 2 * len(plays), "all connections")
    frames = [frame for number in range(len(plays)) for frame in check_series(watch.of(f"c{number}"))]
    assert len(frames) == watch.fleet.sampled == told[0]
    assert sum(frame.dropped is not None for frame in frames) == watch.fleet.dropped.total()
