import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.freshness import ABSURD_MS, expired, is_stale
from tests.builders_messages import empty_frame, face, faces, gray_frame, spine

CROP = np.zeros((48, 48), np.uint8)


def live(arrived_ms):
    return spine(mode="live", arrived_ms=arrived_ms)


@pytest.mark.parametrize(("age_ms", "stale"), [(0, False), (1000, False), (1001, True), (ABSURD_MS, True)])
def test_a_live_frame_is_stale_above_the_limit(age_ms, stale):
    assert is_stale(live(5_000_000), 5_000_000 + age_ms, 1000) is stale


@pytest.mark.parametrize("age_ms", [-1, -3_600_000, ABSURD_MS + 1, 10**12])
def test_an_age_that_cannot_be_true_makes_nothing_stale(age_ms):
    assert not is_stale(live(5_000_000), 5_000_000 + age_ms, 1000)


@given(mode=st.sampled_from(["file", "replay"]), age_ms=st.integers(-(10**7), 10**7))
def test_recordings_never_expire(mode, age_ms):
    assert not is_stale(spine(mode=mode, arrived_ms=0), age_ms, 1)


def test_an_expired_frame_goes_on_without_its_picture_and_says_why():
    one = expired(gray_frame(3))
    assert (one.spine.seq, one.planes, one.dropped) == (3, None, "stale")


@pytest.mark.parametrize("reason", ["damaged", "behind", "dead_letter"])
def test_a_frame_that_was_dropped_before_keeps_its_reason(reason):
    assert expired(empty_frame(3, dropped=reason)) == empty_frame(3, dropped=reason)


def test_expired_faces_lose_their_crops_and_those_refused_keep_their_reason():
    one = expired(faces(3, face(1, crop=CROP), face(2, refused="blurred")))
    assert [(seen.track, seen.crop, seen.refused) for seen in one.faces] == [(1, None, "expired"), (2, None, "blurred")]
    assert one.dropped is None
