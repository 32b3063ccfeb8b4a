"""The worker loop, call by call; what it withstands as a whole is in `tests.simulation`."""

import threading

import pytest
from msgspec.structs import replace

from common.bus.base import BusClosed, Place
from common.errors import StoreError
from common.fused import FusedStage
from common.messages import Closed, Finished, Opened, Readings
from common.retry import LONGEST_S
from common.state import Saved
from common.worker import Intake, Worker
from tests.builders_messages import empty_frame, opened
from tests.common.worker_bench import POISON, Bench, States, Tally, Waits, feed, frames, topic
from tests.simulation.bus import SimulatedBus


def test_a_batch_is_polled_processed_published_flushed_saved_and_committed_in_this_order():
    bench = Bench()
    feed(bench.source, *frames(0, 1))
    assert bench.worker.turn() == 2
    effects = ("polled", "process", "published", "flushed", "save", "committed")
    seen = [note for note in bench.notes if note.split()[-1] in effects]
    assert seen == [
        *("in polled", "process", "out published", "process", "out published"),
        *("out flushed", "in flushed", "save", "in committed"),
    ]
    assert bench.source.group.committed == [2]
    assert bench.states.load("shop") == Saved(1, bench.source.identity, Place(0, 1), b"2")


def test_an_empty_poll_saves_and_commits_nothing():
    bench = Bench()
    assert bench.worker.turn() == 0
    assert [note for note in bench.notes if "poll" not in note] == []


def test_a_stage_without_state_is_not_saved():
    class Plain:
        def process(self, messages):
            yield from messages

        def forget(self, camera):
            pass

        def close(self):
            pass

    bench = Bench(stage=Plain())
    feed(bench.source, *frames(0))
    bench.worker.turn()
    assert "save" not in bench.notes
    assert bench.source.group.committed == [1]


def test_while_the_store_is_away_the_worker_waits_longer_each_time_and_polls_nothing():
    stop = Waits()
    bench = Bench(stop=stop)
    bench.states.away = 8
    feed(bench.source, *frames(0, 1))
    bench.worker.turn()
    assert len(stop.seconds) == 8
    for number, seconds in enumerate(stop.seconds):
        longest = min(0.1 * 2**number, LONGEST_S)
        assert longest / 2 <= seconds <= longest
    assert bench.notes.count("in poll") == 1
    assert bench.counted[-2:] == [(0, 1), (1, 2)]
    assert bench.states.load("shop").state == b"2"
    assert bench.source.group.committed == [2]


def test_waits_begin_short_again_after_a_success():
    stop = Waits()
    bench = Bench(stop=stop)
    for _ in range(2):
        bench.states.away = 5
        feed(bench.source, *frames(0))
        bench.worker.turn()
    assert stop.seconds[5] <= 0.1


def test_told_to_stop_during_an_outage_the_worker_ends_and_commits_nothing():
    bench = Bench(stop=Waits(last=3))
    bench.states.away = 100
    feed(bench.source, *frames(0, 1))
    with pytest.raises(StoreError, match="away"):
        bench.worker.run()
    assert bench.source.group.committed == [0]
    assert bench.states.load("shop") is None


def test_what_was_not_committed_during_an_outage_comes_again_to_the_next_worker():
    source, states = topic(), States(away=100)
    first = Bench(source, states, stop=Waits(last=1))
    feed(source, *frames(0, 1))
    with pytest.raises(StoreError):
        first.worker.run()
    first.bus.abort()
    states.away = 0
    second = Bench(source, states)
    second.worker.turn()
    assert second.counted == [(0, 1), (1, 2)]


def test_a_worker_that_drains_ends_once_everything_is_through():
    bench = Bench(drain=True, batch=2)
    feed(bench.source, *frames(0, 1, 2))
    SimulatedBus(bench.source).finish()
    bench.worker.run()
    assert bench.source.group.committed == [4]
    assert bench.output.logs[0][-1] == Finished(0)
    assert bench.worker.messages == 4


def test_a_worker_told_to_stop_finishes_the_batch_in_hand():
    stop = threading.Event()

    class Stopping(Tally):
        def process(self, messages):
            stop.set()
            return list(super().process(messages))

    bench = Bench(stage=Stopping(), stop=stop, batch=2)
    feed(bench.source, *frames(0, 1, 2))
    bench.worker.run()
    assert bench.source.group.committed == [2]
    assert bench.states.load("shop").place == Place(0, 1)


def test_a_closed_bus_ends_the_worker():
    bench = Bench()
    bench.bus.abort()
    bench.worker.run()
    with pytest.raises(BusClosed):
        bench.worker.turn()


def test_messages_that_a_saved_state_includes_are_passed_over():
    bench = Bench()
    feed(bench.source, *frames(0, 1, 2, 3))
    saved = Saved(5, bench.source.identity, Place(0, 1), b"40")
    bench.states._saved["shop"] = saved
    bench.worker.turn()
    assert bench.counted == [(2, 41), (3, 42)]
    assert bench.states.load("shop") == replace(saved, version=6, place=Place(0, 3), state=b"42")
    assert bench.source.group.committed == [4]


