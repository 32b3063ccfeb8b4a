"""What a stage is given of live cameras, and what it is not: too old, too much at a time, or under an old epoch."""

from collections import Counter, deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from common.messages import Faces, Finished, Frame, Opened, Readings
from common.runner import Take
from common.shedding import SheddingStage
from common.shedding_settings import SheddingSettings
from tests.builders_messages import closed, face, faces, gray_frame, opened
from tests.common.worker_bench import Tally

OLD, NEW = "0000000a0001", "0000000b0001"
NOW_MS = 1_700_000_000_000
CROP = np.zeros((48, 48), np.uint8)


class Working(Tally):
    """A stage that notes its batches, and needs so many milliseconds of a clock for every picture or crop."""

    def __init__(self, each_ms=0):
        super().__init__()
        self.each_ms = each_ms
        self.now_ms = NOW_MS
        self.batches = []

    def process(self, messages):
        self.batches.append(list(messages))
        for message in messages:
            work = isinstance(message, Frame) and message.planes is not None
            work = work or (isinstance(message, Faces) and any(one.crop is not None for one in message.faces))
            self.now_ms += self.each_ms * work
            yield message


def shedding(stage, **settings):
    return SheddingStage(stage, SheddingSettings(**settings), lambda: stage.now_ms)


def frame(seq, age_ms=0, epoch=OLD, mode="live", camera="shop"):
    names = {"epoch": epoch, "mode": mode, "camera": camera}
    return gray_frame(seq, size=(2, 2), arrived_ms=NOW_MS - age_ms, **names)


def found(seq, age_ms=0, epoch=OLD, mode="live"):
    inside = face(1, crop=CROP), face(2, refused="blurred")
    return faces(seq, *inside, arrived_ms=NOW_MS - age_ms, epoch=epoch, mode=mode)


def fates(messages):
    return [one.dropped for one in messages if isinstance(one, Frame | Faces | Readings)]


def test_what_is_too_old_when_its_turn_comes_is_not_begun():
    stage = Working()
    assert fates(shedding(stage).process([frame(0, 501), frame(1, 500)])) == ["stale", None]
    late, in_time = shedding(stage).process([found(0, 1001), found(1, 1000)])
    assert [seen.refused for seen in late.faces] == ["expired", "blurred"]
    assert [seen.refused for seen in in_time.faces] == [None, "blurred"]


def test_in_a_batch_of_slow_work_the_last_ones_have_become_too_old():
    stage = Working(each_ms=300)
    done = list(shedding(stage).process([frame(seq) for seq in range(8)]))
    assert [one.spine.seq for one in done] == list(range(8))
    # The first two begin at 0 and 300 ms.
    assert fates(done) == [None] * 2 + ["stale"] * 6
    done = list(shedding(Working(each_ms=300)).process([found(seq) for seq in range(8)]))
    # A batch that had its time makes room for the next: what is left of it counts as too old at half the age.
    assert [one.faces[0].refused for one in done] == [None] * 2 + ["expired"] * 6


def test_live_batches_are_cut_by_time():
    stage = Working(each_ms=50)
    shed = shedding(stage, max_age_ms=600_000)
    for begin in range(0, 40, 20):
        list(shed.process([frame(seq) for seq in range(begin, begin + 20)]))
    assert [len(batch) for batch in stage.batches] == [1, 5, 5, 5, 4, 5, 5, 5, 5]


def test_cameras_are_served_by_turns_however_their_messages_stand_in_a_batch():
    stage, served = Working(each_ms=300), Counter()
    shed = shedding(stage)
    for begin in range(0, 60, 5):
        age_ms = NOW_MS - stage.now_ms
        batch = [frame(seq, age_ms, camera=name) for name in "abcd" for seq in range(begin, begin + 5)]
        served += Counter(one.spine.camera for one in shed.process(batch) if one.planes is not None)
    assert max(served.values()) - min(served.values()) <= 1


def test_what_is_no_work_waits_for_no_work_of_another_camera():
    stage = Working(each_ms=300)
    told = [replace(frame(seq, camera="yard"), planes=None, dropped="behind") for seq in range(3)]
    done = list(shedding(stage).process([frame(0), frame(1), *told, frame(3, camera="yard")]))
    assert done[:3] == told
    assert fates(done[3:]) == [None, None, "stale"]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1000), st.booleans()), max_size=30), st.integers(0, 400)
)
def test_whatever_is_shed_each_camera_keeps_its_order_and_nothing_is_lost(wanted, each_ms):
    batch = [
        frame(seq, age_ms, camera=name) if work else replace(frame(seq, camera=name), planes=None, dropped="behind")
        for seq, (name, age_ms, work) in enumerate(wanted)
    ]
    done = list(shedding(Working(each_ms)).process(batch))
    for name in "abc":
        assert [one.spine.seq for one in done if one.spine.camera == name] == [
            one.spine.seq for one in batch if one.spine.camera == name
        ]


