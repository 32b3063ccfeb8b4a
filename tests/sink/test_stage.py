"""The sink over the embedded Redis: what is written, what a repeat does, what is replaced, what is late."""

import msgspec
import pytest

from common.errors import MoodlineError, StoreError
from common.messages import Frame, Readings
from sink.digest import digest
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import RedisStore
from tests.sink.builders import KEEPING, START_MS, closed, face, feed, frame, opened, recording, sink


def entries(client):
    keys = sorted(key for key in client.scan_iter() if client.type(key) == b"stream")
    return {key: client.xrange(key) for key in keys}


def test_what_was_written_is_read_back(client, reader):
    feed(sink(client), recording())
    assert reader.cameras() == ["shop"]
    (info,) = reader.epochs("shop")
    assert (info.epoch, info.closed, info.closed_seq, info.last_seq, info.rate) == ("e1", "end", 59, 59, 10.0)
    frames = list(reader.frames("shop", "e1"))
    assert [one.seq for one in frames] == list(range(60))
    samples = [one for name in reader.track_names("shop", "e1") for one in reader.samples("shop", name)]
    assert len(samples) == sum(len(one.faces) for one in frames)
    assert sum(one.samples for one in reader.tracks("shop")) == len(samples)
    assert sum(one.sampled for one in reader.minutes("shop")) == 60
    assert {(one.time_ms, one.label, one.status) for one in samples} == {
        (one.time_ms, seen.label, seen.status) for one in frames for seen in one.faces
    }


def test_samples_can_be_read_between_two_times(client, reader):
    feed(sink(client), [opened(), *(frame(n, START_MS + n * 100, face()) for n in range(10))])
    times = [one.seq for one in reader.samples("shop", "shop-e1-1", START_MS + 200, START_MS + 400)]
    assert times == [2, 3, 4]


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_the_size_of_batches_changes_nothing(client, reader, batch):
    feed(sink(client), recording(), 16)
    first = digest(reader), entries(client)
    client.flushdb()
    feed(sink(client), recording(), batch)
    assert (digest(reader), entries(client)) == first


def test_the_same_epoch_twice_adds_not_one_entry(client, reader):
    feed(sink(client), recording())
    first = digest(reader), entries(client)
    again = sink(client)
    feed(again, recording())
    assert (digest(reader), entries(client)) == first
    assert (again.counters.frames, again.counters.duplicates, again.counters.late) == (0, 60, 0)


@pytest.mark.parametrize("stop", [1, 2, 17, 30, 60, 61])
def test_an_interrupted_epoch_is_resumed_to_the_same_bytes(client, reader, stop):
    messages = recording(5)
    feed(sink(client), messages)
    whole = digest(reader), entries(client)
    client.flushdb()
    feed(sink(client), messages[:stop], 4)
    feed(sink(client), messages, 9)
    assert (digest(reader), entries(client)) == whole


def test_delivery_again_from_any_earlier_message_changes_nothing(client, reader):
    messages = recording(6)
    feed(sink(client), messages)
    whole = digest(reader), entries(client)
    client.flushdb()
    feed(sink(client), messages[:40], 4)
    feed(sink(client), messages[25:], 9)
    assert (digest(reader), entries(client)) == whole


def test_another_recipe_replaces_the_recording_whole(client, reader):
    feed(sink(client), recording(1, frames=90, recipe="old"))
    feed(sink(client), recording(2, frames=50, step_ms=200, recipe="new"))
    replaced, keys = (digest(reader), entries(client)), set(client.keys())
    client.flushdb()
    feed(sink(client), recording(2, frames=50, step_ms=200, recipe="new"))
    assert (digest(reader), entries(client)) == replaced
    assert set(client.keys()) == keys


def test_other_settings_are_another_recipe(client, reader):
    feed(sink(client), recording())
    before = reader.epochs("shop")[0].recipe
    again = sink(client, tau_s=1.0)
    feed(again, recording())
    assert reader.epochs("shop")[0].recipe != before
    assert again.counters.frames == 60


def test_another_ingest_is_another_recipe(client, reader):
    feed(sink(client), recording())
    before = reader.epochs("shop")[0].recipe
    begin, *rest = recording()
    again = sink(client)
    feed(again, [msgspec.structs.replace(begin, recipe="ingest 2"), *rest])
    assert reader.epochs("shop")[0].recipe != before
    assert again.counters.frames == 60


@pytest.mark.parametrize("seq", [0, 30])
def test_a_frame_that_was_given_back_goes_beside_its_series_and_changes_nothing_in_it(client, reader, seq):
    feed(sink(client), recording())
    before = digest(reader)
    back = [message for message in recording(recipe="new") if isinstance(message, Readings)][seq]
    feed(sink(client), [msgspec.structs.replace(back, replayed=True)])
    assert digest(reader) == before
    assert client.xlen(sink(client)._store.keys("shop").late) == 1