def test_the_same_recording_once_more_is_not_passed_over():
    bench = Bench()
    again = [opened(), *frames(0, 1), Closed("shop", "e1", 100, 1, "end", 0, 0)]
    for _ in range(2):
        feed(bench.source, *again)
        bench.worker.turn()
    assert [seq for seq, _ in bench.counted] == [0, 1, 0, 1]


def test_a_camera_that_was_given_another_partition_is_not_passed_over():
    bench = Bench(topic(partitions=2, route=lambda _: 1))
    bench.states._saved["shop"] = Saved(3, bench.source.identity, Place(0, 1000), b"7")
    feed(bench.source, *frames(0))
    bench.worker.turn()
    assert bench.counted == [(0, 8)]


def test_a_state_of_another_bus_is_not_gone_on_from_but_its_version_is_followed():
    bench = Bench()
    bench.states._saved["shop"] = Saved(5, "frames:of-old", Place(0, 99), b"40")
    feed(bench.source, *frames(0, 1))
    bench.worker.turn()
    assert bench.counted == [(0, 1), (1, 2)]
    assert bench.states.load("shop") == Saved(6, bench.source.identity, Place(0, 1), b"2")


def test_a_refused_save_makes_the_worker_begin_that_camera_afresh_from_what_stands():
    bench = Bench(batch=2)
    feed(bench.source, *frames(0, 1, 2), empty_frame(0, camera="door"))
    bench.worker.turn()
    ahead = Saved(2, bench.source.identity, Place(0, 2), b"30")
    bench.states._saved["shop"] = ahead
    feed(bench.source, *frames(3))
    bench.worker.turn()
    assert bench.states.load("shop") == ahead
    assert bench.states.load("door").state == b"1"
    bench.worker.turn()
    assert bench.counted[-1] == (3, 31)
    assert bench.states.load("shop") == Saved(3, bench.source.identity, Place(0, 4), b"31")


def test_a_refused_save_does_not_touch_other_cameras_of_the_batch():
    bench = Bench()
    feed(bench.source, *frames(0), empty_frame(0, camera="door"))
    bench.worker.turn()
    bench.states._saved["shop"] = Saved(9, bench.source.identity, Place(0, 0), b"1")
    feed(bench.source, *frames(1), empty_frame(1, camera="door"))
    bench.notes.clear()
    bench.worker.turn()
    assert [note for note in bench.notes if note.startswith(("forget", "resume"))] == ["forget shop", "resume shop"]
    assert bench.states.load("shop").version == 10
    assert bench.states.load("door") == Saved(2, bench.source.identity, Place(0, 3), b"2")


def test_cameras_of_a_partition_that_was_taken_away_are_forgotten():
    source, states = topic(), States()
    first, second = Bench(source, states), Bench(source, states)
    feed(source, *frames(0))
    first.worker.turn()
    source.group.leave(first.bus)
    feed(source, *frames(1))
    second.worker.turn()
    source.group.leave(second.bus)
    feed(source, *frames(2))
    first.worker.turn()
    assert first.counted == [(0, 1), (2, 3)]
    assert first.notes.count("forget shop") == 1
    assert first.notes.count("resume shop") == 2


def test_a_message_on_which_the_stage_failed_is_rejected_with_its_place_and_goes_on():
    bench = Bench()
    feed(bench.source, *frames(12, POISON, 14))
    bench.worker.turn()
    assert [(letter.place, letter.reason) for letter in bench.source.dead] == [(Place(0, 1), "13 brings bad luck")]
    assert [seq for seq, _ in bench.counted] == [12, 13, 14]
    assert {message.failure for message in bench.output.logs[0]} == {None}, "or the next stage would tell it again"


def test_a_stage_fused_behind_the_one_that_failed_adds_no_letter_and_hides_none():
    class Behind(Tally):
        def process(self, messages):
            return [Readings(one.spine, (), one.recipe, one.dropped, one.failure) for one in messages]

        def state(self, _):
            return b""

    bench = Bench(stage=FusedStage([Tally(), Behind()]))
    feed(bench.source, *frames(12, POISON))
    bench.worker.turn()
    assert [letter.place for letter in bench.source.dead] == [Place(0, 1)]


def test_a_dead_letter_is_safe_before_a_state_that_passes_its_message_over():
    bench = Bench()
    bench.states.save = lambda _changes: noted.append(len(bench.source.dead)) or ()
    noted = []
    feed(bench.source, *frames(POISON))
    bench.worker.turn()
    assert noted == [1]


def test_a_message_about_the_bus_itself_belongs_to_no_camera():
    bench = Bench()
    SimulatedBus(bench.source).finish()
    bench.worker.turn()
    assert bench.output.logs[0] == [Finished(0)]
    assert "save" not in bench.notes


def test_a_worker_shows_that_it_is_alive_at_every_poll_and_attempt():
    beats = []
    bench = Bench(stop=Waits())
    bench.states.away = 3
    intake = Intake(10, pulse=lambda: beats.append(1))
    worker = Worker(bench.stage, bench.bus, bench.out, bench.states, intake, bench.stop)
    feed(bench.source, Opened("shop", "e1", 0, "file", 0.0, 64, 48, "shop.mp4"), *frames(0))
    worker.turn()
    assert len(beats) == 4
