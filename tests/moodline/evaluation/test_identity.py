import pytest

from moodline.evaluation.identity import id_switches, idf1, track_purity
from moodline.evaluation.matching import match_frames
from tests.moodline.evaluation.builders import face, person, predicted, truth


def follow(tracks, persons="a", visible=None):
    """Frames of persons, and in each frame the track on each of them (a blank is none)."""
    shown = visible or [1.0] * len(tracks)
    return match_frames(
        truth(*([person(name, visible=share) for name in persons] for share in shown)),
        predicted(*([face(t, at) for at, t in enumerate(frame) if t != " "] for frame in tracks)),
    )


def test_one_track_a_person_is_perfect():
    frames = follow(["12"] * 5, "ab")
    assert (idf1(frames), id_switches(frames), track_purity(frames)) == (1.0, 0, 1.0)


def test_two_tracks_that_swap_persons_are_two_switches():
    frames = follow(["12"] * 6 + ["21"] * 4, "ab")
    assert id_switches(frames) == 2
    assert idf1(frames) == pytest.approx(12 / 20)
    assert track_purity(frames) == pytest.approx(12 / 20)


def test_a_person_cut_into_two_tracks_is_one_switch_and_pure():
    frames = follow(["1"] * 7 + ["2"] * 3)
    assert (id_switches(frames), track_purity(frames)) == (1, 1.0)
    assert idf1(frames) == pytest.approx(2 * 7 / 20)


def test_coming_back_after_a_gap_under_the_old_track_is_no_switch():
    assert id_switches(follow(["1", " ", "1"])) == 0
    assert id_switches(follow(["1", " ", "2"])) == 1


def test_coming_back_after_being_hidden_under_a_new_track_is_a_switch():
    assert id_switches(follow(["1", "3", "2"], visible=[1.0, 0.1, 1.0])) == 1


def test_missed_frames_lower_idf1_and_not_purity():
    frames = follow(["1"] * 5 + [" "] * 5)
    assert idf1(frames) == pytest.approx(2 * 5 / 15)
    assert track_purity(frames) == 1.0


def test_false_tracks_lower_idf1():
    frames = follow(["1   9"] * 4)
    assert idf1(frames) == pytest.approx(2 * 4 / 12)


def test_the_assignment_is_the_best_over_the_whole_footage_not_the_greedy_one():
    # Track 1 is 4 frames on a and 3 on b, track 2 is 3 frames on a: 1-b and 2-a share 6 samples, 1-a only 4.
    frames = follow(["1 "] * 4 + ["21"] * 3, "ab")
    assert idf1(frames) == pytest.approx(2 * 6 / (14 + 10))


def test_a_long_track_weighs_more_in_purity_than_a_short_one():
    frames = follow(["1 "] * 8 + ["21"] * 1 + ["2 "] * 1, "ab")
    assert track_purity(frames) == pytest.approx((8 + 2) / 11)


def test_footage_without_faces_has_no_identity_to_measure():
    frames = follow([" "], "")
    assert (idf1(frames), id_switches(frames), track_purity(frames)) == (None, 0, None)