def test_what_closes_a_partition_stays_behind_all_that_stands_before_it():
    batch = [*(frame(seq, camera=name) for name in "ab" for seq in range(3)), Finished(0)]
    assert list(shedding(Working(each_ms=300)).process(batch))[-1] == Finished(0)


def test_of_live_cameras_no_more_is_taken_than_fits_into_the_budget_and_at_once():
    shed, usual = shedding(Working(each_ms=50), max_age_ms=600_000), Take(20, 0.2)
    assert (shed.take(usual), shed.fill_s(0.2)) == (usual, 0.2)
    list(shed.process([frame(0)]))
    assert (shed.take(usual), shed.fill_s(0.2)) == (Take(5, 0.0), 0.0)
    list(shed.process([frame(1, mode="file")]))
    assert (shed.take(usual), shed.fill_s(0.2)) == (usual, 0.2)


def test_of_word_that_frames_were_dropped_more_is_taken_at_a_time():
    shed, word = shedding(Working()), replace(frame(0), planes=None, dropped="behind")
    assert shed.limit(8) == 8
    list(shed.process([frame(0), *[word] * 3]))
    assert shed.limit(8) == 32
    list(shed.process([word] * 32))
    assert shed.limit(8) == 64
    list(shed.process([frame(1, mode="file")]))
    assert shed.limit(8) == 8


@pytest.mark.parametrize("mode", ["file", "replay"])
def test_recordings_keep_their_batches_and_never_expire(mode):
    stage = Working(each_ms=300)
    batch = [opened(mode=mode), *(frame(seq, 5000, mode=mode) for seq in range(20)), closed(19)]
    assert list(shedding(stage).process(batch)) == batch
    assert stage.batches == [batch]


def test_readings_always_go_on():
    stage, old = Working(), Readings(frame(0, 5000).spine, (), "r")
    assert list(shedding(stage).process([frame(0, epoch=NEW), old]))[1:] == [old]


def test_a_batch_that_is_done_again_comes_out_the_same_although_time_has_passed():
    stage = Working()
    shed, batch = shedding(stage), [frame(0), frame(1, 1500)]
    first = list(shed.process(batch))
    stage.now_ms += 5000
    assert list(shed.process(batch)) == first
    assert fates(shed.process([frame(2)])) == ["stale"]
    assert fates(shed.process(batch)) == ["stale", "stale"]


def test_a_stage_on_a_machine_whose_clock_is_wrong_works_again_after_some_seconds_and_says_why(caplog):
    stage, told = Working(), []
    shed = shedding(stage)
    for seq in range(200):
        stage.now_ms = NOW_MS + 100 * seq
        told += fates(shed.process([frame(seq, 60_000 - 100 * seq)]))
    assert told == ["stale"] * 100 + [None] * 100
    (record,) = caplog.records
    assert record.getMessage().startswith("shop: all that came of it lately was 60.0 s old")


def test_a_dead_letter_that_was_given_back_is_read_however_old_it_is():
    back = replace(found(0, 5000), replayed=True)
    assert list(shedding(Working()).process([frame(1, epoch=NEW), back]))[1:] == [back]


def test_frames_of_an_epoch_that_is_over_are_not_worked_on_and_its_begin_is_passed_over():
    late = [opened(epoch=OLD, mode="live"), frame(5, epoch=OLD), closed(5, epoch=OLD)]
    batch = [opened(epoch=OLD, mode="live"), frame(4), opened(epoch=NEW, mode="live"), *late, frame(0, epoch=NEW)]
    done = list(shedding(Working()).process(batch))
    assert fates(done) == [None, "fenced", None]
    assert [one.epoch for one in done if isinstance(one, Opened)] == [OLD, NEW]
    assert closed(5, epoch=OLD) in done


def test_whoever_goes_on_with_a_camera_knows_its_fence():
    one, other = shedding(Working()), shedding(Working())
    list(one.process([frame(0, epoch=NEW)]))
    other.resume("shop", one.state("shop"))
    assert fates(other.process([frame(1, epoch=OLD), frame(1, epoch=NEW)])) == ["fenced", None]


def test_the_state_of_the_stage_is_handed_on_whole():
    stage = Tally()
    list(stage.process([frame(0), frame(1)]))
    shed, other = SheddingStage(stage, SheddingSettings(), lambda: NOW_MS), Tally()
    SheddingStage(other, SheddingSettings(), lambda: NOW_MS).resume("shop", shed.state("shop"))
    assert other.counts == {"shop": 2}


