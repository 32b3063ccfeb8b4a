"""Hypothesis strategies of messages as stages make them, and records changed, for the tests of the wire format."""

from typing import get_args

import msgspec
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from msgspec.structs import replace

from common import wire
from common.labels import LABELS
from common.messages import (
    CROP_SIDE,
    READ,
    Box,
    Clock,
    Closed,
    Dropped,
    Face,
    Faces,
    Finished,
    Frame,
    Landmarks,
    Mode,
    Opened,
    Point,
    Quality,
    Reading,
    Readings,
    Spine,
    Status,
)
from common.wire_headers import HEADER

NONE = tuple(status for status in get_args(Status) if status not in READ)
"""The statuses without a reading."""


def with_header(packed, **fields):
    """The record with other fields in its header; those given as `...` are left out."""
    told = msgspec.json.decode(dict(packed.headers)[HEADER]) | fields
    text = msgspec.json.encode({name: value for name, value in told.items() if value is not ...})
    return wire.Packed(packed.value, [(HEADER, text)])


cameras = st.text("abcxyz019-_", min_size=1, max_size=64)
epochs = st.text("abcxyz019-_", min_size=1, max_size=20)
times = st.integers(0, 253_402_300_799_999)
counts = st.integers(0, 2**53)
places = st.floats(-1e6, 1e6)
sides = st.floats(0, 1e6)
shares = st.floats(0, 1)
recipes = st.text(max_size=20)
dropped = st.sampled_from([None, *get_args(Dropped)])
boxes = st.builds(Box, places, places, sides, sides)
points = st.builds(Point, places, places)
landmarks = st.builds(Landmarks, *[points] * 6)
qualities = st.builds(Quality, sides, sides, shares, shares, shares)
spines = st.builds(
    Spine,
    camera=cameras,
    epoch=epochs,
    seq=counts,
    time_ms=times,
    clock=st.sampled_from(get_args(Clock)),
    clock_error_ms=sides,
    arrived_ms=times,
    mode=st.sampled_from(get_args(Mode)),
)
zones = st.none() | st.text("abcxyz019-_", min_size=1, max_size=64)
crops = st.integers(0, 255).map(lambda level: np.full((CROP_SIDE, CROP_SIDE), level, np.uint8))


@st.composite
def frames(draw, longest=24):
    width, height = (draw(st.integers(1, longest // 2)) * 2 for _ in range(2))
    reason = draw(dropped)
    picture = st.none() | arrays(np.uint8, (height * 3 // 2, width)) if reason is None else st.none()
    return Frame(draw(spines), width, height, draw(picture), reason)


@st.composite
def one_face(draw, track):
    refused = draw(st.sampled_from([None, *NONE]))
    crop = draw(crops) if refused is None else None
    return Face(track, draw(boxes), draw(shares), draw(landmarks), draw(qualities), refused, crop, draw(zones))


@st.composite
def probabilities(draw):
    weights = draw(st.lists(st.floats(0.001, 1), min_size=len(LABELS), max_size=len(LABELS)))
    return tuple(weight / sum(weights) for weight in weights)


@st.composite
def one_reading(draw, track):
    status = draw(st.sampled_from(get_args(Status)))
    vector = draw(probabilities()) if status in READ else None
    return Reading(track, draw(boxes), draw(shares), draw(qualities), status, vector, draw(zones))


@st.composite
def many(draw, made):
    tracks = draw(st.lists(counts, unique=True, max_size=4))
    return tuple(draw(made(track)) for track in tracks)


def with_content(message):
    """The same message, without its faces or readings if it was dropped."""
    field = "faces" if isinstance(message, Faces) else "readings"
    return message if message.dropped is None else replace(message, **{field: ()})


failures = st.none() | st.text(max_size=20)
all_faces = st.builds(Faces, spines, many(one_face), recipes, dropped, failures).map(with_content)
all_readings = st.builds(Readings, spines, many(one_reading), recipes, dropped, failures).map(with_content)
openings = st.builds(
    Opened,
    camera=cameras,
    epoch=epochs,
    time_ms=times,
    mode=st.sampled_from(get_args(Mode)),
    rate=st.floats(0, 1000),
    width=st.integers(0, 8192),
    height=st.integers(0, 8192),
    source=st.text(max_size=40),
    recipe=recipes,
)
closings = st.builds(
    Closed,
    camera=cameras,
    epoch=epochs,
    time_ms=times,
    last_seq=st.integers(-1, 2**53),
    reason=st.sampled_from(["end", "truncated", "time_jump", "interrupted", "read_error"]),
    damaged=counts,
    clamped=counts,
)
messages = st.one_of(frames(), all_faces, all_readings, openings, closings, st.builds(Finished, st.integers(0, 1000)))


def sent(message, codec="raw"):
    return wire.decode(*wire.encode(message, codec))


def changed(packed, **fields):
    """The record with other fields in its body; those given as `...` are left out."""
    body = msgspec.msgpack.decode(packed.value) | fields
    return wire.Packed(msgspec.msgpack.encode({k: v for k, v in body.items() if v is not ...}), packed.headers)
