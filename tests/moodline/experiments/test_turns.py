"""Ways are timed in turns: what slows a whole round changes no ratio."""

from moodline.experiments.turns import in_turns


def test_a_slow_round_changes_no_ratio_and_one_odd_turn_no_median():
    load = iter([1.0, 1.0, 8.0, 8.0, 1.0, 9.0])
    order = []

    def way(name, seconds):
        order.append(name)
        return seconds * next(load)

    found = in_turns({"a": lambda: way("a", 2.0), "b": lambda: way("b", 3.0)}, rounds=3)
    assert order == ["a", "b"] * 3
    assert found == {"a": {"seconds": 2.0, "times": 1.0}, "b": {"seconds": 24.0, "times": 1.5}}
