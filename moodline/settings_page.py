"""Writes the pages of the settings from their classes, so that they cannot differ; used by `make docs` and a test.

`python -m moodline.settings_page docs/settings.md .env.example`: a path that ends in `.md` gets the page, any other
the list of variables.
"""

import json
import re
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import SecretStr
from pydantic.fields import FieldInfo

import common.errors
from common.settings import Settings
from moodline.settings import ALL, PLAIN_VARIABLES

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 110

PLAIN: dict[str, str] = {
    "MOODLINE_LOG_LEVEL": "how much is logged to standard error: DEBUG, INFO, WARNING (the default) or ERROR",
    "MOODLINE_REQUIRE_ALL": "set to 1, a test whose needs are missing fails and is not skipped",
}
"""What the variables that belong to no class do; the same names as `PLAIN_VARIABLES`."""

_KINDS: dict[Any, str] = {bool: "true or false", int: "whole number", float: "number", Path: "path", str: "text"}
_OTHER_CODES = {
    "EXIT_OK": "the command did what it was asked",
    "EXIT_UNHEALTHY": "`moodline doctor` or `moodline ledger` found something wrong",
    "EXIT_INTERRUPTED": (
        "interrupted, by Ctrl-C or SIGTERM; what was written is kept (live runs, which have no other end, and workers: "
        "0 if in good order)"
    ),
}
"""The exit codes without an error class."""

_HEAD = """\
# Settings

This page is generated from the code: `make docs` writes it again. Do not edit it.

Every setting has a default. There are three ways to change one, and the later wins:

1. a variable, such as `MOODLINE_INGEST_RATE=2` ([`.env.example`](../.env.example) lists all of them);
2. `moodline.toml` in the working folder, or the file named with `moodline --settings FILE COMMAND`;
3. an option of the command, such as `moodline run --rate 2`.

In `moodline.toml` each section below is a table; the keys of the first two sections stand at the top, in no table:

```toml
key_prefix = "shop"

[ingest]
rate = 2.0
start = 2026-05-01T09:00:00+02:00

[sink]
expire_days = 7
```

A variable that begins with `MOODLINE_` or a table that is not on this page is refused, with the nearest known
name. A command also checks the keys and values of the sections that it uses. Either mistake ends it with exit
code 3 before anything is read or written. A path is relative to the working folder; a default that begins
with a package's name lies in this checkout. A list is written as JSON in a variable (`[32,40,48]`) and as an
array in TOML.
"""

_ENV_HEAD = """\
# The variables that Moodline reads, each with its default. Generated from the code: `make docs` writes it again.
# Moodline does not read this file by itself: copy it to .env, remove the '#' of what you change, and load it with
#     set -a; . ./.env; set +a
# docs/settings.md says more about each.
"""


def page() -> str:
    """Give the text of `docs/settings.md`."""
    parts = [_HEAD, *(_section(cls) for cls in ALL), _plain(), _exit_codes()]
    return "\n".join(parts)


def variables() -> str:
    """Give the text of `.env.example`: every variable with its default, commented out."""
    blocks = [_ENV_HEAD]
    for cls in ALL:
        lines = [f"# --- {_title(cls)}: {_first_line(cls)}"]
        for name, info in cls.model_fields.items():
            lines += _comment(f"{info.description} [{_values(info)}]")
            lines.append(f"#{cls.variable(name)}={_default(info.default)}")
        blocks.append("\n".join(lines) + "\n")
    lines = ["# --- Beside the settings"]
    for name, does in PLAIN.items():
        lines += [*_comment(does), f"#{name}="]
    return "\n".join([*blocks, "\n".join(lines) + "\n"])


def _section(cls: type[Settings]) -> str:
    rows = [
        (f"`{cls.variable(name)}`", f"`{name}`", _shown(info.default), _values(info), str(info.description))
        for name, info in cls.model_fields.items()
    ]
    place = f"Table `[{cls.section}]`." if cls.section else "Keys at the top of `moodline.toml`."
    table = _table(("variable", "key", "default", "values", "what it is"), rows)
    return f"## {_title(cls)}\n\n{_first_line(cls)} {place}\n\n{table}"


def _plain() -> str:
    rows = [(f"`{name}`", PLAIN[name]) for name in sorted(PLAIN_VARIABLES)]
    return (
        f"## Beside the settings\n\nVariables only; they have no key.\n\n{_table(('variable', 'what it does'), rows)}"
    )


def _exit_codes() -> str:
    said = {
        int(code): (name, text)
        for name, code, text in re.findall(r"(\w+Error) +(\d+) +(.+)", common.errors.__doc__ or "", re.ASCII)
    }
    rows = []
    constants = {name: code for name, code in vars(common.errors).items() if name.startswith("EXIT_")}
    for name, code in sorted(constants.items(), key=lambda item: item[1]):
        error, meaning = ("", _OTHER_CODES[name]) if name in _OTHER_CODES else said[code]
        rows.append((str(code), f"`{name}`", f"`{error}`" if error else "", meaning))
    table = _table(("code", "name", "error", "meaning"), rows)
    return f"## Exit codes\n\nThe names are those of `common/errors.py`.\n\n{table}"


def _title(cls: type[Settings]) -> str:
    return cls.__name__.removesuffix("Settings")


def _first_line(cls: type[Settings]) -> str:
    return (cls.__doc__ or "").strip().splitlines()[0]


def _values(info: FieldInfo) -> str:
    return ", ".join([_kind(info.annotation), *_bounds(info)])


def _kind(annotation: Any) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(str(value) for value in inside)
    if origin is Annotated:
        bounds = _bounds(next(one for one in inside if isinstance(one, FieldInfo)))
        return " ".join([_kind(inside[0]), *bounds])
    if origin is tuple:
        return f"list, each a {_kind(inside[0])}"
    if origin in {Union, types.UnionType}:
        return _kind(next(kind for kind in inside if kind is not type(None)))
    return "text, kept secret" if annotation is SecretStr else _KINDS[annotation]


def _bounds(info: FieldInfo) -> Iterator[str]:
    for one in info.metadata:
        if isinstance(one, annotated_types.Ge):
            yield f"≥ {one.ge}"
        elif isinstance(one, annotated_types.Gt):
            yield f"> {one.gt}"
        elif isinstance(one, annotated_types.Le):
            yield f"≤ {one.le}"
        elif isinstance(one, annotated_types.Lt):
            yield f"< {one.lt}"
        elif pattern := getattr(one, "pattern", None):
            yield f"of the form `{pattern}`"


def _shown(default: Any) -> str:
    return f"`{_default(default)}`" if default is not None else "none"


def _default(default: Any) -> str:
    if default is None:
        return ""
    if isinstance(default, bool | tuple):
        return json.dumps(default, separators=(",", ":"))
    if isinstance(default, Path) and default.is_relative_to(ROOT):
        return default.relative_to(ROOT).as_posix()
    return str(default)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def _comment(text: str) -> list[str]:
    lines, line = [], "#"
    for word in text.split():
        if len(line) + len(word) >= WIDTH:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        Path(argument).write_text(page() if argument.endswith(".md") else variables(), encoding="utf-8")
