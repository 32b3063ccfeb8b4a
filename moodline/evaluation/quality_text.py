"""Prints what `moodline evaluate quality` measured, as tables."""

from collections.abc import Mapping
from typing import Any

from common.errors import EXIT_OK
from moodline.terminal import finish, say, table

COLUMNS = (
    "measure",
    "limit",
    "learned",
    "95 %",
    "error at it",
    "changed at it",
    "error if kept",
    "error if refused",
    "clean refused",
)


def show(scores: Mapping[str, Any], *, as_json: bool) -> int:
    """Print the table of limits and the table of faults; gives the exit code."""
    say(f"{scores['faces']} faces, accuracy {scores['accuracy']:.3f} as they are; one fault at a time")
    table(
        f"Limits; learned: accuracy falls below {scores['keep']} of that",
        COLUMNS,
        [_row(name, one) for name, one in scores["measures"].items()],
    )
    faults = [(name, fault) for name, one in scores["measures"].items() for fault in one["faults"]]
    table(
        "Faults",
        ("measure", "fault", "value", "accuracy", "as undegraded", "refused"),
        [
            (name, fault["name"], *map(_number, (fault[key] for key in ("value", "accuracy", "same", "refused"))))
            for name, fault in faults
        ],
    )
    finish(scores, as_json)
    return EXIT_OK


def _row(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    span = "none" if one["low"] is None else f"{one['low']:.3g}–{one['high']:.3g}"
    limits = (f"{one['limit']:g}", "none" if one["learned"] is None else f"{one['learned']:.3g}", span)
    shares = ("error_at_limit", "changed_at_limit", "error_kept", "error_refused", "clean_refused")
    return (name, *limits, *(_number(one[key]) for key in shares))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
