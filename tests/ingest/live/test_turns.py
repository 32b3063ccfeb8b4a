"""Whose picture is analysed next: each has its share, nobody starves, or the newest is always taken."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ingest.live.turns import Turns


def serve(turns, cameras, picks, seconds=60.0):
    """Let cameras offer their newest picture, each at its own rate, to somebody who takes `picks` a second."""
    offers, taken = {}, Counter()
    due = dict.fromkeys(cameras, 0.0)
    for pick in range(int(picks * seconds)):
        now_s = pick / picks
        for camera, rate in cameras.items():
            while due[camera] <= now_s:
                offers[camera], due[camera] = due[camera], due[camera] + 1 / rate
        chosen = turns.choose(offers)
        if chosen is not None:
            turns.served(chosen)
            del offers[chosen]
            taken[chosen] += 1
    return {camera: taken[camera] / seconds for camera in cameras}


def test_without_offers_nobody_is_chosen():
    assert Turns("fair").choose({}) is None
    assert Turns("latest").choose({}) is None


def test_under_overload_each_camera_gets_the_same_share():
    rates = serve(Turns("fair"), {f"c{number}": 5.0 for number in range(8)}, picks=8.0)
    assert all(abs(rate - 1.0) < 0.05 for rate in rates.values()), rates


def test_a_camera_that_offers_much_more_gets_no_more():
    rates = serve(Turns("fair"), {"loud": 50.0, "a": 5.0, "b": 5.0, "c": 5.0}, picks=4.0)
    assert all(abs(rate - 1.0) < 0.05 for rate in rates.values()), rates


def test_a_slow_camera_gets_all_that_it_offers_and_the_others_share_the_rest():
    rates = serve(Turns("fair"), {"slow": 0.5, "a": 10.0, "b": 10.0}, picks=4.5)
    assert rates["slow"] > 0.45
    assert abs(rates["a"] - rates["b"]) < 0.05
    assert abs(sum(rates.values()) - 4.5) < 0.1


def test_without_overload_everything_is_taken():
    rates = serve(Turns("fair"), {"a": 5.0, "b": 2.0}, picks=100.0)
    assert abs(rates["a"] - 5.0) < 0.1
    assert abs(rates["b"] - 2.0) < 0.1


def test_whoever_was_never_served_comes_first_and_of_those_the_one_that_waits_longest():
    turns = Turns("fair")
    turns.served("old")
    assert turns.choose({"old": 1.0, "new": 3.0, "newer": 4.0}) == "new"


def test_a_camera_that_has_gone_and_come_back_is_a_new_one():
    turns = Turns("fair")
    for camera in ("a", "b", "a"):
        turns.served(camera)
    turns.forget("a")
    turns.forget("never there")
    assert turns.choose({"a": 2.0, "b": 1.0}) == "a"


@given(st.lists(st.sets(st.sampled_from("abcd"), min_size=1), min_size=20, max_size=60))
def test_nobody_who_offers_waits_longer_than_one_round(rounds):
    turns, waited = Turns("fair"), Counter()
    for offers in rounds:
        chosen = turns.choose(dict.fromkeys(offers, 0.0))
        assert chosen in offers
        turns.served(chosen)
        for camera in "abcd":
            waited[camera] = waited[camera] + 1 if camera in offers and camera != chosen else 0
        assert max(waited.values()) <= 3


@given(st.dictionaries(st.text(min_size=1), st.floats(0, 1e6), min_size=1))
def test_latest_takes_the_newest_whosever_it_is(offers):
    turns = Turns("latest")
    turns.served(next(iter(offers)))
    assert offers[turns.choose(offers)] == max(offers.values())
