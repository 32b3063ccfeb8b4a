"""Dead letters as records: what is kept, what is cut, and what a record of a stranger becomes."""

from hypothesis import given
from hypothesis import strategies as st

from common.bus.base import Place
from common.dead import HEADER_BYTES, REASON_LENGTH, VALUE_BYTES, DeadLetter, pack, unpack

PLACE = Place(0, 17)
HEADERS = [("v", b"1.0"), ("kind", b"faces"), ("spine", b'{"camera":"shop"}')]


def letter(value=b"\x00\xffbody", **changes):
    given_ = {
        "topic": "moodline.faces",
        "partition": 3,
        "offset": 1234,
        "key": b"shop",
        "reason": "the body is not MessagePack",
        "stage": "classifier",
        "dead_ms": 1_777_626_000_000,
        "size": len(value),
        "headers": HEADERS,
        "value": value,
    }
    return DeadLetter(**(given_ | changes))


def through(one):
    return unpack(*pack(one), PLACE, one.key)


def test_a_letter_is_read_back_as_it_was_with_its_own_place():
    read = through(letter())
    assert read == letter(place=PLACE)
    assert read.whole


@given(
    st.binary(max_size=100),
    st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=50)), max_size=5),
    st.none() | st.binary(max_size=20),
)
def test_whatever_the_original_was_it_is_kept(value, headers, key):
    read = through(letter(value, headers=headers, key=key))
    assert (read.value, list(read.headers), read.key, read.whole) == (value, headers, key, True)


def test_headers_of_the_original_never_pass_for_our_own():
    read = through(letter(headers=[("reason", b"mine"), ("size", b"0"), ("orig.topic", b"x")]))
    assert (read.reason, read.size, read.topic) == ("the body is not MessagePack", 6, "moodline.faces")
    assert list(read.headers) == [("reason", b"mine"), ("size", b"0"), ("orig.topic", b"x")]


def test_a_large_value_is_cut_and_the_letter_says_so():
    read = through(letter(bytes(VALUE_BYTES + 1)))
    assert (len(read.value), read.size, read.whole) == (VALUE_BYTES, VALUE_BYTES + 1, False)


def test_a_value_of_just_the_largest_size_is_whole():
    assert through(letter(bytes(VALUE_BYTES))).whole


def test_headers_that_are_too_large_are_left_out_and_counted():
    read = through(letter(headers=[("huge", bytes(HEADER_BYTES)), *HEADERS]))
    assert (list(read.headers), read.headers_left_out, read.whole) == (HEADERS, 1, False)


def test_a_reason_is_one_line_without_passwords_and_not_endless():
    read = through(letter(reason="cannot read\n  rtsp://ann:secret@cam/1"))
    assert read.reason == "cannot read rtsp://***@cam/1"
    assert len(through(letter(reason="x" * 10_000)).reason) == REASON_LENGTH


def test_a_letter_that_never_stood_on_a_topic_is_read_back():
    assert through(letter(offset=-1)).offset == -1


def test_a_record_of_a_stranger_becomes_a_letter_without_a_topic():
    read = unpack(b"hello", [("topic", b"elsewhere")], PLACE)
    assert (read.topic, read.offset, read.value) == ("", -1, b"hello")
    assert "not written by Moodline" in read.reason


@given(
    st.none() | st.binary(max_size=50), st.lists(st.tuples(st.text(max_size=10), st.none() | st.binary(max_size=50)))
)
def test_no_record_whatever_is_in_it_stops_the_reader(value, headers):
    assert unpack(value, [*headers, ("topic", b"t"), ("offset", b"9" * 5000)], PLACE).place == PLACE


def test_the_last_header_of_a_name_counts():
    assert letter(headers=[("kind", b"a"), ("kind", b"b")]).header("kind") == b"b"
    assert letter().header("nothing") is None
