"""Faults grow with their amount, hide what they say, and a treatment is called better only when chance cannot be."""

import cv2
import numpy as np
import pytest
import torch

from classifier.preprocess import standardise
from moodline.evaluation.degrade import BLACK, WHITE
from moodline.experiments.fault_words import WORDS, listed, with_amount
from moodline.experiments.faults import BANDS, FAMILIES, covers, video_levels, worsened
from moodline.experiments.light import READ, correct_gamma, equalise, equalise_locally, read_unstandardised
from moodline.experiments.light_story import compared, helped, treated, verdict
from moodline.experiments.robustness import LIGHTS
from moodline.experiments.robustness_story import _answer, _cover_table, _family_table, class_counts
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


UNHARMED = light(0.7, 0.7, 1.0) | {"light": "none"}


@pytest.mark.parametrize(
    ("treated_", "chance", "told"),
    [(0.8, 1e-9, "worth having"), (0.8, 0.04, "of no use"), (0.6, 1e-9, "of no use")],
)
def test_a_treatment_is_worth_having_only_where_chance_cannot_be_the_reason(treated_, chance, told):
    lights = compared([UNHARMED, light(0.7, treated_, chance)], 0.3)
    assert verdict(lights, "CLAHE") == told
    assert f"CLAHE is {told}" in treated(lights, 0.3)[-1]


@pytest.mark.parametrize(("lost", "told"), [(0.04, "worth having"), (0.06, "mixed")])
def test_a_treatment_that_costs_much_in_one_light_is_mixed_however_much_it_gains_in_another(lost, told):
    lights = compared([UNHARMED, light(0.5, 0.9, 1e-9), light(0.7, 0.7 - lost, 1e-9)], 0.3)
    assert verdict(lights, "CLAHE") == told


def test_a_treatment_that_lowers_the_mean_of_all_lights_is_mixed():
    many = [light(0.7, 0.66, 0.5) for _ in range(4)]
    assert verdict(compared([light(0.6, 0.7, 1e-9), *many], 0.3), "CLAHE") == "mixed"


def test_bad_lights_are_counted_by_kind_and_strength():
    rows = [UNHARMED, light(0.7, 0.7, 1.0), light(0.7, 0.7, 1.0) | {"light": "brighter"}, light(0.6, 0.6, 1.0)]
    assert "3 bad lights (2 kinds, each at 1 to 2 strengths)" in helped(compared(rows, 0.3))


def test_a_treatment_that_only_makes_the_net_say_the_commonest_class_does_not_help():
    row = light(0.2, 0.35, 1e-9)
    assert compared([row], 0.34)[0].signs["CLAHE"] == 0
    assert compared([row], 0.2)[0].signs["CLAHE"] == 1
    assert compared([light(0.35, 0.2, 1e-9)], 0.34)[0].signs["CLAHE"] == -1


WHOLE = {"images": 10, "accuracy": 0.9, "interval": [0.8, 1.0], "commonest": 0.3, "recall": {}}


def family(*accuracies):
    """A fault with these accuracies at the amounts 1, 2, 3 …."""
    points = [WHOLE | {"amount": float(place), "accuracy": one} for place, one in enumerate(accuracies, 1)]
    return {"unit": "stops", "points": points}


def found(**families):
    return {"whole": WHOLE, "covers": {"mask": WHOLE | {"accuracy": 0.5}}, "families": families}


def test_the_answer_names_the_faults_that_are_hardly_borne_as_well_as_those_that_are():
    told = _answer(
        found(darker=family(0.6, 0.5), noise=family(0.88, 0.6, 0.6), turned=family(0.9, 0.9, 0.6), JPEG=family(0.9)), ""
    )
    assert "Not borne even where mildest: 1 stop darker." in told
    assert "Hardly borne, at most where mildest: noise of 1 gray level." in told
    assert "Borne well, for at least half of the amounts tried: JPEG quality 1 and a turn of 2 degrees." in told
    assert "Borne further" not in told


def test_an_accuracy_that_always_saying_the_commonest_class_would_reach_is_named_as_such():
    result = found(darker=family(0.9, 0.3), brighter=family(0.9, 0.31))
    assert "At its worst, 'darker' leaves no more than always saying the commonest class" in _answer(result, "")
    cells = {row[0]: row[-1] for row in _family_table(result).rows}
    assert "†" in cells["darker"]
    assert "†" not in cells["brighter"]


@pytest.mark.parametrize(("patch", "told"), [(0.4, "a patch over 100 % of the picture costs most"), (0.6, "'mask'")])
def test_the_worst_cover_is_the_worst_of_all_that_hides_a_part_of_the_face(patch, told):
    result = found() | {"families": {"patch in front": family(patch)}}
    assert f"Of all that hides a part of the face, {told}" in _answer(result, "")


def test_the_faces_of_each_class_are_worked_out_where_they_add_up_and_left_out_where_they_do_not():
    covered = {"mask": WHOLE | {"recall": {"happy": 1 / 6, "sad": 0.25}}}
    result = {"whole": WHOLE | {"recall": {"happy": 0.5, "sad": 0.75}}, "covers": covered, "families": {}}
    assert class_counts(result) == {"happy": 6, "sad": 4}
    assert "happy (6)" in _cover_table(result).head
    covered["mask"]["recall"]["happy"] = 0.5
    assert class_counts(result) == {}
    assert "happy" in _cover_table(result).head


@pytest.mark.parametrize("fault", FAMILIES, ids=lambda one: one.name)
def test_every_fault_has_words(fault):
    assert WORDS[fault.name].meaning
    assert f"{fault.amounts[0]:g}" in with_amount(fault.name, fault.amounts[0]) or "%" in with_amount(fault.name, 1)


def test_words_are_joined_as_a_sentence_does():
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
