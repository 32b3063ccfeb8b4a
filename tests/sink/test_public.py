"""The public records: their documented form, and that each is published at least once, before it is written."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from common.errors import BrokerError, StoreError
from common.labels import LABELS
from common.messages import Quality
from sink.public import AnyRecord, Probabilities, schema_text
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import RedisStore
from tests.sink.builders import KEEPING, START_MS, closed, face, feed, frame, opened, recording

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "readings-v1.md").read_text(encoding="utf-8")
COMMITTED = (ROOT / "docs" / "readings-v1.schema.json").read_text(encoding="utf-8")
FIRST = Path(__file__).parent / "readings-1.0.schema.json"
EXAMPLES = [json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]


class Killed(BaseException):  # an end, which nothing catches
    """The process ended here."""


class Listener:
    """Takes what is published, and what stood in the store at that moment."""

    def __init__(self, client):
        self.records: list[AnyRecord] = []
        self.written: list[int] = []
        self._client = client

    def __call__(self, records):
        self.records.extend(records)
        self.written.append(sum(self._client.xlen(key) for key in self._client.scan_iter("*:readings*")))

    @property
    def ids(self):
        return [one.id for one in self.records]


@pytest.fixture
def listener(client):
    return Listener(client)


def publishing(client, listener, store=None, **settings):
    return SinkStage(store or RedisStore(client, "moodline", KEEPING), SinkSettings(**settings), listener)


class FailingStore(RedisStore):
    """A store whose transactions fail a number of times, as in a Redis that is full."""

    def __init__(self, client, failures, error=StoreError):
        super().__init__(client, "moodline", KEEPING)
        self.failures, self.error = failures, error

    def write(self, batch):
        if self.failures:
            self.failures -= 1
            raise self.error("full")
        return super().write(batch)


def validate(record):
    jsonschema.validate(record, json.loads(COMMITTED), jsonschema.Draft202012Validator)


def breaches(old, new, path="record"):
    """Name what a reader of the old schema would stumble over in records of the new one."""
    found = []
    if "$ref" in old or "type" in old:
        found += [f"{path}: {key}" for key in ("$ref", "type", "pattern") if old.get(key) != new.get(key)]
    if "enum" in old and not set(map(str, old["enum"])) <= set(map(str, new.get("enum", ()))):
        found.append(f"{path}: values gone")
    if not set(old.get("required", ())) <= set(new.get("required", ())):
        found.append(f"{path}: no longer always there")
    if more := set(new.get("required", ())) - set(old.get("required", ())):
        found.append(f"{path}: {sorted(more)} must not be required")
    for name in ("properties", "$defs"):
        for key, one in old.get(name, {}).items():
            here = new.get(name, {}).get(key)
            found += [f"{path}.{key}: gone"] if here is None else breaches(one, here, f"{path}.{key}")
    for name in ("items", "additionalProperties"):
        if isinstance(old.get(name), dict):
            found += breaches(old[name], new.get(name, {}), f"{path}[]")
    ways = list(zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False))
    found += [f"{path}: a form is gone"] * (len(old.get("anyOf", ())) > len(ways))
    return found + [breach for one, two in ways for breach in breaches(one, two, path)]


def test_the_committed_schema_is_that_of_the_code():
    assert schema_text() == COMMITTED, "write docs/readings-v1.schema.json again: make docs"


def test_every_kind_of_record_has_an_example():
    assert {one["type"] for one in EXAMPLES} == {"opened", "frame", "track", "closed"}


@pytest.mark.parametrize("example", EXAMPLES, ids=[one["id"] for one in EXAMPLES])
def test_a_documented_example_is_as_the_schema_says(example):
    validate(example)


def test_an_example_without_a_field_or_with_a_wrong_value_is_not():
    for change in ({"camera": 7}, {"version": "2.0"}, {"time_ms": None}):
        with pytest.raises(jsonschema.ValidationError):
            validate(EXAMPLES[0] | change)
    with pytest.raises(jsonschema.ValidationError):
        validate({key: value for key, value in EXAMPLES[0].items() if key != "recipe"})


def test_records_of_the_sink_are_as_the_schema_says_and_name_everything(client, listener):
    feed(publishing(client, listener), recording(3))
    records = [json.loads(one.encode()) for one in listener.records]
    for record in records:
        validate(record)
    kinds = [one["type"] for one in records]
    assert (kinds[0], kinds[-1], kinds.count("frame")) == ("opened", "closed", 60)
    assert {one.key for one in listener.records} == {"shop"}
    assert len(set(listener.ids)) == len(listener.ids)


def test_records_say_what_the_store_says(client, reader, listener):
    feed(publishing(client, listener), recording(4))
    records = [json.loads(one.encode()) for one in listener.records]
    frames = [(one["seq"], one["time_ms"], one["dropped"]) for one in records if one["type"] == "frame"]
    assert frames == [(one.seq, one.time_ms, one.dropped) for one in reader.frames("shop", "e1")]
    labels = {(one["seq"], seen["track"]): seen["label"] for one in records for seen in one.get("faces", ())}
    stored = {
        (one.seq, name): one.label for name in reader.track_names("shop", "e1") for one in reader.samples("shop", name)
    }
    assert labels == stored
    tracks = {one["track"]: one["samples"] for one in records if one["type"] == "track"}
    assert tracks == {one.track: one.samples for one in reader.tracks("shop")}
    (info,) = reader.epochs("shop")
    assert {one["recipe"] for one in records} == {info.recipe}


def test_a_time_is_given_as_unix_milliseconds_and_as_iso(client, listener):
    feed(publishing(client, listener), [opened(time_ms=1), frame(0, 1_777_626_000_250, face())])
    begin, first = (json.loads(one.encode()) for one in listener.records)
    assert (begin["time_ms"], begin["time"]) == (1, "1970-01-01T00:00:00.001Z")
    assert (first["time_ms"], first["time"]) == (1_777_626_000_250, "2026-05-01T09:00:00.250Z")


def test_a_clock_far_beyond_the_calendar_does_not_stop_the_sink(client, reader, listener):
    feed(publishing(client, listener), [opened(), frame(0, 10**16, face())])
    assert [one.seq for one in reader.frames("shop", "e1")] == [0]
    validate(json.loads(listener.records[1].encode()))


def test_a_face_with_a_number_that_is_none_is_counted_as_dropped(client, reader, listener):
    bad = face(quality=Quality(80.0, float("nan"), 0.1, 0.5, 1.0))
    feed(publishing(client, listener), [opened(), frame(0, START_MS, bad)])
    record = json.loads(listener.records[1].encode())
    validate(record)
    assert (record["dropped"], record["faces"]) == ("dead_letter", [])
    assert [one.dropped for one in reader.frames("shop", "e1")] == ["dead_letter"]


def test_a_batch_is_published_before_it_is_written(client, listener):
    feed(publishing(client, listener), [opened(), *(frame(n, START_MS + n * 100, face()) for n in range(40))], batch=10)
    assert listener.written == [0, 9, 19, 29, 39]


def test_what_a_batch_holds_of_all_cameras_is_published_at_once_before_any_of_it_is_written(client, listener):
    cameras = ("door", "till", "yard")
    messages = [frame(n, START_MS + n * 100, face(), camera=name, epoch=name) for n in range(2) for name in cameras]
    publishing(client, listener).process(messages)
    assert listener.written == [0]
    assert [one.key for one in listener.records] == ["door"] * 3 + ["till"] * 3 + ["yard"] * 3


@pytest.mark.parametrize("stop", range(1, 8))
def test_a_crash_after_publishing_repeats_the_same_records_and_loses_none(client, listener, stop):
    messages = recording(7)
    feed(publishing(client, listener), messages)
    whole = listener.records
    client.flushdb()
    first, second = Listener(client), Listener(client)
    store = FailingStore(client, 0)
    stage = publishing(client, first, store)
    feed(stage, messages[: stop * 8], 8)
    store.failures, store.error = 1, Killed
    with pytest.raises(Killed):
        feed(stage, messages[stop * 8 : stop * 8 + 8], 8)
    feed(publishing(client, second), messages[stop * 8 :], 5)
    known = {one.id: one for one in whole}
    assert {one.id for one in first.records} & {one.id for one in second.records}
    assert {one.id: one for one in first.records + second.records} == known
    assert all(known[one.id] == one for one in first.records + second.records)


def test_delivery_again_of_what_is_written_publishes_nothing(client, listener):
    messages = recording(8)
    feed(publishing(client, listener), messages)
    again = Listener(client)
    feed(publishing(client, again), messages)
    assert again.records == []


def test_a_full_store_publishes_a_batch_only_once_however_often_it_is_tried(client, listener):
    messages = recording(9)
    stage = publishing(client, listener, FailingStore(client, 5))
    for _ in range(5):
        with pytest.raises(StoreError):
            stage.process(messages[:20])
        stage.forget("shop")
    stage.process(messages[:20])
    feed(stage, messages[20:])
    assert len(listener.ids) == len(set(listener.ids))
    straight = Listener(client)
    client.flushdb()
    feed(publishing(client, straight), messages)
    assert listener.ids == straight.ids


def test_when_nothing_can_be_published_nothing_is_written(client, reader, listener):
    refusing = [True]

    def publish(records):
        if refusing:
            raise BrokerError("away")
        listener(records)

    stage = publishing(client, publish)
    with pytest.raises(BrokerError):
        stage.process([opened(), frame(0, START_MS, face())])
    assert list(reader.frames("shop", "e1")) == []
    refusing.clear()
    feed(stage, [opened(), frame(0, START_MS, face())])
    assert listener.ids == ["shop/e1/opened", "shop/e1/0"]
    assert [one.seq for one in reader.frames("shop", "e1")] == [0]


def test_a_new_recipe_begins_the_epoch_again_with_the_same_ids(client, listener):
    feed(publishing(client, listener), recording(2))
    again = Listener(client)
    feed(publishing(client, again, tau_s=1.0), recording(2))
    assert again.ids[0] == "shop/e1/opened"
    assert [one for one in again.ids if "/track/" not in one] == [one for one in listener.ids if "/track/" not in one]
    assert {one.recipe for one in again.records}.isdisjoint({one.recipe for one in listener.records})


def test_late_frames_are_not_published(client, listener):
    stage = publishing(client, listener)
    feed(stage, [opened(), frame(0, START_MS, dropped="dead_letter"), frame(1, START_MS + 100, face())])
    count = len(listener.records)
    feed(stage, [frame(0, START_MS, face())])
    assert (stage.counters.late, len(listener.records)) == (1, count)


def test_an_epoch_without_frames_is_opened_and_closed(client, listener):
    feed(publishing(client, listener), [opened(), closed(-1, START_MS)])
    assert listener.ids == ["shop/e1/opened", "shop/e1/closed"]


def test_a_track_that_comes_back_has_another_id(client, listener):
    messages = [frame(0, START_MS, face(1)), frame(1, START_MS + 5000, face(1)), closed(1, START_MS + 5000)]
    feed(publishing(client, listener, track_gap_s=2.0), [opened(), *messages])
    assert [one for one in listener.ids if "/track/" in one] == [
        f"shop/e1/track/1/{START_MS}",
        f"shop/e1/track/1/{START_MS + 5000}",
    ]


def test_the_labels_are_those_of_the_code():
    assert Probabilities.__struct_fields__ == LABELS


def test_within_version_1_only_optional_fields_are_added():
    assert breaches(json.loads(FIRST.read_text(encoding="utf-8")), json.loads(COMMITTED)) == []


def changed(change):
    new = json.loads(COMMITTED)
    change(new["$defs"]["FrameRecord"])
    return breaches(json.loads(COMMITTED), new)


def test_an_optional_field_and_a_new_value_may_be_added():
    assert changed(lambda one: one["properties"].update(zone={"type": "string"})) == []
    assert changed(lambda one: one["properties"]["clock"]["enum"].append("gps")) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one["properties"].pop("seq"),
        lambda one: one["required"].remove("seq"),
        lambda one: one["required"].append("zone"),
        lambda one: one["properties"]["seq"].update(type="string"),
        lambda one: one["properties"]["clock"]["enum"].remove("file"),
        lambda one: one["properties"]["faces"]["items"].update({"$ref": "#/$defs/PublicBox"}),
        lambda one: one["properties"]["dropped"]["anyOf"].pop(),
    ],
)
def test_any_other_change_breaks_the_rule(change):
    assert changed(change)


def test_an_ambiguous_face_names_the_two_labels_it_is_between(client, listener):
    unsure = replace(face(1, status="ambiguous"), probabilities=(0.05, 0.0, 0.1, 0.3, 0.4, 0.1, 0.05))
    sent = [opened(), frame(0, START_MS, unsure, face(2), face(3, status="blurred")), closed(0, START_MS)]
    feed(publishing(client, listener), sent)
    (record,) = [json.loads(one.encode()) for one in listener.records if one.id.endswith("/0")]
    validate(record)
    assert [one["between"] for one in record["faces"]] == [["neutral", "happy"], None, None]
