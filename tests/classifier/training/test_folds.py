import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifier.training.folds import deal

MEMBERS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from("abc")), min_size=1, max_size=60)


@given(MEMBERS, st.integers(2, 10))
def test_a_group_is_in_one_fold_whatever_the_order_of_its_pictures(members, folds):
    groups, labels = [str(group) for group, _ in members], [label for _, label in members]
    dealt = deal(groups, labels, folds)
    assert dealt.min() >= 0
    assert dealt.max() < folds
    assert len(set(zip(groups, dealt.tolist(), strict=True))) == len(set(groups))


def test_every_class_is_spread_evenly_over_the_folds():
    labels = ["many"] * 50 + ["few"] * 10
    dealt = deal([str(index) for index in range(60)], labels, 5)
    assert np.bincount(dealt[:50]).tolist() == [10] * 5
    assert np.bincount(dealt[50:]).tolist() == [2] * 5


def test_the_order_in_which_pictures_are_listed_changes_no_fold():
    groups, labels = [f"s{index}" for index in range(40)], ["a", "b"] * 20
    first = dict(zip(groups, deal(groups, labels, 7).tolist(), strict=True))
    second = dict(zip(groups[::-1], deal(groups[::-1], labels[::-1], 7).tolist(), strict=True))
    assert first == second
