import pytest

from moodline.evaluation.expression import (
    accuracy_when_read,
    change_delay,
    expression_accuracy,
    label_changes_per_minute,
    raw,
    smoothed,
)
from moodline.evaluation.matching import match_frames
from moodline.evaluation.predicted import read_faces
from tests.moodline.evaluation.builders import RATE, face, person, predicted, truth

NAMES = {"h": "happy", "s": "sad", "n": "neutral"}


def scene(emotions, labels, visible=None):
    """One person and one track; a letter a frame, a blank is no face there (or, for a label, no reading)."""
    shown = visible or [1.0] * len(emotions)
    known = truth(
        *([person("a", emotion=NAMES[e], visible=v)] if e != " " else [] for e, v in zip(emotions, shown, strict=True))
    )
    said = predicted(*([face("1", 0, label=NAMES[letter])] if letter != " " else [] for letter in labels))
    return known, match_frames(known, said)


def changes(labels):
    frames = predicted(*([face("1", 0, label=NAMES[letter])] if letter != " " else [] for letter in labels))
    return label_changes_per_minute(frames, RATE, smoothed)


def test_accuracy_is_the_share_of_visible_person_frames_with_the_right_label():
    _, frames = scene("hhhhssss", "hhshsshh")
    assert expression_accuracy(frames, smoothed) == pytest.approx(5 / 8)


def test_no_reading_is_wrong():
    known = truth([person("a")], [person("a")], [person("a")])
    said = predicted([face("1", 0)], [face("1", 0, status="turned_away")], [])
    assert expression_accuracy(match_frames(known, read_faces(said)), smoothed) == pytest.approx(1 / 3)


def test_no_reading_is_left_out_of_the_accuracy_when_read():
    known = truth([person("a")], [person("a")], [person("a")])
    said = predicted([face("1", 0)], [face("1", 0, status="turned_away")], [face("1", 0, label="sad")])
    frames = match_frames(known, read_faces(said))
    assert accuracy_when_read(frames, smoothed) == pytest.approx(1 / 2)
    assert accuracy_when_read((), smoothed) is None


def test_a_reading_without_a_label_is_wrong():
    known = truth([person("a")])
    said = predicted([face("1", 0, label=None)])
    assert expression_accuracy(match_frames(known, said), smoothed) == 0.0


def test_hidden_persons_and_false_tracks_do_not_count_in_accuracy():
    known = truth([person("a"), person("b", visible=0.5)])
    said = predicted([face("1", 0), face("2", 1, label="sad"), face("9", 5)])
    assert expression_accuracy(match_frames(known, said), smoothed) == 1.0


def test_raw_accuracy_takes_the_label_of_the_frame_alone():
    known = truth([person("a")])
    frames = match_frames(known, predicted([face("1", 0, label="sad", raw_label="happy")]))
    assert (expression_accuracy(frames, smoothed), expression_accuracy(frames, raw)) == (0.0, 1.0)


def test_nobody_visible_is_no_accuracy():
    assert expression_accuracy(match_frames(truth([]), predicted([])), smoothed) is None


def test_label_changes_are_counted_per_minute_of_read_track_time():
    # 3 changes in 10 readings at 10 a second: 3 in a second.
    assert changes("hhhssshhss") == pytest.approx(3 * 60)


def test_time_without_a_reading_is_stepped_over():
    assert changes("h  h  s  s") == pytest.approx(1 / (4 / RATE) * 60)


def test_a_face_without_a_reading_is_no_read_time_and_changes_no_label():
    frames = predicted([face("1", 0)], [face("1", 0, label="sad", status="blurred")], [face("1", 0)])
    assert label_changes_per_minute(frames, RATE, smoothed) == 0.0


def test_tracks_are_compared_with_themselves_only():
    frames = predicted(*[[face("1", 0, label="happy"), face("2", 1, label="sad")]] * 3)
    assert label_changes_per_minute(frames, RATE, smoothed) == 0.0


def test_raw_changes_take_the_raw_label():
    frames = predicted([face("1", 0, raw_label="sad")], [face("1", 0)])
    assert label_changes_per_minute(frames, RATE, smoothed) == 0.0
    assert label_changes_per_minute(frames, RATE, raw) == pytest.approx(1 / (2 / RATE) * 60)


def test_no_reading_at_all_is_no_rate():
    assert changes("   ") is None


def test_the_delay_runs_from_the_change_to_the_first_right_label():
    delay = change_delay(*scene("hhhhssssssnnnn", "hhhhhhssssssnn"))
    assert (delay.changes, delay.reached) == (2, 2)
    assert delay.mean_s == pytest.approx((0.2 + 0.2) / 2)


def test_a_change_followed_in_its_own_frame_has_no_delay():
    delay = change_delay(*scene("hhss", "hhss"))
    assert (delay.changes, delay.reached, delay.mean_s) == (1, 1, 0.0)


def test_a_change_that_is_followed_too_late_is_not_reached():
    delay = change_delay(*scene("hhssnn", "hhhhss"))
    assert (delay.changes, delay.reached, delay.mean_s) == (2, 0, None)


@pytest.mark.parametrize("visible", [[1, 1, 0.5, 1, 1, 1], [1, 0.5, 1, 1, 1, 1]])
def test_a_change_that_is_hidden_does_not_count(visible):
    delay = change_delay(*scene("hhssss", "hhssss", visible=visible))
    assert delay.changes == 0


def test_a_person_who_comes_back_with_another_expression_did_not_change():
    delay = change_delay(*scene("hh  ss", "hh  ss"))
    assert delay.changes == 0


def test_a_segment_ends_when_the_person_leaves():
    delay = change_delay(*scene("hhss  ss", "hhhh  ss"))
    assert (delay.changes, delay.reached) == (1, 0)


def test_a_short_cover_within_the_segment_does_not_end_it():
    delay = change_delay(*scene("hhssss", "hhhhhs", visible=[1, 1, 1, 0.2, 1, 1]))
    assert (delay.changes, delay.reached) == (1, 1)
    assert delay.mean_s == pytest.approx(0.3)
