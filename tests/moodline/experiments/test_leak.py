"""The same faces on both sides of a split are found, and what they do to accuracy is measured as it is."""

import numpy as np
import pytest

from moodline.experiments.leak import LeakSettings, Side, copies, measure
from moodline.experiments.leak_story import tell
from moodline.experiments.recipes import MODELS
from moodline.experiments.splits import count_twins, deal_randomly, identify
from tests.classifier.builders import noise

SETTINGS = LeakSettings(remembered=20)


def test_faces_are_dealt_out_once_each_and_in_the_same_way_for_a_seed():
    parts = deal_randomly(100, (0.7, 0.2), seed=3)
    assert [len(part) for part in parts] == [70, 20, 10]
    assert sorted(np.concatenate(parts)) == list(range(100))
    assert (parts[0] == deal_randomly(100, (0.7, 0.2), seed=3)[0]).all()
    assert (parts[0] != deal_randomly(100, (0.7, 0.2), seed=4)[0]).any()


def test_pictures_that_stand_in_a_set_twice_are_counted_with_their_labels():
    identity = identify(noise(4)[[0, 0, 1, 2, 2, 2, 3]])
    assert identity.tolist() == [0, 0, 1, 2, 2, 2, 3]
    counted = count_twins(identity, np.array([1, 1, 1, 4, 4, 5, 0]))
    assert counted == {"groups": 2, "pictures": 5, "contradicting": 1, "contradicting_pictures": 3}


def test_a_face_has_four_copies_that_all_differ_and_the_first_is_itself():
    faces = noise(3)
    made = copies(faces, SETTINGS, 0)
    assert made.shape == (12, 48, 48)
    assert (made[:3] == faces).all()
    assert (made[3:6, :, ::-1] == faces).all()
    assert len(set(identify(made))) == 12


def test_labels_without_meaning_are_read_by_heart_where_twins_are_known_and_by_chance_elsewhere():
    labels = np.random.default_rng(0).integers(0, 7, 400)
    faces = noise(400)
    identity = identify(faces)
    learned = Side(faces[:300], labels[:300], identity[:300])
    tested = Side(faces[200:], labels[200:], identity[200:])
    found = measure(MODELS["neighbours"], learned, tested, SETTINGS)
    assert found["twins"]["images"] == found["fresh"]["images"] == 100
    assert found["twins"]["accuracy"] == found["remembered"]["accuracy"] == 1
    assert found["fresh"]["accuracy"] < 0.35
    assert found["all"]["accuracy"] == pytest.approx((1 + found["fresh"]["accuracy"]) / 2)


def test_a_split_without_twins_says_that_it_has_none():
    faces, labels = noise(40), np.arange(40) % 7
    identity = identify(faces)
    learned = Side(faces[:30], labels[:30], identity[:30])
    found = measure(MODELS["neighbours"], learned, Side(faces[30:], labels[30:], identity[30:]), SETTINGS)
    assert found["twins"] is None
    assert found["fresh"] == found["all"]


def told(official, fresh, random=0.5):
    """Tell of two models that read so many of all test faces, and of those never seen."""

    def way(accuracy):
        every = {"images": 100, "accuracy": accuracy, "interval": [accuracy - 0.05, accuracy + 0.05]}
        unseen = every | {"accuracy": fresh, "images": 90}
        return {"learned_from": 9, "all": every, "fresh": unseen, "twins": None, "remembered": every}

    ways = {"official": way(official), "random": [way(random)], "before": way(0.8), "after": way(0.5)}
    twins = {"groups": 1, "pictures": 2, "contradicting": 0, "contradicting_pictures": 0}
    return tell({"models": dict.fromkeys(MODELS, ways), "twins": twins, "faces": 9, "turn": 8.0})


def test_twins_raise_a_score_only_where_every_gap_is_above_nothing():
    assert "raise the score by 10.0 points" in told(official=0.5, fresh=0.4).answer
    assert "change the score by -5.0 points" in told(official=0.4, fresh=0.45).answer


def test_random_splits_are_said_to_lie_where_they_lie():
    assert "score above the interval of the official one with the nearest" in told(0.4, 0.3, random=0.5).blocks[2]
    assert "inside it with the SVM" in told(0.5, 0.4, random=0.52).blocks[2]
