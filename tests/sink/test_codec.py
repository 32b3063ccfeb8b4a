"""Entries are packed as documented, and read back."""

from struct import unpack
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import StoreError
from common.labels import LABELS
from common.messages import Box, Quality, Status
from sink.codec import STATUSES, entry_id, pack_frame, pack_sample, unpack_frame, unpack_sample
from sink.records import FrameFace, Sample

single = st.floats(2**-10, 1000, width=32)
sevens = st.none() | st.tuples(*[st.floats(2**-10, 1, width=32)] * 7)


@given(st.sampled_from(STATUSES), st.sampled_from([None, *LABELS]), sevens, sevens, st.tuples(*[single] * 9))
def test_a_sample_is_94_bytes_and_comes_back_equal(status, label, raw, smoothed, numbers):
    box = Box(*numbers[:4])
    quality = Quality(box.height, *numbers[4:8])
    sample = Sample(1_700_000_000_123, 7, status, label, raw, smoothed, box, numbers[8], quality)
    packed = pack_sample(sample)
    assert len(packed) == 94
    assert unpack_sample(entry_id(1_700_000_000_123, 7).encode(), packed) == sample


def test_a_reader_in_another_language_needs_only_the_table_of_bytes():
    raw, smoothed = (0.25,) * 7, (0.5,) * 7
    sample = Sample(1, 0, "blurred", "happy", raw, smoothed, Box(1, 2, 3, 4), 0.75, Quality(4, 5, 0.5, 0.25, 1))
    packed = pack_sample(sample)
    assert (packed[0], packed[1]) == (STATUSES.index("blurred"), LABELS.index("happy"))
    assert unpack("<7f", packed[2:30]) == raw
    assert unpack("<7f", packed[30:58]) == smoothed
    assert unpack("<4f", packed[58:74]) == (1, 2, 3, 4)
    assert unpack("<f4f", packed[74:94]) == (0.75, 5, 0.5, 0.25, 1)


def test_every_status_has_a_code():
    assert set(STATUSES) == set(get_args(Status))
    assert len(STATUSES) == len(set(STATUSES))


def test_a_frame_comes_back_with_the_full_names_of_its_tracks():
    one = FrameFace("shop-e1-4", Box(1.25, 2.0, 3.0, 4.0), "ok", "happy", "sad")
    none = FrameFace("shop-e1-5", Box(1.0, 2.0, 3.0, 4.0), "too_small", None, None)
    entry = unpack_frame("shop", b"100-4", pack_frame("e1", None, [(4, one), (5, none)]))
    assert (entry.epoch, entry.time_ms, entry.seq, entry.dropped, entry.faces) == ("e1", 100, 3, None, (one, none))


def test_an_entry_of_another_form_is_refused_with_one_sentence():
    with pytest.raises(StoreError, match="not written by this version"):
        unpack_sample(b"1-1", b"short")
    with pytest.raises(StoreError, match="documented form"):
        unpack_frame("shop", b"1-1", b"{")


def test_what_an_ambiguous_sample_is_between_is_read_from_its_probabilities():
    raw = (0.125, 0.0, 0.0, 0.25, 0.5, 0.125, 0.0)
    sample = Sample(1, 0, "ambiguous", "happy", raw, raw, Box(1, 2, 3, 4), 0.75, Quality(4, 5, 0.5, 0.25, 1))
    again = unpack_sample(b"1-1", pack_sample(sample))
    assert again.between == sample.between == ("neutral", "happy")
    assert msgspec.structs.replace(sample, status="ok").between is None
    assert msgspec.structs.replace(sample, raw=None).between is None
