from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from common import wire
from common.messages import Dropped, Faces, Finished, Frame
from common.wire import WireError
from tests.builders_messages import closed, empty_frame, face, faces, gray_frame, opened
from tests.builders_wire import all_faces, all_readings, changed, frames, recipes, sent, spines, with_header


@given(frames())
def test_a_frame_goes_on_as_dropped_from_its_headers_alone(frame):
    expected = Frame(frame.spine, frame.width, frame.height, None, "dead_letter")
    assert wire.dropped(wire.encode(frame).headers) == expected
    assert sent(expected) == expected


@given(all_faces | all_readings)
def test_faces_and_readings_go_on_as_dropped_from_their_headers_alone(message):
    expected = type(message)(message.spine, (), message.recipe, "dead_letter")
    assert wire.dropped(wire.encode(message).headers) == expected
    assert sent(expected) == expected


@pytest.mark.parametrize("message", [opened(), closed(), Finished(0)])
def test_of_other_messages_nothing_goes_on(message):
    assert wire.dropped(wire.encode(message).headers) is None


def test_the_place_of_a_record_of_another_version_is_known():
    _, headers = with_header(wire.encode(gray_frame(5)), v="9.0", fresh=1)
    assert wire.dropped(headers) == Frame(empty_frame(5).spine, 640, 480, None, "dead_letter")


def test_a_frame_that_a_newer_version_dropped_for_a_new_reason_keeps_its_place():
    value, headers = with_header(changed(wire.encode(faces(5)), dropped="asleep"), dropped="asleep")
    with pytest.raises(WireError, match="asleep"):
        wire.decode(value, headers)
    assert wire.dropped(headers) == faces(5, dropped="dead_letter")


@pytest.mark.parametrize("name", ["kind", "spine", "size"])
@pytest.mark.parametrize("value", [..., None, "", 7, "x" * 1000, {}])
def test_a_header_that_cannot_be_used_gives_no_message(name, value):
    _, headers = with_header(wire.encode(empty_frame(5)), **{name: value})
    assert wire.dropped(headers) is None


@given(spines, recipes, st.sampled_from(get_args(Dropped)))
def test_what_was_dropped_before_is_dead_now(spine, recipe, reason):
    headers = wire.encode(Faces(spine, (), recipe, reason)).headers
    assert wire.dropped(headers) == Faces(spine, (), recipe, "dead_letter")


def test_a_record_that_was_given_back_says_so():
    headers = wire.encode(empty_frame(1)).headers
    assert not wire.is_replayed(headers)
    assert not wire.is_replayed([*headers, ("replayed", b"0")])
    assert not wire.is_replayed([])
    assert wire.is_replayed([*headers, ("replayed", b"1")])


def test_faces_that_were_given_back_are_marked_and_stay_so():
    value, headers = wire.encode(faces(1, face()))
    back = wire.decode(value, [*headers, ("replayed", b"1")])
    assert back == replace(faces(1, face()), replayed=True)
    assert wire.decode(*wire.encode(back)) == back


def test_a_frame_that_was_given_back_is_refused():
    value, headers = wire.encode(empty_frame(1))
    with pytest.raises(wire.WireError, match="run its recording again"):
        wire.decode(value, [*headers, ("replayed", b"1")])
