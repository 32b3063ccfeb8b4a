"""Features see edges and patterns, not light; neighbours and machines decide as their textbooks say."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from moodline.experiments.features import BINS, extract, hog, lbp, mirrored, pixels
from moodline.experiments.machines import learn_linear, learn_radial
from moodline.experiments.neighbours import Neighbours, vote
from moodline.experiments.recipes import Recipe, learn
from moodline.experiments.sight import learn_sight
from tests.classifier.builders import noise
from tests.classifier.training.builders import face


def clouds(each=40, classes=3, columns=5, seed=0):
    """Rows around a center for each class, far from each other."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    rows = rng.normal(0, 1, (len(labels), columns)) + 2.5 * np.eye(columns)[labels]
    return rows.astype(np.float32), labels


@pytest.mark.parametrize("what", ["pixels", "hog-8", "hog-12", "lbp-8", "hog-8+lbp-12"])
def test_features_are_one_row_of_length_one_a_face(what):
    rows = extract(noise(3), what)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1], abs=1e-4)


@pytest.mark.parametrize("see", [pixels, lambda faces: hog(faces, 8), lambda faces: lbp(faces, 8)])
def test_features_do_not_change_with_light_and_contrast(see):
    faces = noise(2) // 4
    alike = (see(faces) * see(2 * faces + 30)).sum(1)
    assert alike.min() > 0.98  # patterns are compared between pixels, where rounding may decide


@pytest.mark.parametrize("what", ["pixels", "hog-8", "lbp-8"])
def test_a_picture_of_one_gray_value_gives_numbers(what):
    assert np.isfinite(extract(np.full((1, 48, 48), 90, np.uint8), what)).all()


def test_a_picture_that_gets_lighter_to_the_right_votes_for_that_direction_alone():
    ramp = np.tile(np.arange(48, dtype=np.uint8) * 4, (48, 1))[None]
    votes = hog(ramp, 8).reshape(25, BINS, 4)
    assert votes[:, [0, -1]].min() > 0
    assert np.abs(votes[:, 1:-1]).max() < 1e-5


def test_the_cells_of_local_patterns_hold_shares_of_all_their_pixels():
    rows = lbp(noise(2), 12).reshape(2, 16, 59)
    assert np.allclose((rows**2).sum(2), 1 / 16, atol=1e-5)


def test_a_mirrored_face_mirrored_is_the_face():
    faces = noise(2)
    assert (mirrored(mirrored(faces)) == faces).all()
    assert not (mirrored(faces) == faces).all()


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("count", [1, 5])
def test_neighbours_are_those_of_a_textbook(metric, count):
    rows, labels = clouds()
    asked, _ = clouds(seed=1)
    ours = vote(Neighbours.learn(rows, labels, metric).nearest(asked, count), count)
    theirs = KNeighborsClassifier(count, metric=metric, algorithm="brute").fit(rows, labels).predict(asked)
    assert (ours == theirs).mean() > 0.97  # ties may go another way


def test_of_classes_with_as_many_votes_the_nearer_one_is_said():
    assert vote(np.array([[2, 1, 1, 2], [0, 1, 1, 2]]), 4).tolist() == [2, 1]


def test_a_linear_machine_is_that_of_liblinear():
    rows, labels = clouds()
    asked, _ = clouds(seed=1)
    theirs = LinearSVC(C=0.5, dual=False, intercept_scaling=1).fit(rows, labels)
    ours = learn_linear(rows, labels, 0.5, 500)
    assert np.allclose(ours.weights[:-1].T, theirs.coef_, atol=0.01)
    assert (ours.say(asked) == theirs.predict(asked)).all()


def test_a_radial_machine_learns_what_no_straight_border_parts():
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 1, (300, 2)).astype(np.float32)
    labels = (np.linalg.norm(rows, axis=1) > 1.1).astype(int)
    assert (learn_radial(rows, labels, 10, 1.0).say(rows) == labels).mean() > 0.97
    assert (learn_linear(rows, labels, 10, 100).say(rows) == labels).mean() < 0.8


@pytest.mark.parametrize(("reduction", "columns"), [("none", 5), ("pca", 3), ("lda", 2)])
def test_a_sight_gives_rows_of_one_scale_whatever_the_features(reduction, columns):
    rows, labels = clouds()
    seen = learn_sight("pixels", reduction, 1000 * rows + 7, labels, 3)
    reduced = seen.reduce(1000 * rows + 7)
    assert reduced.shape == (len(rows), columns)
    assert np.allclose(reduced.mean(0), 0, atol=1e-3)
    assert (reduced**2).sum(1).mean() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("kind", ["neighbours", "linear", "radial"])
def test_a_model_that_learned_patterns_tells_them_apart_in_new_pictures(kind):
    faces = np.stack([face(kind, seed=seed) for kind in range(4) for seed in range(6)])
    labels = np.repeat(np.arange(4), 6)
    model = learn(Recipe(kind, "pixels", "pca", 10, cost=10.0), extract(faces, "pixels"), labels)
    new = np.stack([face(kind, seed=99) for kind in range(4)])
    assert model.say(new).tolist() == [0, 1, 2, 3]


def test_by_angle_a_blank_picture_learned_from_is_near_to_none():
    faces = np.concatenate([noise(5), np.full((1, 48, 48), 7, np.uint8)])
    known = Neighbours.learn(pixels(faces), np.arange(6), "cosine")
    worse = pixels((0.3 * faces[:5] + 0.7 * noise(5, seed=9)).astype(np.uint8))
    assert known.nearest(worse, 1)[:, 0].tolist() == [0, 1, 2, 3, 4]
