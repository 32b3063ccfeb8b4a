"""Zones from readings to the store and out of it again, and what was written before there were any."""

import json
from struct import pack

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.labels import LABELS
from sink.codec import SAMPLE_FIELD, ZONE_FIELD, entry_id, sample_fields, unpack_ended, unpack_frame, unpack_sample
from sink.digest import digest
from sink.epoch import EpochState, Rules
from sink.minutes import combine
from sink.series import Smoothing
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import RedisStore
from tests.sink.builders import KEEPING, START_MS, closed, face, feed, frame, opened, recording, sink

RULES = Rules(Smoothing(0.5, 0.1), track_gap_ms=2000, facing_turn=0.35)
TRACK = "moodline:{shop}:track:shop-e1-1"


def visit(*zones, step_ms=500, status="ok"):
    """One person, in one zone after the other."""
    frames = [frame(n, START_MS + n * step_ms, face(1, "happy", status, zone=zone)) for n, zone in enumerate(zones)]
    return [opened(), *frames, closed(len(zones) - 1, START_MS + (len(zones) - 1) * step_ms)]


def summary(reader):
    (found,) = reader.tracks("shop")
    return found


def test_a_zone_comes_back_with_each_sample_and_each_face_of_a_frame(client, reader):
    feed(sink(client), visit("door", None, "till"))
    assert [one.zone for one in reader.samples("shop", "shop-e1-1")] == ["door", None, "till"]
    assert [one.faces[0].zone for one in reader.frames("shop", "e1")] == ["door", None, "till"]


def test_a_finished_track_says_how_long_it_was_in_each_zone_and_where_longest(client, reader):
    feed(sink(client), visit("door", "till", "till", None, None, None))
    one = summary(reader)
    assert (one.zone, one.zone_s, one.seen_s) == ("till", {"door": 0.5, "till": 1.0}, 3.0)


def test_of_zones_with_equal_time_the_first_by_name_counts_and_one_sight_is_enough(client, reader):
    feed(sink(client), visit("till", "door", None))
    assert summary(reader).zone == "door"
    client.flushdb()
    feed(sink(client), visit("till"))
    assert (summary(reader).zone, summary(reader).zone_s) == ("till", {"till": 0.0})


def test_a_track_without_a_zone_has_none(client, reader):
    feed(sink(client), visit(None, None))
    assert (summary(reader).zone, summary(reader).zone_s) == (None, {})
    assert reader.minutes("shop")[0].zones == {}
    assert not [key for key in json.loads(client.xrange("moodline:{shop}:ended:e1")[0][1][b"track"]) if "zone" in key]


def test_a_minute_counts_the_people_and_their_time_in_each_zone(client, reader):
    frames = [
        frame(0, START_MS, face(1, "happy", zone="door"), face(2, "sad", zone="till")),
        frame(1, START_MS + 500, face(1, "happy", zone="till"), face(2, "sad", zone="till")),
        frame(2, START_MS + 1500, face(1, status="blurred", zone="shelf"), face(3, "sad")),
        frame(3, START_MS + 1700),
    ]
    feed(sink(client), [opened(), *frames, closed(3, START_MS + 1700)])
    (minute,) = reader.minutes("shop")
    door, shelf, till = (minute.zones[name] for name in ("door", "shelf", "till"))
    assert list(minute.zones) == ["door", "shelf", "till"]
    assert [(one.people, one.seen_s, one.read_s) for one in (door, shelf, till)] == [
        (1, 0.5, 0.5),
        (0, 0.2, 0.0),
        (2, 2.5, 2.5),
    ]
    assert (till.expression_s["happy"], till.expression_s["sad"]) == (1.0, 1.5)
    assert minute.people == 3
    stored = json.loads(client.hget(f"moodline:{{shop}}:minute:{START_MS}", "zones"))
    assert stored["till"]["expression_s"]["sad"] == 1.5


def test_zones_of_two_epochs_of_one_minute_are_added():
    partials = []
    for zone in ("till", "till", "door"):
        state = EpochState("shop", "e1", time_ms=START_MS)
        state.advance(frame(0, START_MS, face(1, zone=zone)), RULES)
        partials.append(state.advance(frame(1, START_MS + 333), RULES).minutes[START_MS])
    zones = combine(START_MS, partials).zones
    assert {name: (one.people, one.seen_s) for name, one in zones.items()} == {"till": (2, 0.666), "door": (1, 0.333)}


@st.composite
def visits(draw):
    zones, statuses = st.sampled_from([None, "door", "till"]), st.sampled_from(["ok", "blurred"])
    frames = []
    for seq in range(draw(st.integers(1, 40))):
        seen = [track for track in (1, 2) if seq % 7 != track]
        faces = [face(track, LABELS[track], draw(statuses), zone=draw(zones)) for track in seen]
        frames.append(frame(seq, START_MS + seq * 1700, *faces))
    return frames


