import json

import numpy as np
import pytest

from common.errors import DataError, OutputError
from detector.crop_measures import measure_crop
from detector.curves import CURVES
from detector.quality import QualityGate
from detector.settings import MODEL_FOLDER
from moodline.evaluation.covers import FILLS, SHAPES, cover
from moodline.evaluation.degrade import BLACK, WHITE, degradations
from moodline.evaluation.falling import crossing, falling
from moodline.evaluation.quality import score, sweep
from moodline.evaluation.quality_chart import draw
from moodline.evaluation.quality_faces import LabelledFaces, read_faces
from moodline.evaluation.quality_text import show

COUNT = 40
CHANCE = np.random.default_rng(4)
CROPS = CHANCE.integers(BLACK, WHITE, (COUNT, 48, 48), np.uint8)
LABELS = CROPS.mean(axis=(1, 2)).astype(int) % 7
FACES = LabelledFaces(CROPS, LABELS, np.linspace(0, 1, COUNT), np.full(COUNT, 33.0))
LIMITS = QualityGate().limits()


def reads_only_what_is_sharp(crops):
    true = {crop.tobytes(): label for crop, label in zip(CROPS, LABELS, strict=True)}
    sharp = [measure_crop(crop).detail > 0.2 for crop in crops]
    return np.array(
        [
            true.get(crop.tobytes(), LABELS[place]) if seen else 7
            for place, (crop, seen) in enumerate(zip(crops, sharp, strict=True))
        ]
    )


@pytest.fixture(scope="module")
def scores():
    return score(sweep(FACES, reads_only_what_is_sharp, lambda: None), LIMITS, resamples=20)


@pytest.mark.parametrize("fault", list(degradations()), ids=lambda fault: fault.name)
def test_every_fault_leaves_a_crop_and_is_the_same_for_the_same_seed(fault):
    once, again = (fault.change(CROPS[0], np.random.default_rng(1)) for _ in range(2))
    assert once.shape == (48, 48)
    assert once.dtype == np.uint8
    assert np.array_equal(once, again)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fill", FILLS)
def test_a_cover_hides_a_part_and_leaves_the_rest(shape, fill):
    same = cover(shape, fill, CROPS[0], np.random.default_rng(2)) == CROPS[0]
    assert 0.05 < 1 - same.mean() < 0.8


def test_a_face_cut_off_says_how_much_of_it_is_left():
    left = {fault.name: fault.value for fault in degradations() if fault.measure == "inside"}
    assert left["30% cut off, top"] == 0.7


def test_a_curve_never_rises_towards_the_bad_end_and_finds_where_it_crosses():
    values = np.repeat([1.0, 2.0, 3.0, 4.0], 100)
    reached = np.concatenate([np.arange(100) < most for most in (20, 70, 60, 100)]).astype(float)
    curve = falling(values, reached, np.ones(400))
    assert curve.shares == pytest.approx([0.2, 0.65, 0.65, 1.0])
    assert crossing(curve, 0.8) == pytest.approx(3 + 0.15 / 0.35)
    assert crossing(curve, 0.1) is None
    assert crossing(falling(values, np.zeros(400), np.ones(400)), 0.8) is None


def test_what_the_net_needs_is_learned_as_its_limit(scores):
    detail = scores["measures"]["detail"]
    assert detail["learned"] == pytest.approx(0.2, abs=0.05)
    assert detail["low"] <= detail["learned"] <= detail["high"]
    soft = next(fault for fault in detail["faults"] if fault["name"].startswith("out of focus, sigma 3"))
    assert soft["accuracy"] == 0
    assert soft["refused"] > 0.5


def test_a_fault_that_does_not_hurt_has_no_learned_limit(scores):
    assert scores["accuracy"] == 1
    assert scores["measures"]["turn"]["learned"] is None


def test_every_measure_of_the_gate_is_scored(scores):
    assert set(scores["measures"]) == set(CURVES) == set(LIMITS)


def test_risk_is_that_of_all_readings_at_full_coverage(scores):
    detail = scores["measures"]["detail"]
    assert detail["risk_coverage"][-1] == [1.0, pytest.approx(1 - np.mean([f["accuracy"] for f in detail["faults"]]))]


def test_scores_are_printed_and_end_as_json(scores, capsys):
    assert show(scores, as_json=True) == 0
    out = capsys.readouterr().out
    assert "out of focus" in out
    assert json.loads(out.splitlines()[-1])["faces"] == COUNT


def test_the_curves_are_drawn(scores, tmp_path):
    draw(scores, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_another_kind_is_refused_with_one_sentence(scores, tmp_path):
    with pytest.raises(OutputError, match=r"ends in \.png or \.svg"):
        draw(scores, tmp_path / "curves.xyz")


def test_a_folder_without_labelled_faces_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"fer2013\.csv"):
        read_faces(tmp_path, "PublicTest", None, 10, MODEL_FOLDER / "face_detection_short_range.tflite")