def test_how_long_a_series_is_kept_is_not_part_of_its_recipe(client):
    feed(sink(client), recording())
    again = sink(client, expire_days=1.0, trim_hours=1.0)
    feed(again, recording())
    assert again.counters.duplicates == 60


def test_another_rate_replaces_the_recording(client, reader):
    feed(sink(client), recording(frames=60))
    other = recording(frames=20, step_ms=300)
    other[0] = msgspec.structs.replace(other[0], rate=3.3)
    feed(sink(client), other)
    assert len(list(reader.frames("shop", "e1"))) == 20
    assert reader.epochs("shop")[0].rate == 3.3


def test_another_recipe_in_the_middle_of_a_recording_is_late_and_does_not_mix(client, reader):
    messages = recording(recipe="old")
    feed(sink(client), messages[:31])
    before = digest(reader)
    other = sink(client)
    feed(other, recording(recipe="new")[31:41])
    assert (digest(reader), other.counters.late, reader.late("shop")) == (before, 10, 10)


def test_a_recording_closed_early_is_begun_anew_by_its_next_run(client, reader):
    messages = recording(8)
    feed(sink(client), messages)
    whole = digest(reader), entries(client)
    client.flushdb()
    cut = closed(24, messages[25].spine.time_ms, reason="interrupted")
    feed(sink(client), [*messages[:26], cut])
    assert reader.epochs("shop")[0].closed == "interrupted"
    assert reader.tracks("shop")
    feed(sink(client), messages)
    assert (digest(reader), entries(client)) == whole


def test_a_repeat_that_is_stopped_early_does_not_shorten_what_stands(client, reader):
    messages = recording()
    feed(sink(client), messages)
    whole = digest(reader), entries(client)
    feed(sink(client), [*messages[:11], closed(9, messages[10].spine.time_ms, reason="interrupted")])
    feed(sink(client), [messages[0], closed(-1, START_MS, reason="interrupted")])
    assert (digest(reader), entries(client)) == whole
    assert reader.epochs("shop")[0].closed == "end"


def test_a_recording_of_unknown_time_counts_from_1970(client, reader):
    stage = sink(client)
    feed(stage, recording(start_ms=0))
    assert [(one.time_ms, one.seq) for one in reader.frames("shop", "e1")][:2] == [(0, 0), (100, 1)]
    assert stage.counters.late == 0
    feed(stage, recording(start_ms=0))
    assert (stage.counters.duplicates, stage.counters.late) == (60, 0)


def test_many_cameras_interleaved_are_as_each_alone(client, reader):
    ours, theirs = recording(1, camera="shop"), recording(2, camera="yard")
    feed(sink(client), ours)
    feed(sink(client), theirs)
    alone = digest(reader)
    client.flushdb()
    feed(sink(client), [one for pair in zip(ours, theirs, strict=True) for one in pair], 7)
    assert digest(reader) == alone
    assert reader.cameras() == ["shop", "yard"]


def test_two_files_of_one_camera_share_a_minute_exactly(client, reader):
    first, second = recording(1, epoch="e1"), recording(2, epoch="e2", start_ms=START_MS + 1000)
    feed(sink(client), first)
    (one,) = reader.minutes("shop")
    feed(sink(client), second)
    (both,) = reader.minutes("shop")
    assert both.sampled == 120
    assert reader.minutes("shop", epochs={"e1"}) == [one]
    feed(sink(client), second)
    assert reader.minutes("shop") == [both]
    stored = client.hgetall(f"moodline:{{shop}}:minute:{START_MS}")
    assert (msgspec.json.decode(stored[b"sampled"]), {b"epoch:e1", b"epoch:e2"} <= set(stored)) == (120, True)
    feed(sink(client), recording(3, frames=1, epoch="e2", start_ms=START_MS + 1000, recipe="new", people=0))
    (left,) = reader.minutes("shop")
    assert (left.sampled, left.seen_s, left.people) == (61, one.seen_s, one.people)


def test_a_replayed_dead_letter_goes_to_late_and_never_into_the_series(client, reader):
    messages = [opened(), frame(0, START_MS, face()), frame(1, START_MS + 100, dropped="dead_letter")]
    stage = sink(client)
    feed(stage, messages)
    before = digest(reader)
    feed(stage, [frame(1, START_MS + 100, face())])
    assert (digest(reader), stage.counters.late, reader.late("shop")) == (before, 1, 1)


