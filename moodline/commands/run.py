"""`moodline run`: the main job on one machine, from video to series."""

from pathlib import Path
from typing import Annotated

import typer

from common.errors import EXIT_INTERRUPTED, EXIT_OK


def run(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="Video files, or folders of them.", show_default=False)],
    *,
    camera: Annotated[str | None, typer.Option(help="One camera name for all sources.")] = None,
    rate: Annotated[float | None, typer.Option(help="Sampled frames a second; 0 takes every frame.")] = None,
    start: Annotated[str | None, typer.Option(help="Time of the first frame, as 2026-05-01T09:00:00+02:00.")] = None,
    speed: Annotated[
        str | None, typer.Option(help="1 plays as recorded, 2 twice as fast; 'max' does not wait.")
    ] = None,
    redis: Annotated[str | None, typer.Option(help="Redis address; without it Redis is embedded.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report into this folder.")] = None,
    video: Annotated[bool, typer.Option(help="With --report: also a video with blurred faces.")] = False,
    progress: Annotated[bool, typer.Option(help="Show a progress bar.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Turn recorded video into expression series, and print what was seen."""
    from common.errors import UsageError
    from ingest.settings import speed_of
    from moodline.job import Job, JobSettings, print_result
    from moodline.terminal import finish

    if video and report is None:
        raise UsageError("--video belongs to a report; say where with --report DIR")
    settings = JobSettings.load(
        context.obj, {"rate": rate, "start": start, "speed": speed_of(speed)}, {"redis_url": redis}
    )
    result = Job(sources, camera, settings, report, video=video).run(show_progress=progress)
    print_result(result)
    finish(result.as_dict(), json)
    return EXIT_INTERRUPTED if result.interrupted else EXIT_OK
