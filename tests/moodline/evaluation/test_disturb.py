"""Faces that are lost or blurred on purpose: as many as asked for, the same every time, whatever comes with them."""

import numpy as np
import pytest

from detector.settings import DetectorSettings
from moodline.evaluation.disturb import Disturbance, DisturbedFaces
from tests.builders_messages import closed, face, faces, opened

CROP = np.random.default_rng(0).integers(20, 230, (48, 48), np.uint8)
MANY = [faces(seq, face(1, crop=CROP), face(2, crop=CROP)) for seq in range(300)]


def through(messages, **options):
    return list(DisturbedFaces(Disturbance(**options), DetectorSettings()).process(messages))


def faces_of(messages):
    return [one for message in messages for one in message.faces]


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_the_asked_share_is_lost_and_the_rest_is_as_it_was(share):
    found = faces_of(through(MANY, drop=share))
    lost = [one for one in found if one.refused == "expired"]
    assert len(lost) / len(found) == pytest.approx(share, abs=0.05)
    assert all(one.crop is None for one in lost)
    assert all(one.crop is CROP for one in found if one.refused is None)


def test_a_blurred_face_is_measured_anew_and_refused_where_it_is_too_bad():
    soft = faces_of(through(MANY, blur=0.5))
    blurred = [one for one in soft if one.crop is not CROP]
    assert len(blurred) / len(soft) == pytest.approx(0.5, abs=0.05)
    assert all(one.quality.detail < 1.0 and one.quality.left < 1.0 for one in blurred)
    gone = faces_of(through(MANY, blur=0.5, sigma=12))
    assert {one.refused for one in gone if one.crop is None} <= {"blurred", "badly_lit", "occluded"}
    assert any(one.crop is None for one in gone)


def test_the_same_faces_are_disturbed_however_they_come():
    together = faces_of(through(MANY, drop=0.3, blur=0.3))
    alone = faces_of([one for message in reversed(MANY) for one in through([message], drop=0.3, blur=0.3)][::-1])
    assert [one.refused for one in alone] == [one.refused for one in together]
    assert [one.quality for one in alone] == [one.quality for one in together]


def test_another_seed_disturbs_others():
    first, second = (faces_of(through(MANY, drop=0.5, seed=seed)) for seed in (0, 1))
    assert [one.refused for one in first] != [one.refused for one in second]


def test_what_was_refused_or_is_no_frame_passes():
    sent = [opened(), faces(0, face(1, refused="too_small")), faces(1), closed(1)]
    assert through(sent, drop=1.0, blur=1.0) == sent
