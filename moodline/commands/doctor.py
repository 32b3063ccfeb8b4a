"""`moodline doctor`: what is missing or wrong on this machine, and what to do about it."""

from typing import Annotated

import typer

from common.errors import EXIT_OK, EXIT_UNHEALTHY


def doctor(
    context: typer.Context,
    *,
    redis: Annotated[str | None, typer.Option(help="Redis address; without it Redis is embedded.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Try every part on this machine: packages, models, faces on a real picture, the net, the store."""
    from moodline.doctor import examine
    from moodline.terminal import finish, say, table

    findings = examine(context.obj, redis)
    table("This machine", ("part", "state", "found"), [(f.part, f.state, f.found) for f in findings])
    for finding in findings:
        if finding.advice:
            say(f"{finding.part}: {finding.advice}")
    well = all(finding.state != "wrong" for finding in findings)
    finish({"well": well, "findings": [finding.__dict__ for finding in findings]}, json)
    return EXIT_OK if well else EXIT_UNHEALTHY
