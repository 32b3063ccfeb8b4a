import math

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import Box, Landmarks, Point, Quality
from detector.curves import CURVES, LOW_IS_BAD, share_left
from detector.quality import QualityGate, measure, turn
from detector.settings import DetectorSettings
from tests.builders_messages import landmarks_of

GATE = QualityGate(**DetectorSettings().model_dump(include=set(QualityGate.__dataclass_fields__)))
OPEN = QualityGate(0, 0, 1, 0, 1, 0, 1)
GOOD = Quality(80.0, 12.0, turn=0.1, light=0.5, inside=1.0, detail=0.3, contrast=50.0, clipped=0.0, occlusion=0.1)
BOX = Box(100.0, 100.0, 60.0, 66.0)
NOISE = np.random.default_rng(1).integers(18, 234, (48, 48), np.uint8)


def gray(level):
    return np.full((48, 48), level, np.uint8)


def smooth(size):
    small = np.random.default_rng(2).integers(18, 234, (size, size), np.uint8)
    return cv2.resize(small, (48, 48), interpolation=cv2.INTER_CUBIC)


def refused(box=BOX, nose_shift=0.0, crop=NOISE):
    return GATE.refuse(measure(box, landmarks_of(box, nose_shift), crop, 640, 480))


def test_a_good_face_may_be_read():
    assert GATE.refuse(GOOD) is None
    assert refused() is None


def test_a_value_at_its_limit_may_still_be_read():
    assert GATE.refuse(msgspec.structs.replace(GOOD, **GATE.limits())) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("inside", "cut_off"),
        ("height", "too_small"),
        ("turn", "turned_away"),
        ("contrast", "badly_lit"),
        ("clipped", "badly_lit"),
        ("detail", "blurred"),
        ("occlusion", "occluded"),
    ],
)
def test_each_limit_has_its_reason(name, reason):
    limit = GATE.limits()[name]
    beyond = limit * (0.99 if LOW_IS_BAD[name] else 1.01)
    assert GATE.refuse(msgspec.structs.replace(GOOD, **{name: beyond})) == reason
    assert OPEN.refuse(msgspec.structs.replace(GOOD, **{name: beyond})) is None


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        ({"box": Box(-40.0, 100.0, 60.0, 66.0)}, "cut_off"),
        ({"box": Box(100.0, 100.0, 8.0, 9.0)}, "too_small"),
        ({"nose_shift": 0.25}, "turned_away"),
        ({"crop": (16 + NOISE // 24).astype(np.uint8)}, "badly_lit"),
        ({"crop": np.where(NOISE > 60, 235, NOISE).astype(np.uint8)}, "badly_lit"),
        ({"crop": smooth(4)}, "blurred"),
        ({"crop": np.vstack([NOISE[:27], gray(128)[27:]])}, "occluded"),
    ],
)
def test_each_reason_can_be_reached_by_a_picture(picture, reason):
    assert refused(**picture) == reason


@pytest.mark.parametrize(
    ("slightly", "far", "reason"),
    [
        ({"inside": 0.59}, {"height": 6.0}, "too_small"),
        ({"height": 11.9}, {"inside": 0.45}, "cut_off"),
        ({"height": 11.9}, {"detail": 0.04}, "blurred"),
        ({"detail": 0.09}, {"clipped": 0.95}, "badly_lit"),
        ({"contrast": 7.0}, {"height": 6.0}, "too_small"),
    ],
)
def test_of_two_reasons_the_one_that_costs_more_accuracy_beyond_its_limit_is_given(slightly, far, reason):
    assert GATE.refuse(msgspec.structs.replace(GOOD, **slightly)) not in {reason, None}
    assert GATE.refuse(msgspec.structs.replace(GOOD, **slightly, **far)) == reason


@given(
    st.builds(
        Quality,
        height=st.floats(0, 40),
        sharpness=st.just(9.0),
        turn=st.floats(0, 1),
        light=st.floats(0, 1),
        inside=st.floats(0, 1),
        detail=st.floats(0, 0.5),
        contrast=st.floats(0, 60),
        clipped=st.floats(0, 1),
        occlusion=st.floats(0, 1),
    )
)
def test_a_face_is_refused_exactly_when_a_measure_is_beyond_its_limit(quality):
    values = {name: getattr(quality, name) for name in GATE.limits()}
    beyond = any(
        value < GATE.limits()[name] if LOW_IS_BAD[name] else value > GATE.limits()[name]
        for name, value in values.items()
    )
    assert (GATE.refuse(quality) is not None) == beyond


@pytest.mark.parametrize("name", sorted(CURVES))
def test_a_learned_curve_falls_towards_the_bad_end(name):
    values, shares = zip(*CURVES[name], strict=True)
    assert list(values) == sorted(set(values))
    assert list(shares) == sorted(shares, reverse=not LOW_IS_BAD[name])
    assert max(shares) <= 1


@pytest.mark.parametrize("name", sorted(set(CURVES) - {"turn", "occlusion"}))
def test_the_limits_lie_where_four_fifths_of_the_accuracy_are_left(name):
    assert share_left(name, GATE.limits()[name]) == pytest.approx(0.8, abs=0.05)


def test_what_is_measured_of_a_face_half_outside():
    quality = measure(Box(-30.0, 0.0, 60.0, 66.0), landmarks_of(BOX), gray(51), 640, 480)
    assert quality.inside == pytest.approx(0.5)
    assert quality.light == pytest.approx(0.2)
    assert quality.height == 66
    assert quality.sharpness == quality.detail == quality.contrast == 0


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
