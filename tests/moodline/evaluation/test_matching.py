import pytest

from moodline.evaluation.matching import match_frames, precision, recall
from moodline.evaluation.predicted import found_faces, read_faces
from tests.moodline.evaluation.builders import face, person, predicted, shift_for, truth


def names(frame):
    return [(one.person, other.track) for one, other in frame.pairs]


def test_each_person_is_hit_by_the_prediction_on_their_face():
    (frame,) = match_frames(truth([person("a"), person("b")]), predicted([face("2", 1), face("1", 0)]))
    assert names(frame) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(("iou", "hits"), [(0.4, 1), (0.39, 0)])
def test_a_hit_needs_an_iou_of_four_tenths(iou, hits):
    (frame,) = match_frames(truth([person("a")]), predicted([face("1", 0, shift=shift_for(iou))]))
    assert len(frame.pairs) == hits
    assert len(frame.predicted) == 1


def test_two_hits_are_better_than_one_closer_hit():
    # Track 1 sits on a; track 2 reaches only a, and track 1 reaches b too.
    people = [person("a"), person("b", at=0.16)]
    (frame,) = match_frames(truth(people), predicted([face("1", 0.03), face("2", 0, shift=-16.0)]))
    assert names(frame) == [("a", "2"), ("b", "1")]


def test_a_pair_of_the_frame_before_is_kept_while_it_still_hits():
    people = [person("a")]
    near, far = face("2", 0), face("1", 0, shift=10.0)
    first, second = match_frames(truth(people, people), predicted([far], [near, far]))
    assert names(first) == names(second) == [("a", "1")]
    (alone,) = match_frames(truth(people), predicted([near, far]))
    assert names(alone) == [("a", "2")]


def test_a_hidden_person_is_no_miss_and_a_prediction_there_no_false_alarm():
    frames = match_frames(truth([person("a"), person("b", visible=0.69)]), predicted([face("1", 0), face("2", 1)]))
    assert [face.track for face in frames[0].predicted] == ["1"]
    assert frames[0].iou.shape == (1, 1)
    assert (recall(frames), precision(frames)) == (1.0, 1.0)


def test_a_visible_person_is_matched_before_a_hidden_one_on_the_same_spot():
    frames = match_frames(truth([person("a", visible=0.2), person("b", at=0.1)]), predicted([face("1", 0)]))
    assert names(frames[0]) == [("b", "1")]


def test_a_hidden_person_excuses_one_prediction_only():
    frames = match_frames(truth([person("a", visible=0.2)]), predicted([face("1", 0), face("2", 0)]))
    assert len(frames[0].predicted) == 1
    assert precision(frames) == 0.0


def test_recall_and_precision_count_over_all_frames():
    people = [person("a"), person("b")]
    frames = match_frames(truth(people, people), predicted([face("1", 0)], [face("1", 0), face("9", 5), face("8", 6)]))
    assert recall(frames) == 2 / 4
    assert precision(frames) == 2 / 4


def test_a_frame_without_prediction_is_missed_and_one_without_truth_left_out():
    people = [person("a")]
    frames = match_frames(truth(people, people), predicted([face("1", 0)], [], [face("1", 0)])[::2])
    assert [len(frame.pairs) for frame in frames] == [1, 0]
    assert recall(frames) == 0.5


def test_nothing_to_measure_is_none():
    frames = match_frames(truth([]), predicted([]))
    assert recall(frames) is None
    assert precision(frames) is None


@pytest.mark.parametrize(
    ("status", "read", "found"),
    [
        ("ok", 1, 1),
        ("ambiguous", 1, 1),
        ("carried", 1, 1),
        ("turned_away", 0, 1),
        ("expired", 0, 1),
        ("static", 0, 0),
        ("not_a_face", 0, 0),
    ],
)
def test_the_status_says_whether_a_face_was_read_and_whether_it_was_found(status, read, found):
    frames = predicted([face("1", 0, status=status)])
    assert len(read_faces(frames)[0].faces) == read
    assert len(found_faces(frames)[0].faces) == found
