"""`moodline worker`: one stage, or consecutive ones fused, between Kafka and Redis."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer


def worker(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    stages: Annotated[list[str], typer.Argument(help="ingest, detector, classifier, sink: one, or several in a row.")],
    *,
    source: Annotated[
        list[str] | None, typer.Option(help="For ingest: a file, folder or camera; none: the registered cameras.")
    ] = None,
    camera: Annotated[str | None, typer.Option(help="For ingest: one camera name for all sources.")] = None,
    rate: Annotated[
        float | None, typer.Option(help="For ingest: sampled frames a second; 0 takes every frame.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="For ingest: time of the first frame, ISO 8601 with a zone.")
    ] = None,
    speed: Annotated[str | None, typer.Option(help="For ingest: 1 plays as recorded; 'max' does not wait.")] = None,
    as_cameras: Annotated[
        bool, typer.Option("--as-cameras", help="For ingest: play recordings as cameras, all at once.")
    ] = False,
    loop: Annotated[bool, typer.Option("--loop", help="With --as-cameras: again and again.")] = False,
    drain: Annotated[bool, typer.Option(help="End once every recording is read and through.")] = False,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers, as host:9092.")] = None,
    redis: Annotated[str | None, typer.Option(help="Redis address; without it Redis is embedded.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Run one stage of the pipeline as a process of its own; start as many of each as needed."""
    from common.errors import UsageError
    from ingest.settings import speed_of
    from moodline.sources import Playing
    from moodline.terminal import finish, say
    from moodline.worker.process import Request, run_worker

    if loop and not as_cameras:
        raise UsageError("--loop is for recordings with --as-cameras; leave it out")
    playing = Playing(1.0 if speed is None else speed_of(speed) or 0.0, loop) if as_cameras else None
    sampling = {"rate": rate, "start": start, "speed": speed_of(speed)}
    request = Request(stages, source or [], camera, sampling, playing, drain, kafka, redis, file=context.obj)
    code, result = run_worker(request)
    if not json:
        say(closing_line(result))
    finish(result, json)
    return code


def closing_line(result: Mapping[str, Any]) -> str:
    """Say in one line what a worker did, and what is not as it should be where there is some."""
    done = (
        f"{result['frames']} frames of {result['files']} files"
        if "files" in result
        else f"{result['frames']} frames of cameras"
        if "frames" in result
        else f"{result['messages']} messages"
    )
    worth_saying = {
        "dead letters": result["dead_letters"],
        "commits refused": result.get("refused_commits"),
        "deleted unread by Kafka": result.get("deleted_unread"),
    }
    told = [done, *(f"{count} {what}" for what, count in worth_saying.items() if count)]
    ended = ", told to stop before the end" if result.get("interrupted") else ""
    return f"{' '.join(result['stages'])}: {', '.join(told)} in {result['seconds']:.1f} s{ended}"
