"""`moodline demo`: the main job on a clip that needs no footage, or on the user's own."""

from pathlib import Path
from typing import Annotated

import typer

from common.errors import EXIT_INTERRUPTED, EXIT_OK

RATE = 10.0
"""Sampled frames a second: the clip is short, and its chart should be smooth."""


def demo(
    context: typer.Context,
    video: Annotated[Path | None, typer.Argument(help="Your own video; without it a clip is composed.")] = None,
    *,
    report: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("demo-report"),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Compose a short clip of walking portraits, run the main job on it, and write a report."""
    from moodline.job import Job, JobSettings, print_result
    from moodline.terminal import finish, say

    settings = JobSettings.load(context.obj, {"rate": RATE})
    if video is None:
        from moodline.demo import compose_demo

        video = settings.store.home / "demo.mp4"
        say("Composing a clip: two public-domain portraits walk through a shop …")
        compose_demo(video)
    result = Job([str(video)], None, settings, report, video=True).run()
    print_result(result)
    finish(result.as_dict(), json)
    return EXIT_INTERRUPTED if result.interrupted else EXIT_OK
