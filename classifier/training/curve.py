"""The curve of a run, `curve.jsonl`: a line an epoch; written by `train`, shown by its command.

The field `epoch` counts from 0, as in every file of a run; what people read counts from 1.
"""

import json
from pathlib import Path
from typing import Any

from classifier.training.saving import write
from common.errors import DataError

NAME = "curve.jsonl"

Line = dict[str, Any]


def read_curve(out: Path) -> list[Line]:
    """Read the finished epochs of a run, in order.

    Raises:
        DataError: there is no curve, or it is damaged.
    """
    path = out / NAME
    if not path.is_file():
        raise DataError(f"there is no {NAME} in '{out}'; name the folder of a run, as given with --out")
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if not isinstance(line, dict) or not line.keys() >= {"epoch", "loss", "fer2013", "ferplus"}:
            raise DataError(f"line {number} of '{path}' is damaged; remove it")
        lines.append(line)
    return lines


def append(out: Path, line: Line) -> None:
    """Add an epoch; those of an interrupted attempt at it, or at later ones, are dropped.

    Written before `last.pt`: what a run goes on with is never ahead of its curve.

    Raises:
        DataError: the curve is damaged.
        OutputError: it cannot be written.
    """
    before = read_curve(out) if (out / NAME).is_file() else []
    lines = [*(known for known in before if known["epoch"] < line["epoch"]), line]
    write("".join(json.dumps(each) + "\n" for each in lines).encode(), out / NAME)


def sentence(line: Line, epochs: int) -> str:
    """Say for people how an epoch went.

    Args:
        line: of the curve.
        epochs: of the whole run.
    """
    return (
        f"epoch {line['epoch'] + 1} of {epochs}: loss {line['loss']:.4f}, FER2013 head {line['fer2013']:.4f}, "
        f"FER+ head {line['ferplus']:.4f}, {line['seconds']:.1f} s"
    )


WIDTH, HEIGHT = 64, 10
"""Columns and rows of a chart, at most."""


def chart(lines: list[Line], name: str) -> list[str]:
    """Draw a number over the epochs, in letters.

    Args:
        lines: of the curve, at least one.
        name: key of the lines.

    Returns:
        Rows of text: the chart with its scale, and the epochs below, counted from 1.
    """
    columns = min(len(lines), WIDTH)
    seen = [lines[(column * (len(lines) - 1)) // max(columns - 1, 1)] for column in range(columns)]
    low, high = min(line[name] for line in seen), max(line[name] for line in seen)
    grid = [[" "] * columns for _ in range(HEIGHT)]
    for column, line in enumerate(seen):
        share = (line[name] - low) / (high - low) if high > low else 0.5
        grid[round((1 - share) * (HEIGHT - 1))][column] = "•"
    scale = [high - (high - low) * row / (HEIGHT - 1) for row in range(HEIGHT)]
    rows = [f"{level:8.4f} │{''.join(row)}".rstrip() for level, row in zip(scale, grid, strict=True)]
    first, last = str(seen[0]["epoch"] + 1), str(seen[-1]["epoch"] + 1)
    return [
        *rows,
        f"{'epoch':>8} └{'─' * columns}",
        f"{'':10}{first}{last:>{max(columns - len(first), len(last) + 1)}}",
    ]
