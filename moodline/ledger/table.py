"""The ledger for people, as a table and a sentence, and for programs; used by `moodline ledger`."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from moodline.ledger.accounts import Row
from moodline.terminal import moment, say, table


def print_rows(rows: Sequence[Row], *, minutes: bool) -> None:
    """Print one line for each row, then which camera does not add up."""
    if not rows:
        say("Nothing is known of any frame.")
        return
    begins: dict[tuple[str, str], int] = {}
    for row in rows:
        begins.setdefault((row.camera, row.epoch), row.time_ms)
    names = ("sampled", "analysed", "dropped", "dead letters", "in flight", "unaccounted")
    table(
        "Frames",
        ("camera", "epoch", "minute" if minutes else "from", *names),
        [_line(row, begins[row.camera, row.epoch]) for row in rows],
    )
    for sentence in _sentences(rows):
        say(sentence)


def as_dict(rows: Sequence[Row]) -> dict[str, Any]:
    """Give the accounts as one JSON object: `adds_up`, the sums of each camera, and every row."""
    cameras: dict[str, Row] = {}
    for row in rows:
        cameras.setdefault(row.camera, Row(row.camera, "", row.time_ms)).add(row)
    return {
        "adds_up": not any(row.unaccounted for row in rows),
        "cameras": {name: _counts(row) for name, row in cameras.items()},
        "rows": [{"camera": one.camera, "epoch": one.epoch, "time_ms": one.time_ms, **_counts(one)} for one in rows],
    }


def _counts(row: Row) -> dict[str, Any]:
    return {
        "sampled": row.sampled,
        "analysed": row.analysed,
        "dropped": dict(row.dropped),
        "dead_letters": row.dead,
        "in_flight": dict(row.in_flight),
        "unaccounted": row.unaccounted,
        "adds_up": not row.unaccounted,
    }


def _line(row: Row, begin_ms: int) -> tuple[object, ...]:
    counts = (row.sampled, row.analysed, _listed(row.dropped), row.dead, _listed(row.in_flight), row.unaccounted)
    return row.camera, row.epoch, moment(row.time_ms, begin_ms), *counts


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "0"


def _sentences(rows: Sequence[Row]) -> list[str]:
    lost: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.unaccounted:
            lost[row.camera][row.epoch] += row.unaccounted
    if not lost:
        return ["Every frame is accounted for."]
    return [
        f"Camera '{camera}' does not add up: unaccounted for are "
        + ", ".join(f"{count} of epoch {epoch}" for epoch, count in epochs.items())
        + "."
        for camera, epochs in lost.items()
    ]
