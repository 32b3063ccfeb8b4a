import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.tracks import Tracker, TrackerSettings
from tests.detector.builders import seen

SETTINGS = TrackerSettings(believe=0.7, sure=0.8, hits=2, lost_ms=1000)


def follow(frames, settings=SETTINGS):
    """Give a tracker (time, detections) for each frame, as the stage does; returns what it says of each."""
    tracker = Tracker(settings)
    told = []
    for time_ms, detections in frames:
        tracker.expected(time_ms)
        told.append(tracker.update(detections, time_ms))
    return told


def numbers(told):
    return [[number for number, _ in one] for one in told]


@pytest.mark.parametrize("fps", [5, 10, 25])
def test_a_walker_at_constant_speed_keeps_the_number(fps):
    times = range(0, 4000, 1000 // fps)
    # Two face widths a second.
    told = follow([(time_ms, [seen(0.1 * time_ms)]) for time_ms in times])
    assert numbers(told) == [[1]] * len(times)


@pytest.mark.parametrize("fps", [10, 25])
def test_two_people_who_cross_keep_their_numbers(fps):
    told = follow(
        [(t, [seen(0.08 * t, 100), seen(400 - 0.08 * t, 112, score=0.85)]) for t in range(0, 5000, 1000 // fps)]
    )
    paths = {}
    for one in told:
        for number, detection in one:
            paths.setdefault(number, set()).add(detection.box.y)
    assert paths == {1: {100.0}, 2: {112.0}}


def test_a_short_miss_keeps_the_number_of_a_walker():
    frames = [(t, [] if 1000 <= t < 1400 else [seen(0.1 * t)]) for t in range(0, 3000, 100)]
    assert {n for one in numbers(follow(frames)) for n in one} == {1}


@pytest.mark.parametrize("fps", [5, 25])
@pytest.mark.parametrize(("gap_ms", "number"), [(1000, 1), (1200, 2)])
def test_a_track_is_lost_after_a_time_and_not_after_a_count_of_frames(fps, gap_ms, number):
    step = 1000 // fps
    before = [(t, [seen(100)]) for t in range(0, 1001, step)]
    hidden = [(t, []) for t in range(1000 + step, 1000 + gap_ms, step)]
    back = [(1000 + gap_ms, [seen(100)])]
    assert numbers(follow(before + hidden + back))[-1] == [number]


def test_what_is_looked_for_is_where_the_speed_leads_and_ends_with_the_track():
    tracker = Tracker(SETTINGS)
    for time_ms in (0, 100, 200):
        tracker.expected(time_ms)
        tracker.update([seen(time_ms / 10)], time_ms)
    assert tracker.expected(300)[0].x == pytest.approx(30)
    assert tracker.expected(600)[0].x == pytest.approx(60)
    assert tracker.expected(1200)[0].x == pytest.approx(70), "it does not run on for more than half a second"
    assert tracker.expected(1201) == []


def test_one_sure_look_begins_a_track():
    assert numbers(follow([(0, [seen(100, score=0.8)])])) == [[1]]


def test_a_good_look_needs_another_one():
    good = [seen(100, score=0.75)]
    assert numbers(follow([(0, good), (100, good)])) == [[], [1]]


def test_more_hits_can_be_asked_for():
    good, more = [seen(100, score=0.75)], dataclasses.replace(SETTINGS, hits=4)
    assert numbers(follow([(t, good) for t in range(0, 500, 100)], more)) == [[], [], [], [1], [1]]


def test_a_weak_look_begins_nothing_but_keeps_a_track():
    weak = [seen(100, score=0.5)]
    assert numbers(follow([(t, weak) for t in range(0, 1000, 100)])) == [[]] * 10
    assert numbers(follow([(0, [seen(100)]), *((t, weak) for t in range(500, 4000, 500))])) == [[1]] * 8


def test_a_candidate_that_is_not_seen_again_uses_no_number():
    frames = [(0, [seen(100, score=0.75)]), (2000, [seen(300)])]
    assert numbers(follow(frames)) == [[], [1]]


def test_numbers_are_never_used_again():
    frames = [(2000 * visit, [seen(100), seen(300)]) for visit in range(5)]
    assert numbers(follow(frames)) == [[2 * visit + 1, 2 * visit + 2] for visit in range(5)]


def test_a_face_far_away_or_of_another_size_is_another_person():
    assert numbers(follow([(0, [seen(100)]), (40, [seen(300)])])) == [[1], [2]]
    assert numbers(follow([(0, [seen(100)]), (40, [seen(100, width=120.0)])])) == [[1], [2]]


people = st.lists(
    st.tuples(
        st.integers(0, 500),
        st.integers(0, 400),
        st.sampled_from([-0.1, -0.03, 0.0, 0.05, 0.12]),
        st.sampled_from([0.5, 0.72, 0.75, 0.9]),
        st.sampled_from([30.0, 60.0]),
    ),
    max_size=5,
    unique_by=lambda person: person[:2],
)


@given(people, st.sampled_from([40, 100, 200]), st.randoms(use_true_random=False))
def test_the_order_of_detections_does_not_matter(walkers, step, chance):
    straight, shuffled = [], []
    for time_ms in range(0, 1200, step):
        found = [seen(x + speed * time_ms, y, width=width, score=score) for x, y, speed, score, width in walkers]
        straight.append((time_ms, found))
        shuffled.append((time_ms, chance.sample(found, len(found))))
    assert follow(straight) == follow(shuffled)


@given(people, st.sampled_from([40, 100, 200]))
def test_no_number_is_given_twice_in_a_frame_and_new_ones_count_up(walkers, step):
    highest = 0
    for one in numbers(
        follow(
            (t, [seen(x + speed * t, y, width=width, score=score) for x, y, speed, score, width in walkers])
            for t in range(0, 1200, step)
        )
    ):
        assert len(set(one)) == len(one)
        fresh = sorted(number for number in one if number > highest)
        assert fresh == list(range(highest + 1, highest + 1 + len(fresh)))
        highest += len(fresh)
