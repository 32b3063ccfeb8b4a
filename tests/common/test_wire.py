import json
import string

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from common import wire
from common.messages import Box, Face, Faces, Finished, Frame, Reading, Readings, Status
from common.wire import WireError
from tests.builders_messages import QUALITY, closed, empty_frame, face, faces, gray_frame, opened
from tests.builders_wire import changed, frames, messages, sent, with_header

BOX = Box(10.0, 20.0, 64.0, 70.0)
CROP = np.arange(48 * 48, dtype=np.uint32).astype(np.uint8).reshape(48, 48)
EXAMPLES = (
    opened(),
    closed(4),
    gray_frame(3, size=(64, 48)),
    empty_frame(3, dropped="behind"),
    faces(3, face(1, crop=CROP), face(2, refused="blurred")),
    Readings(empty_frame(3).spine, (), "recipe"),
    Finished(2),
)
kinds = pytest.mark.parametrize("message", EXAMPLES, ids=lambda one: type(one).__name__.lower())


def plain(value):
    """Arrays as lists, so that messages can be compared."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)
    if isinstance(value, Frame | Faces | Face):
        return type(value).__name__, plain(tuple(asdict(value).values()))
    return value


@given(messages)
def test_every_message_comes_back_as_it_was(message):
    assert plain(sent(message)) == plain(message)


@given(frames(longest=64))
def test_a_compressed_frame_comes_back_with_a_picture_of_its_size(frame):
    result = sent(frame, "jpeg")
    assert replace(result, planes=None) == replace(frame, planes=None)
    if frame.planes is None:
        assert result.planes is None
    else:
        assert result.planes.shape == frame.planes.shape
        assert result.planes.dtype == np.uint8


def test_a_compressed_frame_differs_little_and_is_smaller():
    rising = np.add.outer(np.arange(144), np.arange(128)).astype(np.uint8) // 2
    frame = Frame(empty_frame().spine, 128, 96, rising)
    change = np.abs(sent(frame, "jpeg").planes.astype(int) - rising)
    assert change.max() <= 12
    assert change.mean() <= 1.5
    assert len(wire.encode(frame).value) < len(wire.encode(frame, "raw").value) / 3


def test_a_raw_picture_is_copied_once_and_never_on_the_way_back():
    packed = wire.encode(gray_frame(size=(640, 480)), "raw")
    planes = wire.decode(*packed).planes
    assert np.shares_memory(planes, np.frombuffer(packed.value, np.uint8))
    assert not planes.flags.writeable
    assert len(packed.value) < planes.size + 400


@kinds
def test_the_header_says_what_a_record_is(message):
    ((name, text),) = wire.encode(message).headers
    told = msgspec.json.decode(text)
    assert name == "moodline"
    assert told["v"] == "1.1"
    assert told["kind"] == type(message).__name__.lower()
    if isinstance(message, Finished):
        assert "spine" not in told
    else:
        assert (told["spine"]["camera"], told["spine"]["epoch"]) == ("shop", "e1")
    assert told.get("size") == ([message.width, message.height] if type(message) is Frame else None)
    assert told.get("recipe") == ("recipe" if isinstance(message, Faces | Readings) else None)
    assert told.get("dropped") == ("behind" if getattr(message, "dropped", None) else None)


@kinds
def test_what_a_newer_version_adds_is_passed_over(message):
    packed = changed(wire.encode(message, "raw"), fresh={"a": [1, None, b"x"]})
    value, headers = with_header(packed, v="1.7", fresh=[1])
    assert plain(wire.decode(value, [*headers, ("fresh", b"1"), ("empty", None)])) == plain(message)


def test_what_a_newer_version_adds_to_a_spine_a_face_or_an_array_is_passed_over():
    message = faces(3, face(1, crop=CROP))
    packed = wire.encode(message)
    body = msgspec.msgpack.decode(packed.value)
    body["spine"]["fresh"] = body["faces"][0]["fresh"] = body["faces"][0]["box"]["fresh"] = 1
    body["faces"][0]["crop"].append("fresh")
    value = msgspec.msgpack.encode(body)
    assert plain(wire.decode(*with_header(wire.Packed(value, packed.headers), spine=body["spine"]))) == plain(message)


@kinds
def test_a_header_that_says_the_same_in_other_words_is_as_good(message):
    value, ((name, text),) = wire.encode(message, "raw")
    other = json.dumps(json.loads(text), indent=1, sort_keys=True).encode()
    assert plain(wire.decode(value, [(name, b"before"), (name, other)])) == plain(message)


def test_what_an_older_version_leaves_out_has_its_default():
    assert plain(wire.decode(*changed(wire.encode(faces(1)), failure=..., dropped=...))) == plain(faces(1))
    assert wire.decode(*changed(wire.encode(opened()), recipe=...)) == opened()
    assert wire.decode(*changed(wire.encode(empty_frame(1)), picture=..., dropped=...)) == empty_frame(1)


class FirstFace(msgspec.Struct):
    """What a reader of version 1.0 knew of a face, but for what did not change."""

    track: int
    refused: Status | None


class FirstReading(msgspec.Struct):
    """The same of a reading."""

    track: int
    status: Status


class FirstFaces(msgspec.Struct, tag="faces"):
    faces: tuple[FirstFace, ...]


class FirstReadings(msgspec.Struct, tag="readings"):
    readings: tuple[FirstReading, ...]


IN_ZONES = (
    faces(3, face(1, zone="till"), face(2, refused="blurred")),
    Readings(empty_frame(3).spine, (Reading(1, BOX, 0.9, QUALITY, "blurred", None, "till"),), "recipe"),
)


@pytest.mark.parametrize("message", IN_ZONES, ids=["faces", "readings"])
def test_zones_may_be_missing_from_what_version_1_0_wrote(message):
    field = type(message).__name__.lower()
    packed = wire.encode(message)
    assert sent(message) == message
    without = [
        {name: value for name, value in one.items() if name != "zone"}
        for one in msgspec.msgpack.decode(packed.value)[field]
    ]
    old = with_header(changed(packed, **{field: without}), v="1.0")
    expected = tuple(replace(one, zone=None) for one in getattr(message, field))
    assert wire.decode(*old) == replace(message, **{field: expected})


@pytest.mark.parametrize("message", IN_ZONES, ids=["faces", "readings"])
def test_a_reader_of_version_1_0_passes_zones_over(message):
    first = msgspec.msgpack.decode(wire.encode(message).value, type=FirstFaces | FirstReadings)
    field = type(message).__name__.lower()
    assert [one.track for one in getattr(first, field)] == [one.track for one in getattr(message, field)]


@pytest.mark.parametrize("zone", ["", "The Till", "x" * 65, "till\n", "a:b"])
def test_a_zone_that_is_no_name_is_refused(zone):
    for message in (
        faces(1, face(1, zone=zone)),
        replace(IN_ZONES[1], readings=(replace(IN_ZONES[1].readings[0], zone=zone),)),
    ):
        with pytest.raises(WireError, match=r"the zone .* is not up to 64 lower-case letters"):
            sent(message)


@kinds
@pytest.mark.parametrize("value", [None, b"", b"\x80", b"\xff" * 40])
@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("2.0", r"schema version 2\.0, only 1\.x can be read here; bring all workers to the same version"),
        ("0.9", r"schema version 0\.9"),
        ("1", "'1' for a version"),
        ("new", "'new' for a version"),
        (..., "not as documented: .*`v`"),
    ],
)
def test_another_major_version_is_refused(message, value, version, why):
    packed = with_header(wire.encode(message), v=version)
    with pytest.raises(WireError, match=why):
        wire.decode(packed.value if value is None else value, packed.headers)


@kinds
def test_a_record_without_our_header_was_not_written_by_us(message):
    for headers in ([], [("kind", b"frame")]):
        with pytest.raises(WireError, match="no header 'moodline', so it was not written by Moodline"):
            wire.decode(wire.encode(message).value, headers)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": ...}, "not as documented: .*`kind`"),
        ({"kind": "face"}, "not as documented: .*kind"),
        ({"kind": 7}, "not as documented: .*kind"),
        ({"kind": "readings"}, "the body is not a message of kind 'readings'"),
        ({"kind": "finished"}, "the body is not a message of kind 'finished'"),
        ({"spine": ...}, "no spine"),
        ({"spine": None}, "not as documented"),
        ({"spine": [1]}, "not as documented"),
        ({"spine": {"camera": "shop", "epoch": "e1"}}, "not as documented: .*`seq`"),
        ({"spine": empty_frame(8).spine}, "the spine in the header 'moodline' is another than that in the body"),
        ({"spine": empty_frame(7, camera="UPPER").spine}, "camera name"),
        ({"recipe": ...}, "no recipe"),
        ({"recipe": "other"}, "the recipe in the header"),
        ({"recipe": "r" * 201}, "201 characters"),
        ({"dropped": "behind"}, "the dropped in the header"),
    ],
)
def test_a_header_that_is_not_that_of_the_body_is_refused(fields, why):
    with pytest.raises(WireError, match=why):
        wire.decode(*with_header(wire.encode(faces(7)), **fields))


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[" * 10**5, b'{"a":' * 10**5, b'{"v": "\xff"}', b'{"v":"1.0","kind":"frame","spine":' + b"[" * 10**5],
)
def test_a_header_that_is_no_object_is_refused(text):
    with pytest.raises(WireError, match="the header 'moodline' is not as documented"):
        wire.decode(wire.encode(empty_frame(7)).value, [("moodline", text)])
    assert wire.dropped([("moodline", text)]) is None


@pytest.mark.parametrize("size", [..., None, [], [640], [640, 480, 1], [-2, 4], [123456, 2], "640x480", [642, 480]])
def test_a_frame_whose_size_is_not_in_its_header_is_refused(size):
    with pytest.raises(WireError, match="size"):
        wire.decode(*with_header(wire.encode(empty_frame(7)), size=size))


def test_an_epoch_that_is_not_in_its_header_is_refused():
    with pytest.raises(WireError, match="the spine in the header"):
        wire.decode(*with_header(wire.encode(opened()), spine={"camera": "shop", "epoch": "e2"}))


@given(messages, st.binary(max_size=300))
def test_random_bytes_under_sound_headers_are_refused(message, value):
    with pytest.raises(WireError):
        wire.decode(value, wire.encode(message).headers)


@given(st.lists(st.tuples(st.sampled_from(["moodline", "kind"]), st.binary(max_size=40) | st.none())))
def test_random_headers_are_refused_and_give_no_message(headers):
    with pytest.raises(WireError):
        wire.decode(b"\x80", headers)
    assert wire.dropped(headers) is None


@given(messages, st.sampled_from(["raw", "jpeg"]), st.data())
def test_a_record_that_ends_early_is_refused(message, codec, data):
    value, headers = wire.encode(message, codec)
    with pytest.raises(WireError):
        wire.decode(value[: data.draw(st.integers(0, len(value) - 1))], headers)


@given(messages, st.sampled_from(["raw", "jpeg"]), st.data())
def test_a_record_that_was_changed_is_refused_or_is_a_message_about_the_same(message, codec, data):
    value, headers = wire.encode(message, codec)
    place = data.draw(st.integers(0, len(value) - 1))
    put, taken = data.draw(st.binary(max_size=5)), data.draw(st.integers(0, 5))
    try:
        result = wire.decode(value[:place] + put + value[place + taken :], headers)
    except WireError:
        return
    assert type(result) is type(message)
    assert getattr(result, "spine", None) == getattr(message, "spine", None)


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[31mred", "\u202eback", "x" * 10**5])
def test_what_a_refusal_quotes_is_one_printable_line(name):
    packed = wire.encode(faces(1))
    with pytest.raises(WireError) as found:
        wire.decode(*changed(packed, dropped=name))
    assert str(found.value).isprintable()
    assert len(str(found.value)) <= 300


@pytest.mark.parametrize(
    "held",
    [
        b"\x91" * 10**5,
        b"\x81\x90\x01",
        b"\xa1\xff",
        b"\xd7\xff" + b"\xff" * 8,
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x93\x30\x30\xc0",
        b"\x93\xcf" + b"\xff" * 8 + b"\x30\xc4\x00",
        b"\x80",
        b"\x01",
    ],
)
@pytest.mark.parametrize("kind", ["faces", "frame"])
def test_nothing_strange_in_the_place_of_an_array_escapes(kind, held):
    if kind == "frame":
        packed, field = wire.encode(gray_frame(1, size=(2, 2))), b"\xa7picture"
    else:
        packed, field = wire.encode(faces(1, face(1, crop=np.zeros((48, 48), np.uint8)))), b"\xa4crop"
    before, found, _ = packed.value.partition(field)
    with pytest.raises(WireError):
        wire.decode(before + found + held, packed.headers)


def test_nothing_but_a_message_is_encoded():
    with pytest.raises(NotImplementedError, match="no part of"):
        wire.encode(replace(closed(), damaged=string))
