"""Times are taken in turns with the served net, what is timed gives a class for every face, and its size is counted."""

from dataclasses import replace

import pytest

from classifier.settings import WEIGHTS
from common.errors import MoodlineError
from moodline.experiments.experiment import Table
from moodline.experiments.latency_story import TITLES, tell
from moodline.experiments.race import Order, Turn, run_apart, summary
from moodline.experiments.subjects import MAKERS, Place, Sizes
from tests.classifier.builders import noise

SIZES = Sizes(known=40, supports=35, components=6, cell=8)
HERE = Place(WEIGHTS, "cpu", 1)
SMALL = ("served", "bare", "nearest", "svm", "plain", "resnet18-48")
ORDER = Order(("plain",), (1,), 0.0, 1, str(WEIGHTS), "cpu", 1, SIZES)


@pytest.mark.parametrize("name", SMALL)
def test_whatever_is_timed_gives_a_class_for_every_face_whoever_else_is_there(name):
    subject = MAKERS[name](HERE, SIZES)
    faces = noise(3)
    said = subject.say(faces)
    assert said.shape == (3,)
    assert set(said) <= set(range(8))
    assert subject.numbers > 0
    assert subject.multiply_adds > 0
    if name != "served":
        assert subject.say(faces[:1])[0] == said[0]


def test_the_served_net_says_the_same_bare_and_costs_the_same_arithmetic():
    bare, served = (MAKERS[name](HERE, SIZES) for name in ("bare", "served"))
    assert (bare.numbers, bare.multiply_adds) == (served.numbers, served.multiply_adds)


def test_the_classical_models_compare_with_as_many_faces_as_was_said():
    assert MAKERS["nearest"](HERE, SIZES).multiply_adds == 40 * 48 * 48
    features = (48 // 8 - 1) ** 2 * 36
    assert MAKERS["svm"](HERE, SIZES).multiply_adds == 35 * 6 + features * 6


def test_everything_that_can_be_timed_has_a_title():
    assert set(TITLES) == set(MAKERS)


def test_a_ratio_is_of_the_same_turn_so_that_a_slow_turn_does_not_change_it():
    turns = [Turn(0.2, 0.1, 1.0), Turn(2.0, 1.0, 0.1), Turn(0.2, 0.1, 1.0)]
    found = summary(turns, 10)
    assert found["times"] == {"low": 2.0, "middle": 2.0, "high": 2.0}
    assert found["ms"]["middle"] == pytest.approx(20)
    assert found["served_ms"]["middle"] == pytest.approx(10)
    assert found["busy"] == pytest.approx(1)


def test_a_process_that_fails_is_told_in_one_sentence_with_its_last_words():
    with pytest.raises(MoodlineError, match=r"timing on cpu with 1 core\(s\) failed: KeyError: 'unknown'"):
        run_apart(replace(ORDER, subjects=("unknown",)))


def test_the_processor_is_the_clock_on_one_core_alone():
    assert ORDER.by_processor
    assert not replace(ORDER, threads=2).by_processor
    assert not replace(ORDER, device="cuda").by_processor


def story(busy):
    one = summary([Turn(0.1, 0.1, busy)], 1)
    subjects = {name: {"numbers": 1, "multiply_adds": 1, "batches": {"1": one, "64": one}} for name in sorted(TITLES)}
    places = {"1 core": {"device": "processor", "by_processor": True, "subjects": subjects}}
    return tell({"places": places, "sizes": {"known": 1, "supports": 1, "components": 1}})


def test_a_machine_that_did_something_else_is_told():
    assert "had its processor to itself" in story(1.0).blocks[-1]
    assert "did not have its processor to itself" in story(0.6).blocks[-1]


def test_rows_stand_in_one_order_however_the_result_was_sorted():
    table = next(block for block in story(1.0).blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == list(TITLES.values())


def slowed(**turns):
    """Tell of subjects in turn with the served net: seconds of each, and of the served net beside it."""
    timed = {name: summary([Turn(own, beside, 1.0)], 1) for name, (own, beside) in turns.items()}
    subjects = {name: {"numbers": 1, "multiply_adds": 1, "batches": {"1": one}} for name, one in timed.items()}
    places = {"1 core": {"device": "processor", "by_processor": True, "subjects": subjects}}
    return tell({"places": places, "sizes": {"known": 1, "supports": 1, "components": 1}})


def test_a_ratio_is_to_the_served_net_alone_and_what_slowed_it_beside_others_is_told():
    told = slowed(served=(0.1, 0.1), svm=(0.4, 0.2))
    rows = {row[0]: row for row in next(block for block in told.blocks if isinstance(block, Table)).rows}
    assert rows[TITLES["svm"]][3:] == ("4.00", "200")
    assert "its 100 ms become 200 ms beside RBF SVM" in told.blocks[1]
    assert "about as long beside every other model" in slowed(served=(0.1, 0.1), svm=(0.4, 0.101)).blocks[1]


def test_what_is_quicker_by_one_way_of_timing_alone_takes_about_as_long():
    told = slowed(served=(0.1, 0.1), plain=(0.12, 0.15), svm=(0.4, 0.2))
    assert f"{TITLES['svm']} 4.00, {TITLES['plain']} 1.20 (about as long)." in told.answer
    assert f"turns round there for {TITLES['plain']}" in told.blocks[1]
