"""`moodline run`: the main job on one machine, from recordings or live cameras to series."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.errors import EXIT_INTERRUPTED, EXIT_OK, UsageError

if TYPE_CHECKING:  # heavy: torch
    from ingest.live.settings import LiveSettings
    from moodline.job import Job, JobSettings
    from moodline.live_job import Wanted


def run(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Video files, folders of them, or addresses of cameras.", show_default=False),
    ] = None,
    *,
    camera: Annotated[str | None, typer.Option(help="One camera name for all recordings, or for one camera.")] = None,
    cameras: Annotated[bool, typer.Option("--cameras", help="Watch the registered cameras.")] = False,
    rate: Annotated[float | None, typer.Option(help="Sampled frames a second; 0 takes every frame.")] = None,
    start: Annotated[str | None, typer.Option(help="Time of the first frame, as 2026-05-01T09:00:00+02:00.")] = None,
    speed: Annotated[
        str | None, typer.Option(help="1 plays as recorded, 2 twice as fast; 'max' does not wait.")
    ] = None,
    as_cameras: Annotated[
        bool, typer.Option("--as-cameras", help="Play recordings as cameras, all at once; folders are one each.")
    ] = False,
    loop: Annotated[bool, typer.Option("--loop", help="With --as-cameras: again and again.")] = False,
    for_s: Annotated[float | None, typer.Option("--for", help="End after so many seconds; for live cameras.")] = None,
    redis: Annotated[str | None, typer.Option(help="Redis address; without it Redis is embedded.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report into this folder.")] = None,
    video: Annotated[bool, typer.Option(help="With --report: also a video with blurred faces.")] = False,
    progress: Annotated[bool, typer.Option(help="Show a progress bar.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Turn recorded video or live cameras into expression series, and print what was seen."""
    from ingest.live.settings import LiveSettings
    from ingest.settings import speed_of
    from moodline.job import Job, JobSettings
    from moodline.live_job import Wanted
    from moodline.sources import Playing, are_live, cameras_of, check_recordings

    if sources and cameras:
        raise UsageError("--cameras watches the registered cameras; name sources, or give --cameras, not both")
    if not sources and not cameras:
        raise UsageError("say what to read: files, folders or addresses of cameras, or --cameras for registered ones")
    if cameras and camera is not None:
        raise UsageError("registered cameras have their names; leave --camera out")
    if video and report is None:
        raise UsageError("--video belongs to a report; say where with --report DIR")
    live = cameras or as_cameras or are_live(sources or [])
    _refuse({"--start": start, "--report": report}, "recordings that are read as files", live)
    _refuse({"--speed": speed}, "recordings", live and not as_cameras)
    _refuse({"--for": for_s}, "live cameras", not live)
    _refuse({"--loop": loop or None}, "recordings with --as-cameras", not as_cameras)
    settings = JobSettings.load(
        context.obj, {"rate": rate, "start": start, "speed": speed_of(speed)}, {"redis_url": redis}
    )
    if live:
        asked = cameras_of(sources or [], camera, Playing(1.0 if speed is None else settings.ingest.speed, loop))
        check_recordings(asked)
        return _watch(Wanted(asked, for_s), settings, LiveSettings.load(None, context.obj), progress, json)
    return _read(Job(sources or [], camera, settings, report, video=video), progress, json)


def _read(job: "Job", progress: bool, json: bool) -> int:
    from moodline.job import print_result
    from moodline.terminal import finish

    result = job.run(show_progress=progress)
    print_result(result)
    finish(result.as_dict(), json)
    return EXIT_INTERRUPTED if result.interrupted else EXIT_OK


def _watch(wanted: "Wanted", settings: "JobSettings", live: "LiveSettings", progress: bool, json: bool) -> int:
    from moodline.live_job import LiveJob
    from moodline.live_view import live_view, print_result
    from moodline.terminal import finish

    with live_view(progress) as view:
        result = LiveJob(wanted, settings, live, view).run()
    print_result(result)
    finish(result.as_dict(), json)
    # Whoever stops a run without an end has what he wanted.
    return EXIT_OK


def _refuse(options: dict[str, object], what: str, wrong: bool) -> None:
    for option, value in options.items():
        if wrong and value is not None:
            raise UsageError(f"{option} is for {what}; leave it out")