@pytest.mark.parametrize("state", [b"", b"\x9a:\xa3", b"\xffno epoch: but a state"])
def test_a_state_from_before_there_were_fences_is_the_stages_own(state):
    resumed = []

    class Stage(Working):
        def resume(self, camera, state):
            resumed.append((camera, state))

    shed = shedding(Stage())
    shed.resume("shop", state)
    assert resumed == [("shop", state)]
    assert fates(shed.process([frame(0)])) == [None]


def test_a_camera_that_was_forgotten_has_no_fence():
    shed = shedding(Working())
    list(shed.process([frame(0, epoch=NEW)]))
    shed.forget("shop")
    assert fates(shed.process([frame(0, epoch=OLD)])) == [None]


one_message = st.builds(
    lambda make, age_ms, epoch, mode: lambda seq: make(seq, age_ms, epoch=epoch, mode=mode),
    st.sampled_from([frame, found]),
    st.integers(-2000, 3000),
    st.sampled_from([OLD, NEW]),
    st.sampled_from(["live", "file"]),
)


@given(st.lists(one_message, max_size=30), st.integers(0, 400), st.integers(1, 10))
def test_every_frame_goes_on_once_in_its_order_whole_or_with_its_reason(makers, each_ms, size):
    stage = Working(each_ms)
    shed = shedding(stage)
    batch = [make(seq) for seq, make in enumerate(makers)]
    done = [one for begin in range(0, len(batch), size) for one in shed.process(batch[begin : begin + size])]
    assert [one.spine for one in done] == [one.spine for one in batch]
    for before, after in zip(batch, done, strict=True):
        whole = after is before
        assert whole or before.spine.mode == "live"
        if isinstance(after, Frame):
            assert whole or (after.planes is None and after.dropped in {"stale", "fenced"})
        elif not whole and after.dropped is None:
            assert [seen.refused for seen in after.faces] == ["expired", "blurred"]


class Crowded(Working):
    """A stage that needs so many milliseconds for every face."""

    def process(self, messages):
        for message in messages:
            self.now_ms += self.each_ms * sum(one.crop is not None for one in message.faces)
            yield message


def shares(cameras, each_ms=4, seconds=30, batch=32):
    """Let cameras give frames to a queue, from which a stage takes what it can; gives the share of each that was read.

    Args:
        cameras: faces of a frame, and frames a second, by name.
        each_ms: what a face takes.
        seconds: for how long.
        batch: frames that are taken at a time, at most.
    """
    stage, read, offered = Crowded(each_ms), Counter(), Counter()
    shed = shedding(stage)
    frames = [
        (NOW_MS + round(1000 * seq / rate), name, seq)
        for name, (_, rate) in cameras.items()
        for seq in range(int(seconds * rate))
    ]
    queue = deque(sorted(frames))
    while queue:
        taken = []
        while queue and queue[0][0] <= stage.now_ms and len(taken) < shed.limit(batch):
            arrived_ms, name, seq = queue.popleft()
            inside = [face(number, crop=CROP) for number in range(cameras[name][0])]
            taken.append(faces(seq, *inside, camera=name, mode="live", epoch=OLD, arrived_ms=arrived_ms))
            offered[name] += len(inside)
        if not taken:
            stage.now_ms = queue[0][0]
        for done in shed.process(taken):
            read[done.spine.camera] += sum(one.crop is not None for one in done.faces)
            assert {one.refused for one in done.faces} <= {None, "expired"}
    return {name: read[name] / offered[name] for name in cameras}


def test_a_camera_with_a_crowd_takes_nothing_from_one_with_a_single_face():
    crowd, one = shares({"crowd": (50, 10), "one": (1, 10)}).values()
    assert one == 1
    assert 0.45 < crowd < 0.5  # 240 of 500 faces a second are left for it


def test_whoever_asks_for_less_than_his_share_gets_all_and_the_others_share_the_rest():
    found = shares({"crowd": (50, 10), "hall": (50, 10), **{f"door{n}": (1, 10) for n in range(5)}})
    assert [found[f"door{n}"] for n in range(5)] == [1] * 5
    assert found["crowd"] == pytest.approx(found["hall"], abs=0.03)
    assert found["crowd"] + found["hall"] > 0.35


def test_cameras_that_ask_for_the_same_get_the_same():
    found = shares(dict.fromkeys("abc", (20, 10))).values()
    assert max(found) - min(found) < 0.08
    assert sum(found) / 3 > 0.38


def test_nothing_is_shed_of_what_the_stage_has_the_strength_for():
    assert set(shares(dict.fromkeys("abcde", (20, 1.5))).values()) == {1}


def test_also_a_little_too_much_is_taken_from_whoever_asks_for_most():
    doors = {f"door{n}": (1, 10) for n in range(40)}
    found = shares({"crowd": (30, 10), **doors}, each_ms=2, seconds=60)
    assert {found[name] for name in doors} == {1}
    assert 0.3 < found["crowd"] < 0.4
