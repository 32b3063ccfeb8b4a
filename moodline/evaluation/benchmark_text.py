"""Prints the scores of a benchmark: accuracy, what probabilities are worth, what leaving out the unsure gains."""

from collections.abc import Mapping
from typing import Any

from moodline.terminal import finish, say, table


def show_benchmark(title: str, scores: Mapping[str, Any], as_json: bool) -> None:
    """Print the score card of `evaluate fer2013` or `evaluate ferplus`."""
    plain = [(name, value) for name, value in scores.items() if not isinstance(value, dict | list)]
    table(title, ("measure", "value"), [(name, _number(value)) for name, value in plain])
    for name in ("uncalibrated", "votes", "votes_uncalibrated", "readings"):
        part = scores.get(name)
        if part is not None:
            flat = [(n, v) for n, v in (*part.items(), *part.get("votes", {}).items()) if not isinstance(v, dict)]
            say(f"{name}: " + ", ".join(f"{measure} {_number(value)}" for measure, value in flat))
    curve = scores["risk_coverage"]
    table("Wrong among the surest", ("share kept", "wrong"), [(f"{c:.0%}", _number(r)) for c, r in curve])
    classes = [(name, *(_number(value) for value in values.values())) for name, values in scores["per_class"].items()]
    table("By class", ("class", "precision", "recall", "images"), classes)
    finish(scores, as_json)


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
