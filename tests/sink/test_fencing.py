"""Live epochs that are over: nothing of them gets into the series, whoever writes them and whenever they come."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodline.ledger.accounts import Ledger
from moodline.ledger.reading import Scope, Store, add_store
from sink.reader import SeriesReader
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import RedisStore
from tests.sink.builders import KEEPING, START_MS, closed, face, feed, frame, opened, sink

OLD, NEW, NEXT = "0000000a0001", "0000000b0001", "0000000b0002"


def begin(epoch, time_ms=START_MS):
    return opened(epoch=epoch, time_ms=time_ms, mode="live")


def live(epoch, seq, at_ms, *faces, **names):
    return frame(seq, START_MS + at_ms, *(faces or (face(),)), epoch=epoch, mode="live", **names)


def old_and_new(old_frames=5, new_frames=5):
    """An old holder's epoch without an end, and the new one's, each frame with a face."""
    old = [begin(OLD), *(live(OLD, seq, seq * 100) for seq in range(old_frames))]
    new = [begin(NEW, START_MS + 5000), *(live(NEW, seq, 5000 + seq * 100) for seq in range(new_frames))]
    return old, new


def seqs(reader, epoch):
    return [one.seq for one in reader.frames("shop", epoch)]


def row_of(reader, epoch):
    ledger = Ledger()
    add_store(ledger, Scope(), Store(reader, 10**12))
    return next(row for row in ledger.epochs() if row.epoch == epoch)


def test_frames_of_an_epoch_that_is_over_are_kept_as_late_and_counted(client, reader):
    old, new = old_and_new()
    stage = sink(client)
    feed(stage, [*old, *new, live(OLD, 5, 5200), live(OLD, 6, 5300)])
    assert (seqs(reader, OLD), seqs(reader, NEW)) == ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])
    assert [(one.epoch, one.seq) for one in reader.late_frames("shop")] == [(OLD, 5), (OLD, 6)]
    assert (stage.counters.frames, stage.counters.late) == (10, 2)


def test_the_fence_is_there_from_the_begin_of_an_epoch_and_not_only_from_its_first_frame(client, reader):
    old, new = old_and_new()
    feed(sink(client), [*old, new[0], live(OLD, 5, 5900), *new[1:]])
    assert seqs(reader, OLD) == [0, 1, 2, 3, 4]
    assert seqs(reader, NEW) == [0, 1, 2, 3, 4]
    assert reader.late("shop") == 1


def test_a_first_frame_whose_begin_was_lost_raises_the_fence_too(client, reader):
    old, new = old_and_new()
    feed(sink(client), [*old, *new[1:], live(OLD, 5, 5900)])
    assert seqs(reader, OLD) == [0, 1, 2, 3, 4]
    assert [one.track for one in reader.tracks("shop")] == [f"shop-{OLD}-1"]


def test_the_begin_of_an_epoch_that_is_over_leaves_nothing_behind(client, reader):
    _, new = old_and_new()
    feed(sink(client), [*new, begin(OLD)])
    assert [one.epoch for one in reader.epochs("shop")] == [NEW]


def test_another_process_that_was_paused_in_the_middle_writes_nothing_more_of_it(client, reader):
    old, new = old_and_new()
    paused, awake = sink(client), sink(client)
    feed(paused, old)
    feed(awake, new)
    feed(paused, [live(OLD, seq, 5000 + seq * 100) for seq in (5, 6)])
    assert seqs(reader, OLD) == [0, 1, 2, 3, 4]
    assert reader.late("shop") == 2
    assert (paused.counters.frames, paused.counters.late) == (5, 2)


def test_what_another_process_has_in_hand_when_the_fence_is_raised_is_not_written(client, reader):
    """Between the attempt to write and the write itself, another sink begins the higher epoch."""
    old, new = old_and_new()

    class Interrupted(RedisStore):
        def write(self, batch):
            if batch.epoch == OLD:
                feed(sink(client), new)
            return super().write(batch)

    stage = SinkStage(Interrupted(client, "moodline", KEEPING), SinkSettings())
    feed(stage, [*old, closed(4, START_MS + 400, epoch=OLD, reason="handed_over")])
    assert seqs(reader, OLD) == []
    assert [one.seq for one in reader.late_frames("shop")] == [0, 1, 2, 3, 4]
    assert (stage.counters.frames, stage.counters.late, stage.counters.epochs) == (0, 5, 0)
    assert seqs(reader, NEW) == [0, 1, 2, 3, 4]
    assert row_of(reader, OLD).unaccounted == 0


def test_frames_that_were_written_before_are_duplicates_and_not_late(client):
    old, new = old_and_new()
    feed(sink(client), [*old, *new])
    again = sink(client)
    feed(again, [*old, *new])
    assert (again.counters.duplicates, again.counters.late, again.counters.frames) == (10, 0, 0)


def test_a_sink_that_was_restarted_knows_the_fence(client, reader):
    old, new = old_and_new()
    feed(sink(client), old)
    feed(sink(client), new)
    feed(sink(client), [live(OLD, 5, 6000)])
    assert seqs(reader, OLD) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("restarted", [False, True])
def test_the_tracks_of_the_epoch_before_have_ended_whoever_wrote_them(client, reader, restarted):
    old, new = old_and_new()
    stage = sink(client)
    feed(stage, old)
    assert reader.tracks("shop") == []
    feed(sink(client) if restarted else stage, new[:1])
    (track,) = reader.tracks("shop")
    assert (track.track, track.samples, track.end_reason) == (f"shop-{OLD}-1", 5, "closed")


def test_the_tracks_of_an_epoch_end_once_however_often_the_next_one_begins(client, reader):
    old, new = old_and_new()
    feed(sink(client), [*old, *new])
    feed(sink(client), [*new, begin(NEXT, START_MS + 9000), begin(NEXT, START_MS + 9000)])
    assert sorted(one.track for one in reader.tracks("shop")) == [f"shop-{OLD}-1", f"shop-{NEW}-1"]


def test_the_end_of_an_epoch_that_is_over_is_noted_and_changes_nothing_else(client, reader):
    old, new = old_and_new()
    feed(sink(client), [*old, *new])
    before = reader.tracks("shop"), reader.minutes("shop")
    stage = sink(client)
    feed(stage, [live(OLD, 5, 5900), closed(5, START_MS + 5900, epoch=OLD, reason="handed_over")])
    info = next(one for one in reader.epochs("shop") if one.epoch == OLD)
    assert (info.closed, info.closed_seq) == ("handed_over", 5)
    assert (reader.tracks("shop"), reader.minutes("shop")) == before
    row = row_of(reader, OLD)
    assert (row.sampled, row.analysed, dict(row.dropped), row.unaccounted) == (6, 5, {"late": 1}, 0)


def test_a_public_end_is_published_of_an_epoch_that_is_over(client):
    old, new = old_and_new()
    published = []
    stage = SinkStage(RedisStore(client, "moodline", KEEPING), SinkSettings(), published.extend)
    feed(stage, [*old, *new, live(OLD, 5, 5900), closed(5, START_MS + 5900, epoch=OLD, reason="lost")])
    names = {one.id for one in published}
    assert f"shop/{OLD}/closed" in names
    assert f"shop/{OLD}/5" not in names


def test_a_recording_is_not_fenced_by_a_live_epoch_of_its_camera(client, reader):
    _, new = old_and_new()
    feed(sink(client), [*new, opened(epoch="000"), frame(0, START_MS, face(), epoch="000")])
    assert seqs(reader, "000") == [0]


@given(number=st.integers(0, 10**6))
def test_wherever_an_old_holder_wakes_up_and_whoever_writes_the_series_has_none_of_it_and_adds_up(
    embedded_client, number
):
    """The old holder's frames come between those of the new one, over several sinks in turn, with repeats."""
    embedded_client.flushdb()
    chance = random.Random(number)
    old, new = old_and_new(chance.randint(0, 6), chance.randint(0, 6))
    seen = len(old) - 1
    waking = [live(OLD, seen + n, 5000 + n * 50) for n in range(chance.randint(1, 6))]
    end = closed(seen + len(waking) - 1, START_MS + 9000, epoch=OLD, reason="handed_over")
    rest, late = new[1:], [*waking, *([end] if chance.random() < 0.5 else [])]
    mixed = [new[0]]
    while rest or late:
        mixed.append((rest if not late or (rest and chance.random() < 0.5) else late).pop(0))
    stage = sink(embedded_client)
    for message in [*old, *mixed]:
        stage = sink(embedded_client) if chance.random() < 0.2 else stage
        stage.process([message] * chance.choice((1, 1, 1, 2)))
    reader = SeriesReader(embedded_client, "moodline")
    assert seqs(reader, OLD) == list(range(seen))
    assert seqs(reader, NEW) == list(range(len(new) - 1))
    assert {one.seq for one in reader.late_frames("shop")} == {one.spine.seq for one in waking}
    row = row_of(reader, OLD)
    assert (row.sampled, row.unaccounted) == (seen + len(waking), 0)
    assert sum(one.samples for one in reader.tracks("shop", OLD)) == seen
