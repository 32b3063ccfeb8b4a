"""Faults grow with their amount, hide what they say, and a treatment is called better only when chance cannot be."""

import cv2
import numpy as np
import pytest
import torch

from classifier.preprocess import standardise
from moodline.evaluation.degrade import BLACK, WHITE
from moodline.experiments.faults import BANDS, FAMILIES, covers, video_levels, worsened
from moodline.experiments.light import READ, correct_gamma, equalise, equalise_locally, read_unstandardised
from moodline.experiments.light_story import compared, treated
from moodline.experiments.robustness import LIGHTS
from moodline.experiments.robustness_story import _answer
from tests.classifier.builders import noise, random_net


def faces(count=8):
    """Smooth patterns in the levels of video."""
    soft = [cv2.GaussianBlur(one, (0, 0), 2).astype(float) for one in noise(count)]
    return np.stack([np.interp(one, (one.min(), one.max()), (BLACK, WHITE)) for one in soft]).astype(np.uint8)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_worst_amount_of_a_fault_changes_a_face_more_than_the_mildest(family):
    shown = faces()
    mild, bad = (worsened(shown, family.change(family.amounts[end]), 0) for end in (0, -1))
    assert mild.shape == bad.shape == shown.shape
    assert bad.dtype == np.uint8
    off = [np.abs(one.astype(float) - shown).mean() for one in (mild, bad)]
    assert off[1] > off[0] > 0


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_same_seed_gives_the_same_fault(family):
    change = family.change(family.amounts[-1])
    assert (worsened(faces(2), change, 3) == worsened(faces(2), change, 3)).all()


def test_a_band_hides_its_rows_alone():
    shown = faces(1)
    for name, (first, last) in BANDS.items():
        hidden = worsened(shown, covers()[name], 0)
        assert np.ptp(hidden[0, first:last]) == 0
        assert (np.delete(hidden, np.s_[first:last], 1) == np.delete(shown, np.s_[first:last], 1)).all()


def test_gray_levels_are_brought_to_those_of_video():
    assert video_levels(np.array([0, 255], np.uint8)).tolist() == [BLACK, WHITE]


def test_every_bad_light_that_is_treated_is_a_fault_that_is_measured():
    assert set(LIGHTS) <= {family.name for family in FAMILIES}


def test_treatments_bring_a_dark_face_back_to_the_middle():
    dark = (faces(1)[0] // 6).astype(np.uint8)
    assert dark.mean() < 30
    for treat in (equalise, correct_gamma):
        assert 100 < treat(dark).mean() < 156
    assert np.ptp(equalise_locally(dark)) > np.ptp(dark)
    assert correct_gamma(np.zeros((48, 48), np.uint8)).shape == (48, 48)


def test_faces_with_one_mean_and_spread_are_read_the_same_with_and_without_their_own_standardisation():
    net, shown = random_net().fuse(), faces(4)
    with torch.inference_mode():
        own = [net(torch.from_numpy(standardise(face[None])))[0].argmax(1).item() for face in shown]
    said = [read_unstandardised(net, face[None], face.mean(), face.std() + 4)[0] for face in shown]
    assert said == own


def light(served, treated, chance):
    """A row in which CLAHE reads so much, and all others what is read as served."""
    same = {"accuracy": served, "interval": [served - 0.05, served + 0.05], "mcnemar": 1.0}
    clahe = {"accuracy": treated, "interval": [treated - 0.05, treated + 0.05], "mcnemar": chance}
    return {"light": "darker", "amount": 4.0, "read": dict.fromkeys(READ, same) | {"CLAHE": clahe}}


@pytest.mark.parametrize(
    ("treated_", "chance", "told"),
    [(0.8, 1e-9, "does not harm unharmed faces: CLAHE"), (0.8, 0.04, "none of these"), (0.6, 1e-9, "none of these")],
)
def test_a_treatment_is_worth_having_only_where_chance_cannot_be_the_reason(treated_, chance, told):
    unharmed = light(0.7, 0.7, 1.0) | {"light": "none"}
    assert told in treated(compared([unharmed, light(0.7, treated_, chance)], 0.3))[-1]


def test_a_treatment_that_only_makes_the_net_say_the_commonest_class_does_not_help():
    row = light(0.2, 0.35, 1e-9)
    assert compared([row], 0.34)[0].signs["CLAHE"] == 0
    assert compared([row], 0.2)[0].signs["CLAHE"] == 1
    assert compared([light(0.35, 0.2, 1e-9)], 0.34)[0].signs["CLAHE"] == -1


def test_a_fault_that_is_borne_nowhere_is_not_called_borne():
    whole = {"images": 10, "accuracy": 0.9, "interval": [0.8, 1.0], "commonest": 0.3, "recall": {}}
    broken = {"unit": "stops", "points": [whole | {"amount": 1.0, "accuracy": 0.2}]}
    found = {"whole": whole, "covers": {"mask": whole}, "families": {"darker": broken}}
    assert "it bears" not in _answer(found, "")
    broken["points"].insert(0, whole | {"amount": 0.5})
    assert "it bears 0.5 stops less light" in _answer(found, "")