def test_a_frame_that_missed_its_turn_is_counted_missing_and_kept_as_late(client, reader):
    stage = sink(client)
    feed(stage, [opened(), frame(0, START_MS, face()), frame(2, START_MS + 200, face())])
    feed(stage, [frame(1, START_MS + 100, face())])
    assert (stage.counters.late, reader.minutes("shop")[0].dropped) == (1, {"missing": 1})


def test_an_unsound_message_counts_as_dropped_and_its_repeat_as_duplicate(client, reader):
    bad = frame(1, START_MS + 100, msgspec.structs.replace(face(), probabilities=(1.0,)))
    stage = sink(client)
    feed(stage, [opened(), frame(0, START_MS, face()), bad])
    feed(stage, [bad])
    assert stage.counters.dropped == {"dead_letter": 1}
    assert (stage.counters.duplicates, stage.counters.late) == (1, 0)
    assert [one.dropped for one in reader.frames("shop", "e1")] == [None, "dead_letter"]


def test_an_epoch_without_a_frame_is_listed_with_its_end(client, reader):
    feed(sink(client), [opened(), closed(-1, START_MS)])
    (info,) = reader.epochs("shop")
    assert (info.last_seq, info.closed) == (-1, "end")
    assert reader.minutes("shop") == []


def test_series_expire_from_their_last_write(client):
    feed(sink(client), recording())
    lasting = {key: client.ttl(key) for key in client.scan_iter() if key != b"moodline:series"}
    assert all(0 < left <= 30 * 86_400 for left in lasting.values()), lasting


def test_a_message_that_was_never_read_is_a_mistake_of_the_program(client):
    spine = frame(0, START_MS).spine
    with pytest.raises(MoodlineError, match="shop/e1/0"):
        sink(client).process([Frame(spine, 2, 2, None)])


def test_the_counters_say_what_was_written(client):
    stage = sink(client)
    feed(stage, [opened(), frame(0, START_MS, face(1), face(2, status="blurred")), closed(0, START_MS)])
    counters = stage.counters
    assert (counters.frames, counters.faces, counters.tracks, counters.epochs) == (1, 2, 2, 1)
    assert counters.readings == {"ok": 1, "blurred": 1}


def test_a_full_redis_is_said_in_one_sentence_and_a_retry_loses_nothing(client, reader):
    messages = recording(4)
    feed(sink(client), messages)
    whole = digest(reader), entries(client)
    client.flushdb()
    stage = sink(client)
    feed(stage, messages[:20])
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(StoreError, match=r"is full; raise its 'maxmemory'"):
            stage.process(messages[20:40])
    finally:
        client.config_set("maxmemory", 0)
    feed(stage, messages[20:])
    assert (digest(reader), entries(client)) == whole


class LosesReplies(RedisStore):
    """A store whose every third write is done, but its reply is lost."""

    writes = 0

    def write(self, batch):
        written = super().write(batch)
        self.writes += 1
        if self.writes % 3 == 0:
            raise StoreError("the reply is lost")
        return written


def test_a_lost_reply_and_a_retry_neither_lose_nor_repeat(client, reader):
    messages = recording(11)
    feed(sink(client), messages)
    whole = digest(reader), entries(client)
    client.flushdb()
    stage, lost, start = SinkStage(LosesReplies(client, "moodline", KEEPING), SinkSettings()), 0, 0
    while start < len(messages):
        try:
            stage.process(messages[start : start + 4])
            start += 4
        except StoreError:
            lost += 1
    assert lost >= 5
    assert (digest(reader), entries(client), stage.counters.late) == (*whole, 0)


def test_a_second_run_does_not_keep_the_state_longer_than_the_samples(client):
    feed(sink(client), recording())
    client.expire("moodline:{shop}:state:e1", 100)
    feed(sink(client), recording())
    assert client.ttl("moodline:{shop}:state:e1") <= 100


def test_two_runs_of_one_recording_at_once_end_as_one(client, reader):
    messages = recording(9)
    feed(sink(client), messages)
    whole = digest(reader), entries(client)
    client.flushdb()
    first, second = sink(client), sink(client)
    for start in range(0, len(messages), 5):
        feed(first, messages[start : start + 5])
        feed(second, messages[start : start + 5])
    assert (digest(reader), entries(client)) == whole
    assert second.counters.late == first.counters.late == 0


def test_a_run_whose_epoch_is_being_replaced_is_told_so(client):
    slow = sink(client)
    feed(slow, recording(recipe="old")[:10])
    feed(sink(client), recording(recipe="new")[:5])
    with pytest.raises(StoreError, match="another run is replacing epoch 'e1' of camera 'shop'"):
        slow.process(recording(recipe="old")[10:20])
