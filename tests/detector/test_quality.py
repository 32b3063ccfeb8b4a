import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import Box, Landmarks, Point, Quality
from detector.quality import QualityGate, measure, turn
from detector.settings import DetectorSettings
from tests.builders_messages import landmarks_of

GATE = QualityGate(min_height=20.0, min_sharpness=3.0, max_turn=0.9, min_light=0.06, max_light=0.94, min_inside=0.6)
GOOD = Quality(height=80.0, sharpness=12.0, turn=0.1, light=0.5, inside=1.0)
BOX = Box(100.0, 100.0, 60.0, 66.0)
NOISE = np.random.default_rng(1).integers(0, 256, (48, 48), np.uint8)


def gray(level):
    return np.full((48, 48), level, np.uint8)


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        ({}, None),
        ({"inside": 0.59}, "cut_off"),
        ({"height": 19.9}, "too_small"),
        ({"turn": 0.91}, "turned_away"),
        ({"light": 0.05}, "badly_lit"),
        ({"light": 0.95}, "badly_lit"),
        ({"sharpness": 2.9}, "blurred"),
        ({"inside": 0.6, "height": 20.0, "turn": 0.9, "light": 0.06, "sharpness": 3.0}, None),
    ],
)
def test_each_limit_has_its_reason(measured, reason):
    assert GATE.refuse(msgspec.structs.replace(GOOD, **measured)) == reason


@pytest.mark.parametrize(
    ("box", "nose_shift", "crop", "reason"),
    [
        (BOX, 0.0, NOISE, None),
        (Box(-40.0, 100.0, 60.0, 66.0), 0.0, NOISE, "cut_off"),
        (Box(100.0, 100.0, 17.0, 19.0), 0.0, NOISE, "too_small"),
        (BOX, 0.25, NOISE, "turned_away"),
        (BOX, 0.0, gray(5), "badly_lit"),
        (BOX, 0.0, gray(250), "badly_lit"),
        (BOX, 0.0, gray(128), "blurred"),
    ],
)
def test_each_reason_can_be_reached_with_the_default_settings(box, nose_shift, crop, reason):
    gate = QualityGate(**DetectorSettings().model_dump(include=set(QualityGate.__dataclass_fields__)))
    assert gate.refuse(measure(box, landmarks_of(box, nose_shift), crop, 640, 480)) == reason


def test_what_is_measured_of_a_face_half_outside():
    quality = measure(Box(-30.0, 0.0, 60.0, 66.0), landmarks_of(BOX), gray(51), 640, 480)
    assert quality.inside == pytest.approx(0.5)
    assert quality.light == pytest.approx(0.2)
    assert quality.height == 66
    assert quality.sharpness == 0


def test_a_box_without_area_measures_as_outside():
    assert measure(Box(5.0, 5.0, 0.0, 0.0), landmarks_of(BOX), gray(51), 640, 480).inside == 0


def test_softening_lowers_sharpness():
    soft = NOISE.copy()
    soft[1:-1, 1:-1] = (
        sum(NOISE[1 + y : 47 + y, 1 + x : 47 + x].astype(int) for y in (-1, 0, 1) for x in (-1, 0, 1)) // 9
    )
    assert (
        measure(BOX, landmarks_of(BOX), soft, 640, 480).sharpness
        < measure(BOX, landmarks_of(BOX), NOISE, 640, 480).sharpness / 2
    )


def test_turn_is_nothing_for_a_frontal_face_and_grows_evenly_to_both_sides():
    assert turn(landmarks_of(BOX)) == pytest.approx(0)
    assert turn(landmarks_of(BOX, 0.1)) == pytest.approx(0.5)
    assert turn(landmarks_of(BOX, -0.1)) == pytest.approx(0.5)
    assert turn(landmarks_of(BOX, 0.4)) == 1


def test_eyes_in_one_place_count_as_a_profile():
    eye = Point(5.0, 5.0)
    assert turn(Landmarks(eye, eye, Point(9.0, 9.0), eye, eye, eye)) == 1


def rolled(landmarks, angle):
    cosine, sine = math.cos(angle), math.sin(angle)
    points = msgspec.structs.astuple(landmarks)
    return Landmarks(*(Point(p.x * cosine - p.y * sine, p.x * sine + p.y * cosine) for p in points))


@given(st.floats(-math.pi, math.pi), st.floats(-0.5, 0.5))
def test_roll_does_not_change_turn(angle, nose_shift):
    landmarks = landmarks_of(BOX, nose_shift)
    assert turn(rolled(landmarks, angle)) == pytest.approx(turn(landmarks), abs=1e-6)
