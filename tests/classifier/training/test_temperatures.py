import numpy as np
import pytest

from classifier.calibration import temper
from classifier.training.data import FaceData
from classifier.training.temperatures import Scored, divisors_for, fit, folds, held_out, temperature
from common.errors import DataError
from tests.classifier.builders import noise

EVEN = (1.0,) * 7


def sharpened(count=3000, by=0.5, seed=0):
    """Faces with known chances of each FER+ class, their ten votes, and scores that are too sure by a temperature."""
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.full(8, 0.3), count).astype(np.float32)
    votes = np.zeros((count, 10), np.float32)
    votes[:, :8] = np.stack(
        [rng.multinomial(10, one.astype(np.float64) / one.sum(dtype=np.float64)) for one in chances]
    )
    order = [4, 5, 6, 1, 3, 2, 0]  # FER2013 in the columns of FER+
    seven = chances[:, order] / chances[:, order].sum(1, keepdims=True)
    labels = np.array([rng.choice(7, p=one / one.sum()) for one in seven.astype(np.float64)])
    pixels = np.zeros((count, 48, 48), np.uint8)
    pixels[:, 0, :2] = np.stack(divmod(np.arange(count), 256), 1)
    data = FaceData(pixels, labels, votes, np.zeros(count, bool))
    return Scored(temper(chances, by), temper(seven, by), data)


def test_scores_that_are_too_sure_get_the_temperature_that_made_them_so():
    scored = sharpened(by=0.5)
    found = fit(scored, 0.1, EVEN)
    # Scores are the chances to the power of two.
    assert found.ferplus_votes == pytest.approx(2.0, rel=0.05)
    assert found.fer2013_labels == pytest.approx(2.0, rel=0.1)
    assert found.ferplus_majority < found.ferplus_votes
    assert found.reading_majority < found.reading_votes


def test_the_fit_is_the_best_of_all_temperatures():
    scored = sharpened(400)
    shares = scored.data.votes[:, :8] / scored.data.votes[:, :8].sum(1, keepdims=True)

    def loss(heat):
        return -(shares * np.log(temper(scored.ferplus, heat))).sum(1).mean()

    best = temperature(scored.ferplus, shares)
    assert loss(best) <= min(loss(best * 1.01), loss(best / 1.01))


def test_held_out_faces_are_calibrated_and_were_not_before():
    scores = held_out(sharpened(), 0.1, EVEN)
    assert scores["ferplus_votes"]["ece"] < 0.02 < scores["ferplus_votes_before"]["ece"]
    assert scores["ferplus_votes"]["kl"] < scores["ferplus_votes_before"]["kl"]
    assert scores["reading"]["ok_wrong"] == pytest.approx(0.1, abs=0.03)
    assert scores["reading"]["ok"] < 1 == scores["reading_before"]["ok"]


def test_a_head_that_knows_nothing_gets_no_say():
    scored = sharpened(1500)
    rng = np.random.default_rng(1)
    guess = rng.dirichlet(np.ones(7), 1500).astype(np.float32)
    assert fit(Scored(scored.ferplus, guess, scored.data), 0.1, EVEN).weight <= 0.2


def test_a_label_that_was_common_in_training_is_divided_by_more():
    trained = np.zeros((100, 7))
    trained[:64, 3] = trained[64:, 4] = 1
    found = divisors_for(trained)
    assert found[3] == pytest.approx(0.8)
    assert found[4] == pytest.approx(0.6)
    assert all(0 < one < 0.1 for place, one in enumerate(found) if place not in (3, 4))


def test_a_balanced_fit_reads_more_of_the_rare_and_is_calibrated_all_the_same():
    scored = sharpened()
    common = (2.0, *EVEN[1:])
    plain, balanced = (fit(scored, 0.1, divisors) for divisors in (EVEN, common))
    read = [one.reading(scored.ferplus, scored.fer2013).argmax(1) for one in (plain, balanced)]
    assert (read[1] == 0).sum() < (read[0] == 0).sum()
    assert balanced.divisors == common
    assert held_out(scored, 0.1, common)["reading"]["ece"] < 0.03


def test_equal_pictures_are_never_in_two_folds():
    pixels = np.repeat(noise(40), 2, axis=0)
    data = FaceData(pixels, np.zeros(80, np.int64), np.ones((80, 10), np.float32), np.zeros(80, bool))
    dealt = np.stack(list(folds(data)))
    assert (dealt.sum(0) == 1).all()
    assert (dealt[:, ::2] == dealt[:, 1::2]).all()


def test_faces_on_which_nobody_agrees_are_refused():
    scored = sharpened(10)
    split = np.zeros((10, 10), np.float32)
    split[:, :5] = 2
    data = FaceData(scored.data.pixels, scored.data.fer2013, split, scored.data.duplicate)
    with pytest.raises(DataError, match="no faces on which most taggers agree"):
        fit(Scored(scored.ferplus, scored.fer2013, data), 0.1, EVEN)
