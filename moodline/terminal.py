"""What commands print: tables and a progress bar for people, one JSON object as the last line for programs."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

UNDATED_MS = 86_400_000
"""A recording that begins before this has no date of its own: it counts from 1970-01-01."""

PIPED_WIDTH = 140
"""Columns that a table may use when nothing says how wide the output is."""


def console() -> Console:
    """Where tables go; a file or a pipe gets plain text of a fixed width."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print one table; columns that hold only numbers are set right."""
    made = Table(title=escape(title), title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(_is_number(row[index]) for row in rows)
        made.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*(escape(str(cell)) for cell in row))
    console().print(made)


def _is_number(cell: object) -> bool:
    return str(cell).translate(str.maketrans("", "", "%:.-–+ ")).isdigit()


def say(sentence: str) -> None:
    """Print one line for people."""
    console().print(sentence, highlight=False, soft_wrap=True, markup=False)


def finish(result: Mapping[str, Any], as_json: bool) -> None:
    """End a command: with `--json`, its result as one JSON object on the last line."""
    if as_json:
        print(json.dumps(result, sort_keys=True))  # noqa: T201  # the command line speaks


@contextmanager
def progress(shown: bool) -> Iterator[Progress]:
    """Show a progress bar on standard error, so that it never mixes with results."""
    terminal = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        console=terminal,
        disable=not (shown and terminal.is_terminal),
        transient=True,
    )
    with bar:
        yield bar


def moment(time_ms: int, base_ms: int) -> str:
    """Event time for people: of the day, if the recording knows its day; else since the epoch's begin.

    Args:
        time_ms: Unix milliseconds.
        base_ms: begin of the epoch, Unix milliseconds; on the first day of 1970 if the recording has no date.
    """
    if base_ms < UNDATED_MS:
        return clock((time_ms - base_ms) / 1000)
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def clock(seconds: float) -> str:
    """Seconds as `m:ss`, or `h:mm:ss` from one hour on."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
