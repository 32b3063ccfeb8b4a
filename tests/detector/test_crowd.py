from itertools import pairwise

import pytest

from detector.assign import Moment
from detector.tracks import Tracker
from tests.detector.builders import seen

SIZE = (1280, 720)
STANDING, WALKING = 100.0, 130.0
"""Upper edges of the two faces: by them the test knows who is who."""


def follow(frames):
    """Give a tracker (time, detections) for each frame, as the stage does; what is of no track counts as verified."""
    tracker, told = Tracker(2000), []
    for time_ms, detections in frames:
        tracker.alive(time_ms)
        followed, left = tracker.follow(detections, Moment(time_ms, SIZE))
        told.append([(one.number, one.sighting.box) for one in tracker.settle(left, followed, Moment(time_ms, SIZE))])
    return told


def passing(step_ms, pull=0.5, speed=0.12, first_ms=0):
    """One walks behind another who stands. As a detector has it, their boxes run into one another, become one that
    slides from the middle to who stands in front, and the other is found again when it has come out.
    """
    for time_ms in range(first_ms, 6000, step_ms):
        away = speed * time_ms - 360
        if -40 < away < 35:
            slide = pull if away < -15 else 0.0
            yield time_ms, [seen(400 + slide * away, STANDING + slide * (WALKING - STANDING))]
        elif -55 < away <= -40:
            drawn = pull * (55 + away) / 15 * 0.5
            yield time_ms, [seen(400 + drawn * away, STANDING), seen(400 + away, WALKING, width=55.0)]
        else:
            yield time_ms, [seen(400, STANDING), seen(400 + away, WALKING)]


@pytest.mark.parametrize("step_ms", [40, 80, 100, 120, 160, 200])
@pytest.mark.parametrize("pull", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("first_ms", [0, 35])
def test_who_passes_behind_another_has_the_same_number_afterwards(step_ms, pull, first_ms):
    told = follow(passing(step_ms, pull=pull, first_ms=first_ms))
    before, after = ({box.y: number for number, box in told[at]} for at in (1, -1))
    assert before.keys() == after.keys() == {STANDING, WALKING}
    assert before == after
    assert max(number for one in told for number, _ in one) == 2


@pytest.mark.parametrize("step_ms", [40, 100, 200])
def test_the_box_that_is_found_for_both_has_one_number(step_ms):
    told = follow(passing(step_ms))
    assert {len(one) for one in told} == {1, 2}
    assert {number for one in told if len(one) == 1 for number, _ in one} <= {1, 2}


@pytest.mark.parametrize("step_ms", [40, 120, 200])
def test_two_who_walk_side_by_side_and_turn_back_keep_their_numbers(step_ms):
    def at(time_ms):
        return 0.12 * time_ms if time_ms < 3000 else 720 - 0.12 * time_ms

    told = follow([(t, [seen(at(t), 100), seen(at(t) + 70, 140)]) for t in range(0, 6000, step_ms)])
    assert {tuple((number, box.y) for number, box in one) for one in told} == {((1, 100.0), (2, 140.0))}


@pytest.mark.parametrize("step_ms", [100, 125, 200])
def test_two_who_have_just_traded_places_between_two_frames_have_passed_each_other(step_ms):
    speed = 0.3
    meet_ms = 10.5 * step_ms
    frames = [
        (t, [seen(400 + speed * (t - meet_ms), 100), seen(400 - speed * (t - meet_ms), 100)])
        for t in range(0, 21 * step_ms, step_ms)
    ]
    told = [{number: box.x for number, box in one} for one in follow(frames)]
    for number in (1, 2):
        ways = {one[number] > before[number] for before, one in pairwise(told)}
        assert len(ways) == 1


def test_who_leapt_does_not_count_as_where_it_came_from():
    # One stands, another walks up to a third, leaps far away beside the first, and stays.
    frames = [(t, [seen(900, 300), seen(100 + 0.1 * t, 300), seen(360, 320)]) for t in range(0, 2000, 40)]
    frames += [(t, [seen(900, 300), seen(790, 305), seen(360, 320)]) for t in range(2000, 3000, 40)]
    told = follow(frames)
    assert {number for number, box in told[-1] if box.x == 900.0} == {n for n, box in told[0] if box.x == 900.0}
    assert {number for number, box in told[-1] if box.x == 360.0} == {n for n, box in told[0] if box.x == 360.0}
