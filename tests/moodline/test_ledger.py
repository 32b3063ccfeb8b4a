"""The ledger: it always adds up, says what is lost, counts nothing twice, and reads Kafka and Redis as they are."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.bus import topics
from common.errors import EXIT_OK, EXIT_UNHEALTHY
from common.messages import Finished
from moodline.ledger.accounts import Ends, Ledger, Sighting
from moodline.ledger.reading import Scope, Store, add_dead, add_store, add_topic
from moodline.ledger.table import as_dict
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import Keeping, RedisStore
from tests.moodline.builders_records import (
    START_MS,
    closed,
    dead_record,
    faces,
    frame,
    letter,
    opened,
    readings,
    records,
)

WHERE = ("passed", "dead", "detector", "classifier", "sink", "late", "stored")
DAYS_MS = 7 * 86_400_000
ALL = Scope()

sightings = st.lists(
    st.builds(
        Sighting,
        camera=st.sampled_from(["shop", "door"]),
        epoch=st.sampled_from(["e1", "e2"]),
        seq=st.integers(0, 40),
        time_ms=st.integers(0, 300_000),
        where=st.sampled_from(WHERE),
        dropped=st.sampled_from([None, None, "damaged", "behind", "dead_letter"]),
    )
)


def see(*seen, ends=None):
    ledger = Ledger()
    for one in seen:
        ledger.see(one)
    if ends is not None:
        ledger.know("shop", "e1", ends)
    return ledger


def stored(*seqs, dropped=None):
    return [Sighting("shop", "e1", seq, START_MS + seq * 100, "stored", dropped) for seq in seqs]


def only(ledger):
    (row,) = ledger.epochs()
    return row


def totals(rows):
    return Counter(
        sampled=sum(row.sampled for row in rows),
        accounted=sum(row.accounted for row in rows),
        lost=sum(row.unaccounted for row in rows),
    )


@given(sightings, st.integers(-1, 60))
def test_it_adds_up_in_every_row_and_minutes_add_up_to_epochs(seen, last_seq):
    ledger = see(*seen, ends=Ends(0, 0, last_seq))
    for row in (*ledger.epochs(), *ledger.minutes()):
        assert row.sampled == row.accounted + row.unaccounted
    assert totals(ledger.epochs()) == totals(ledger.minutes())
    highest: dict = {("shop", "e1"): last_seq}
    for one in seen:
        key = (one.camera, one.epoch)
        highest[key] = max(highest.get(key, -1), one.seq)
    assert {(row.camera, row.epoch): row.sampled for row in ledger.epochs()} == {
        key: last + 1 for key, last in highest.items()
    }


@given(st.permutations(range(12)), st.integers(0, 12))
def test_a_frame_that_is_nowhere_is_unaccounted_for(order, lost):
    left = [seq for seq in order if seq != lost]
    row = only(see(*stored(*left), ends=Ends(START_MS, 0, 11)))
    assert (row.sampled, row.analysed, row.unaccounted) == (12, len(left), 12 - len(left))


@given(sightings, st.randoms())
def test_neither_order_nor_repeats_change_where_a_frame_counts(seen, chance):
    again = [*seen, *seen]
    chance.shuffle(again)

    def counts(ledger):
        return [(row.camera, row.epoch, row.sampled, row.unaccounted, dict(row.in_flight)) for row in ledger.epochs()]

    assert sorted(counts(see(*again))) == sorted(counts(see(*seen)))


def test_a_frame_counts_where_it_got_furthest():
    for less, more in pairwise(WHERE):
        one, two = (Sighting("shop", "e1", 0, 0, where) for where in (less, more))
        assert only(see(one, two)) == only(see(two)) == only(see(two, one))


def test_every_fate_has_its_place():
    fates = (*WHERE, "stored", "stored")
    dropped = (*[None] * len(WHERE), "damaged", "dead_letter")
    pairs = enumerate(zip(fates, dropped, strict=True))
    row = only(see(*(Sighting("shop", "e1", seq, 0, where, why) for seq, (where, why) in pairs)))
    assert (row.sampled, row.analysed, row.dead, row.unaccounted) == (9, 1, 2, 1)
    assert dict(row.dropped) == {"damaged": 1, "late": 1}
    assert dict(row.in_flight) == {"detector": 1, "classifier": 1, "sink": 1}


def test_what_never_arrived_stands_in_the_minute_of_the_next_frame():
    first, second = Sighting("shop", "e1", 0, 59_000, "stored"), Sighting("shop", "e1", 3, 61_000, "stored")
    rows = see(first, second, ends=Ends(0, 0, 4)).minutes()
    assert [(row.time_ms, row.sampled, row.unaccounted) for row in rows] == [(0, 1, 0), (60_000, 4, 3)]


def test_an_epoch_of_which_nothing_arrived_but_its_end_is_lost_whole():
    row = only(see(ends=Ends(START_MS, 0, 2)))
    assert (row.sampled, row.unaccounted) == (3, 3)


def test_what_expired_before_the_first_frame_seen_is_not_missed():
    row = only(see(*stored(1000, 1001), ends=Ends(START_MS, None, None)))
    assert (row.sampled, row.unaccounted) == (2, 0)


def test_a_gap_of_billions_is_counted_at_once():
    assert only(see(*stored(10**15))).unaccounted == 10**15


def topic_ledger(given_, through, stage="classifier", scope=ALL):
    ledger = Ledger()
    add_topic(ledger, scope, stage, given_, through)
    return ledger


def test_records_from_the_committed_place_on_are_in_flight():
    given_ = records(opened(), faces(0), faces(1), faces(2), faces(3))
    row = only(topic_ledger(given_, {0: 3}))
    assert (dict(row.in_flight), row.unaccounted) == ({"classifier": 2}, 2)
    assert dict(only(topic_ledger(given_, {})).in_flight) == {"classifier": 4}


def test_the_end_of_an_epoch_on_a_topic_tells_how_many_there_were():
    row = only(topic_ledger(records(opened(), faces(0), closed(4), Finished(0)), {}))
    assert (row.sampled, row.unaccounted) == (5, 4)


def test_of_an_epoch_that_was_begun_again_only_the_later_records_count():
    given_ = records(opened(), faces(0), faces(1), faces(2), closed(2, reason="interrupted"), opened(), faces(0))
    row = only(topic_ledger(given_, {0: 6}))
    assert (row.sampled, dict(row.in_flight), row.unaccounted) == (1, {"classifier": 1}, 0)


def test_a_record_that_was_given_back_is_no_further_frame():
    (record,) = records(faces(0))
    again = record._replace(offset=9, headers=[*record.headers, ("replayed", b"1")])
    assert topic_ledger([again], {}).epochs() == []


def test_records_that_nobody_can_read_are_no_frames():
    (record,) = records(faces(0))
    texts = (b"{}", b'{"v":"1.0","kind":"faces"}', b'{"v":"1.0","kind":"faces","spine":{}}')
    strangers = [record._replace(headers=headers) for headers in ([], *([("moodline", text)] for text in texts))]
    assert topic_ledger(strangers, {}).epochs() == []


def test_a_dead_letter_accounts_for_its_frame():
    ledger = topic_ledger(records(faces(0), faces(1)), {0: 2})
    add_dead(ledger, ALL, [dead_record(letter(faces(1))), dead_record(letter(faces(0), headers=[]), 1)])
    row = only(ledger)
    assert (row.dead, row.unaccounted) == (1, 1)


def test_a_ledger_of_one_camera_and_time_leaves_the_rest_out():
    given_ = records(faces(0), faces(1, camera="door"), faces(20, camera="door"), closed(30), closed(20, camera="door"))
    row = only(topic_ledger(given_, {}, scope=Scope("door", START_MS + 1000)))
    assert (row.camera, row.sampled, dict(row.in_flight)) == ("door", 1, {"classifier": 1})


def sink(client, **settings):
    return SinkStage(RedisStore(client, "moodline", Keeping(30 * 86_400, 7 * 86_400)), SinkSettings(**settings))


def store_ledger(reader, scope=ALL, trim_ms=DAYS_MS):
    ledger = Ledger()
    add_store(ledger, scope, Store(reader, trim_ms))
    return ledger


def test_frames_in_the_store_count_though_no_topic_has_them_any_more(client, reader):
    sink(client).process([opened(), readings(0), readings(1, "damaged"), readings(2, "dead_letter"), closed(4)])
    row = only(store_ledger(reader))
    assert (row.sampled, row.analysed, dict(row.dropped), row.dead, row.unaccounted) == (5, 1, {"damaged": 1}, 1, 2)


def test_frames_beside_their_series_count_as_late_unless_they_stand_in_it(client, reader):
    stage = sink(client)
    stage.process([opened(), readings(0), readings(3)])
    stage.process([readings(1), readings(0, "behind")])
    row = only(store_ledger(reader))
    assert (row.analysed, dict(row.dropped), row.unaccounted) == (2, {"late": 1}, 1)


def test_trimmed_samples_of_a_live_camera_are_not_missed(client, reader):
    stage = sink(client)
    stage.process([readings(n, mode="live", step_ms=60_000) for n in range(20)])
    assert only(store_ledger(reader)).sampled == 20
    first = client.xrange("moodline:{shop}:readings", count=1)[0][0]
    client.xdel("moodline:{shop}:readings", first)
    assert only(store_ledger(reader)).unaccounted == 1
    assert only(store_ledger(reader, trim_ms=60_000)).unaccounted == 0


def test_a_ledger_from_a_time_on_reads_only_those_frames(client, reader):
    sink(client).process([opened(), *(readings(n) for n in range(20)), closed(19)])
    row = only(store_ledger(reader, Scope(since_ms=START_MS + 1500)))
    assert (row.sampled, row.unaccounted) == (5, 0)
    assert store_ledger(reader, Scope(since_ms=START_MS + 5000)).epochs() == []
    assert store_ledger(reader, Scope(camera="door")).epochs() == []


def test_programs_get_the_sums_of_each_camera():
    told = as_dict(see(*stored(0, 2), Sighting("door", "e9", 0, 0, "sink")).epochs())
    assert told["adds_up"] is False
    assert told["cameras"]["shop"]["unaccounted"] == 1
    assert told["cameras"]["door"] | {"in_flight": 0} == told["cameras"]["door"] | {"in_flight": 0, "adds_up": True}
    assert json.loads(json.dumps(told)) == told


@pytest.fixture
def at_work(kafka, client, monkeypatch):
    """Ten frames, each stage at another place: 4 stored, 1 dead, 1 for the sink, 2 for the classifier, 2 to detect."""
    socket = client.connection_pool.connection_kwargs["path"]
    monkeypatch.setenv("MOODLINE_REDIS_URL", f"unix://{socket}")
    kafka.put(topics.FRAMES, opened(), *(frame(n) for n in range(10)), partition=1)
    kafka.commit("detector", topics.FRAMES, 9, partition=1)
    kafka.put(topics.FACES, opened(), *(faces(n) for n in range(8)), partition=1)
    kafka.commit("classifier", topics.FACES, 7, partition=1)
    kafka.put(topics.SCORES, opened(), *(readings(n, "dead_letter" if n == 4 else None) for n in range(6)), partition=1)
    kafka.commit("sink", topics.SCORES, 6, partition=1)
    kafka.bury(letter(faces(4), topic=kafka.name(topics.FACES)))
    sink(client).process([opened(), *(readings(n) for n in range(4)), readings(4, "dead_letter")])
    return kafka


@pytest.mark.kafka
@pytest.mark.usefixtures("at_work")
def test_a_pipeline_at_work_adds_up(moodline):
    code, printed, _ = moodline("ledger", "--json")
    assert code == EXIT_OK, printed
    assert "Every frame is accounted for." in printed
    (row,) = json.loads(printed.splitlines()[-1])["rows"]
    assert row["in_flight"] == {"detector": 2, "classifier": 2, "sink": 1}
    assert (row["sampled"], row["analysed"], row["dead_letters"], row["unaccounted"]) == (10, 4, 1, 0)
    code, printed, _ = moodline("ledger", "--minutes", "--camera", "shop", "--every-frame", "--json")
    assert json.loads(printed.splitlines()[-1])["rows"][0] == row | {"time_ms": START_MS // 60_000 * 60_000}


@pytest.mark.kafka
def test_a_camera_of_which_a_stage_lost_frames_is_named(at_work, moodline):
    at_work.commit("sink", topics.SCORES, 7, partition=1)
    at_work.put(topics.FRAMES, *(frame(n, camera="door") for n in range(2)))
    code, printed, _ = moodline("ledger", "--json")
    assert code == EXIT_UNHEALTHY
    assert "Camera 'shop' does not add up: unaccounted for are 1 of epoch e1." in printed
    told = json.loads(printed.splitlines()[-1])
    assert (told["cameras"]["shop"]["adds_up"], told["cameras"]["door"]["adds_up"]) == (False, True)


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka")
def test_nothing_at_all_adds_up(client, monkeypatch, moodline):
    monkeypatch.setenv("MOODLINE_REDIS_URL", f"unix://{client.connection_pool.connection_kwargs['path']}")
    code, printed, _ = moodline("ledger")
    assert (code, printed.strip()) == (EXIT_OK, "Nothing is known of any frame.")
