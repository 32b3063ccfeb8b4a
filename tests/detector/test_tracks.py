import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.assign import Moment
from detector.tracks import Tracker
from tests.detector.builders import seen

LOST_MS = 1000
SIZE = (1280, 720)


def follow(frames):
    """Give a tracker (time, detections) for each frame, as the stage does; returns what it says of each."""
    tracker = Tracker(LOST_MS)
    return [step(tracker, time_ms, detections) for time_ms, detections in frames]


def step(tracker, time_ms, detections):
    """What is of no track counts as verified, as if the second net believed in all of it."""
    tracker.alive(time_ms)
    followed, left = tracker.follow(detections, Moment(time_ms, SIZE))
    return [(track.number, track.sighting) for track in tracker.settle(left, followed, Moment(time_ms, SIZE))]


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


def test_a_track_is_expected_where_its_speed_leads_and_ends_with_time():
    tracker = Tracker(LOST_MS)
    for time_ms in (0, 100, 200):
        step(tracker, time_ms, [seen(time_ms / 10)])
    (track,) = tracker.alive(300)
    assert track.at(300).x == pytest.approx(30)
    assert track.at(900).x == pytest.approx(90)
    assert track.at(5000).x == pytest.approx(120), "it does not run on for more than a second"
    assert tracker.alive(1200) == [track]
    assert tracker.alive(1201) == []


def test_what_is_believed_of_a_track_is_the_mean_of_second_opinions_over_about_a_second():
    tracker = Tracker(LOST_MS)
    step(tracker, 0, [seen(100)])
    (track,) = tracker.tracks
    assert track.is_doubtful(0)
    track.judge(1.0, 0)
    for time_ms in range(100, 3000, 100):
        step(tracker, time_ms, [seen(100 + time_ms / 1000)])
        assert track.is_doubtful(time_ms) is (time_ms % 200 == 0), "no more often than is needed"
        if track.is_doubtful(time_ms):
            track.judge(0.2, time_ms)
    assert track.belief == pytest.approx(0.2, abs=0.05)
    assert not track.credible


def test_the_second_opinion_on_a_new_track_counts_as_much_as_the_first():
    tracker = Tracker(LOST_MS)
    step(tracker, 0, [seen(100)])
    (track,) = tracker.tracks
    for time_ms, probability, belief in ((0, 0.9, 0.9), (200, 0.1, 0.5), (400, 0.2, 0.4), (600, 0.4, 0.4)):
        track.judge(probability, time_ms)
        assert track.belief == pytest.approx(belief)


def test_a_face_that_nobody_looked_at_again_is_not_judged_again():
    tracker, here = Tracker(LOST_MS), seen(100)
    step(tracker, 0, [here])
    (track,) = tracker.tracks
    track.judge(1.0, 0)
    step(tracker, 900, [here])
    assert not track.is_doubtful(900)


def test_a_track_that_is_covered_does_not_take_the_face_before_it_nor_trades_places():
    beside = [(t, [seen(300, 100, width=140.0), seen(400 - 0.04 * (t - 400), 130, width=140.0)]) for t in (0, 200, 400)]
    told = follow([*beside, (600, [seen(300, 100, width=140.0)]), (800, [seen(300, 100, width=140.0)])])
    (number,) = {number for one in told for number, found in one if found.box.y == 100.0}
    assert numbers(told)[-1] == [number]


def test_a_face_that_comes_back_where_it_was_covered_is_not_one_that_leapt_there():
    covered = [(t, [seen(300), seen(700)]) for t in range(0, 400, 40)]
    alone = [(t, [seen(700)]) for t in range(400, 1200, 40)]
    told = follow([*covered, *alone, (1200, [seen(300)])])
    assert numbers(told)[-1] == [1]


def test_a_face_that_comes_from_behind_another_does_not_take_its_track():
    front = [(t, [seen(300, 100)]) for t in range(1000, 1400, 40)]
    both = [(t, [seen(300 - 0.2 * (1000 - t), 130), seen(300, 100)]) for t in range(0, 1000, 40)]
    told = follow([*both, *front, *((t, [seen(300, 100), seen(330, 130)]) for t in range(1400, 1800, 40))])
    standing = {number for one in told for number, detection in one if detection.box.y == 100.0}
    assert len(standing) == 1


def test_numbers_are_never_used_again():
    frames = [(2000 * visit, [seen(100), seen(300)]) for visit in range(5)]
    assert numbers(follow(frames)) == [[2 * visit + 1, 2 * visit + 2] for visit in range(5)]


def test_a_face_of_another_size_is_another_person():
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


@pytest.mark.parametrize("fps", [5, 10, 25])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_face_that_the_border_cuts_is_not_of_somebody_who_walks_away_from_it(fps, mirrored):
    def at(x, y):
        return seen(SIZE[0] - 144 - x if mirrored else x, y, width=144.0)

    # One walks in and leaps far; another comes in at the same border in the same moment.
    step = 1000 // fps
    before = [(t, [at(50 + 0.06 * t, 261)]) for t in range(0, 1000, step)]
    after = [(t, [at(-30 + 0.1 * (t - 1000), 330), at(500, 261)]) for t in range(1000, 2000, step)]
    told = follow([*before, *after])
    assert {number for number, found in told[-1] if found.box.y == 261.0} == {1}


@pytest.mark.parametrize("fps", [5, 10, 25])
@pytest.mark.parametrize("speed", [-0.4, 0.4])
def test_somebody_who_walks_out_keeps_the_number_while_the_border_cuts_the_face(fps, speed):
    start = 600
    times = range(0, 1700, 1000 // fps)
    told = follow([(t, [seen(start + speed * t, 200, width=144.0)]) for t in times])
    assert {n for one in numbers(told) for n in one} == {1}
