"""Compose files and the Dockerfile as Docker would read them: what each service runs, with which environment."""

import re
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
PLAIN = ROOT / "docker-compose.yml"
SECURE = ROOT / "deploy" / "docker-compose.secure.yml"
STAGES = ("ingest", "detector", "classifier", "sink")
WORKERS = (*STAGES, "cameras")
"""The services that are workers: one for each stage, and ingest once more for live cameras."""

_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:?[-?])([^}]*))?\}|(\w+))")


class MissingVariable(Exception):  # noqa: N818  # it is what Docker complains about
    """A variable that must be given is not."""


class Target(NamedTuple):
    """A stage of the Dockerfile with all that it has from those below it."""

    entrypoint: tuple
    command: tuple
    runs: tuple


def services(*files, **variables):
    """Give the services of compose files, the later over the earlier, with variables put in."""
    merged = {}
    for file in files:
        merged = _over(merged, yaml.safe_load(file.read_text(encoding="utf-8")))
    return {name: _put_in(one, variables) for name, one in merged["services"].items()}


def _over(below, above):
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {name: _over(below.get(name), value) for name, value in above.items()}
    if isinstance(below, list) and isinstance(above, list):
        return below + above
    return above


def _put_in(value, variables):
    if isinstance(value, dict):
        return {name: _put_in(one, variables) for name, one in value.items()}
    if isinstance(value, list):
        return [_put_in(one, variables) for one in value]
    return _VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found, variables):
    dollar, braced, operator, word, bare = found.groups()
    if dollar:
        return "$"
    given = variables.get(braced or bare)
    absent = not given if (operator or "").startswith(":") else given is None
    if absent and (operator or "").endswith("?"):
        raise MissingVariable(f"{braced}: {word}")
    return (word or "") if absent else str(given)


def images():
    """Give the targets of the Dockerfile that have a command, by name."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    known = {}
    name = None
    for line in text.replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            known[name] = known.get(base, Target((), (), ()))
        elif word == "ENTRYPOINT":
            known[name] = known[name]._replace(entrypoint=tuple(yaml.safe_load(rest)))
        elif word == "CMD":
            known[name] = known[name]._replace(command=tuple(yaml.safe_load(rest)))
        elif word == "RUN":
            known[name] = known[name]._replace(runs=(*known[name].runs, " ".join(rest.split())))
    return {name: target for name, target in known.items() if target.command}