@settings(max_examples=50)
@given(visits(), st.integers(0, 40))
def test_zones_add_up_and_a_state_saved_anywhere_goes_on_to_the_same(frames, cut):
    whole, parts = EpochState("shop", "e1"), EpochState("shop", "e1")
    minutes, ended = {}, []
    for place, one in enumerate(frames):
        if place == cut:
            parts = msgspec.msgpack.decode(msgspec.msgpack.encode(parts), type=EpochState)
        step = whole.advance(one, RULES)
        assert parts.advance(one, RULES) == step
        minutes.update(step.minutes)
        ended += step.ended
    step = whole.close(len(frames) - 1)
    assert parts.close(len(frames) - 1) == step
    minutes.update(step.minutes)
    totals = [combine(begin, [one]) for begin, one in minutes.items()]
    for name in ("door", "till"):
        of_minutes = sum(one.zones[name].seen_s for one in totals if name in one.zones)
        of_tracks = sum(track.zone_s.get(name, 0) for _, track in ended + step.ended)
        assert of_minutes == pytest.approx(of_tracks)
    for one in totals:
        assert sum(zone.seen_s for zone in one.zones.values()) <= one.seen_s + 1e-9
        for zone in one.zones.values():
            assert sum(zone.expression_s.values()) == pytest.approx(zone.read_s)
            assert zone.people <= one.people


def without_zones(value):
    """A saved state as it was before there were zones."""
    if isinstance(value, dict):
        gone = {"zone", "zones", "zone_ms", "zone_tracks"}
        return {key: without_zones(one) for key, one in value.items() if key not in gone}
    return value


def test_a_state_of_before_there_were_zones_goes_on():
    state = EpochState("shop", "e1")
    for place, one in enumerate(visit(None, None, None)[1:-1]):
        if place == 2:
            old = without_zones(msgspec.to_builtins(state, str_keys=False))
            old["held"] = [one[:4] for one in old["held"]]
            resumed = msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=EpochState)
            assert resumed == state
        state.advance(one, RULES)


def test_an_entry_of_a_track_costs_more_only_where_there_is_a_zone(client):
    feed(sink(client), visit(None, "till"))
    none, till = (fields for _, fields in client.xrange(TRACK))
    assert list(none) == [SAMPLE_FIELD]
    assert (till[ZONE_FIELD], len(till[SAMPLE_FIELD]), len(none[SAMPLE_FIELD])) == (b"till", 94, 94)


def test_entries_of_before_there_were_zones_are_read_as_without():
    old = pack("<2B23f", 3, 255, *[0.0] * 14, 1, 2, 3, 4, 0.5, 9, 0.5, 0.5, 1)
    sample = unpack_sample(entry_id(5, 0).encode(), old)
    assert (sample.zone, sample.status) == (None, "too_small")
    assert sample_fields(sample) == {SAMPLE_FIELD: old}
    row = b'{"epoch":"e1","faces":[{"track":1,"box":[1,2,3,4],"status":"blurred"}]}'
    assert unpack_frame("shop", b"5-1", row).faces[0].zone is None
    ended = (
        '{"track":"shop-e1-1","from_ms":0,"to_ms":1,"samples":2,"seen_s":0.1,"read_s":0.0,"share":{},"label_changes":0,'
        '"quality":{"height":1,"sharpness":1,"turn":0,"light":0.5,"inside":1},"facing_s":0.0,"end_reason":"lost"}'
    )
    assert (unpack_ended(ended.encode()).zone, unpack_ended(ended.encode()).zone_s) == (None, {})


def test_the_same_recording_with_zones_gives_the_same_digest_and_other_zones_another(client, reader):
    found = []
    for zones in (("door", "till"), ("door", "till"), ("door", "door"), (None, None)):
        client.flushdb()
        feed(sink(client), visit(*zones))
        found.append(digest(reader))
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_a_sample_that_comes_late_keeps_its_zone(client):
    stage = sink(client)
    client.xadd(TRACK, {b"s": b"other"}, id=f"{START_MS + 5000}-1")
    feed(stage, visit("till")[:2])
    ((_, fields),) = client.xrange("moodline:{shop}:late")
    assert fields[ZONE_FIELD] == b"till"
    feed(stage, visit("till")[:2])
    assert stage.counters.duplicates == 1


def test_public_records_name_the_zone_of_each_face_and_the_times_of_each_track(client):
    records = []
    publishing = SinkStage(RedisStore(client, "moodline", KEEPING), SinkSettings(), records.extend)
    feed(publishing, visit("till", "till", None))
    told = [json.loads(one.encode()) for one in records]
    assert [one["faces"][0]["zone"] for one in told if one["type"] == "frame"] == ["till", "till", None]
    (track,) = (one for one in told if one["type"] == "track")
    assert (track["zone"], track["zone_s"], track["version"]) == ("till", {"till": 1.0}, "1.3")
    client.flushdb()
    records.clear()
    feed(publishing, recording(3))
    told = [json.loads(one.encode()) for one in records]
    assert all(one["zone"] is None and one["zone_s"] == {} for one in told if one["type"] == "track")
    assert all(seen["zone"] is None for one in told for seen in one.get("faces", ()))
