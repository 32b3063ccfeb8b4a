import json

import pytest

from common.errors import DataError
from moodline.evaluation.footage import score_footage
from tests.moodline.evaluation.builders import RATE, face, person, predicted, truth

DESIGNED = {
    "recall", "precision", "idf1", "hota", "track_purity", "id_switches", "detection_recall", "expression_accuracy",
    "raw_expression_accuracy", "label_changes_per_minute", "raw_label_changes_per_minute", "change_delay_s",
    "truth_faces", "frames", "accuracy_when_read", "raw_accuracy_when_read",
}  # fmt: skip


def test_perfect_footage_scores_one_everywhere():
    emotions = ["happy"] * 5 + ["sad"] * 5
    known = truth(*([person("a", emotion=e), person("b")] for e in emotions))
    said = predicted(*([face("1", 0, label=e), face("2", 1)] for e in emotions))
    scores = score_footage(known, said, RATE)
    assert scores.keys() >= DESIGNED
    ones = {"recall", "precision", "detection_recall", "idf1", "hota", "deta", "assa", "track_purity"}
    assert {name for name, value in scores.items() if value == pytest.approx(1.0)} >= ones
    assert scores["expression_accuracy"] == scores["raw_expression_accuracy"] == 1.0
    assert (scores["frames"], scores["truth_faces"], scores["ignored_faces"]) == (10, 20, 0)
    assert scores["label_changes_per_minute"] == pytest.approx(60 / (20 / RATE))
    assert (scores["id_switches"], scores["changes"], scores["changes_reached"]) == (0, 1, 1)
    assert scores["change_delay_s"] == 0.0


def test_a_face_found_but_not_read_counts_for_detection_only():
    scores = score_footage(truth([person("a")]), predicted([face("1", 0, status="turned_away")]), RATE)
    assert (scores["recall"], scores["detection_recall"], scores["expression_accuracy"]) == (0.0, 1.0, 0.0)
    assert scores["precision"] is None


def test_what_is_said_to_be_no_face_counts_for_nothing():
    said = predicted([face("1", 0, status="not_a_face"), face("2", 5, status="static")])
    scores = score_footage(truth([person("a")]), said, RATE)
    assert (scores["recall"], scores["detection_recall"], scores["idf1"]) == (0.0, 0.0, 0.0)


def test_a_mood_read_where_nobody_is_in_the_truth_is_a_false_alarm():
    scores = score_footage(truth([person("a")]), predicted([face("1", 0), face("2", 3)]), RATE)
    assert (scores["precision"], scores["recall"]) == (0.5, 1.0)


def test_frames_that_the_truth_does_not_list_are_counted():
    scores = score_footage(truth([person("a")]), predicted([face("1", 0)], [face("2", 4)]), RATE)
    assert (scores["frames"], scores["frames_without_truth"], scores["precision"]) == (1, 1, 1.0)


def test_empty_footage_is_scored_with_nulls_that_json_can_hold():
    scores = score_footage(truth([], []), predicted([], []), RATE)
    assert scores["recall"] is None
    assert scores["frames"] == 2
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores


@pytest.mark.parametrize("rate", [0.0, -25.0, float("nan")])
def test_a_rate_that_is_not_above_zero_is_refused(rate):
    with pytest.raises(DataError, match="a rate above 0 is needed"):
        score_footage(truth([]), predicted([]), rate)
