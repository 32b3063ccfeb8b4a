from hypothesis import given
from hypothesis import strategies as st

from detector.merge import merge, same
from tests.detector.builders import seen

detections = st.lists(
    st.builds(
        seen,
        st.integers(0, 200),
        st.integers(0, 200),
        width=st.sampled_from([20.0, 50.0, 90.0]),
        score=st.sampled_from([0.4, 0.6, 0.8]),
    ),
    max_size=12,
)


def test_of_overlapping_detections_the_best_is_kept():
    weak, best, apart = seen(100, score=0.5), seen(105, score=0.9), seen(300, score=0.4)
    assert merge([weak, apart, best]) == [best, apart]


def test_a_small_box_inside_of_a_large_one_is_the_same_face():
    assert merge([seen(100, width=100.0, score=0.9), seen(120, 120, width=40.0, score=0.8)]) == [
        seen(100, width=100.0, score=0.9)
    ]


def test_faces_side_by_side_are_two():
    assert len(merge([seen(100), seen(145)])) == 2


def test_what_is_kept_wins_over_a_better_score_and_is_not_returned():
    assert merge([seen(100, score=0.99), seen(300)], kept=[seen(110, score=0.3)]) == [seen(300)]


@given(detections, st.randoms(use_true_random=False))
def test_the_order_of_detections_does_not_matter(found, chance):
    shuffled = found[:]
    chance.shuffle(shuffled)
    assert merge(shuffled) == merge(found)


@given(detections)
def test_no_two_winners_are_the_same_face_and_every_loser_is_one_with_a_winner(found):
    winners = merge(found)
    assert not any(same(one, other) for i, one in enumerate(winners) for other in winners[:i])
    assert all(any(same(one, winner) or one == winner for winner in winners) for one in found)


def test_a_much_smaller_box_inside_of_a_large_one_is_kept_where_it_is_judged_later():
    large, part, again = (
        seen(100, width=100.0, score=0.8),
        seen(120, 120, width=40.0, score=0.9),
        seen(105, width=80.0, score=0.5),
    )
    assert merge([large, part, again], nested=True) == [part, large]
    assert merge([large, part], kept=[seen(110, width=90.0)], nested=True) == []
