"""Times ways in turns, so that what else runs on a machine slows all alike; used by `attention` and `recipe`."""

from collections.abc import Callable, Mapping
from statistics import median

ROUNDS = 5


def in_turns(ways: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Time every way once a round.

    Args:
        ways: by name; each does its work and gives the seconds that count.
        rounds: how many.

    Returns:
        For each way `seconds`, the median, and `times`, the median over the rounds of its seconds by those of the
        first way.
    """
    rows = [{name: way() for name, way in ways.items()} for _ in range(rounds)]
    first = next(iter(ways))
    return {
        name: {
            "seconds": median(row[name] for row in rows),
            "times": median(row[name] / row[first] for row in rows),
        }
        for name in ways
    }
