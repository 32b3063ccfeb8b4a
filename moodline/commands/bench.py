"""`moodline bench`: how fast this machine runs the pipeline, and where the time goes."""

from pathlib import Path
from typing import Annotated

import typer

from common.errors import EXIT_OK

app = typer.Typer(no_args_is_help=True, help="Measure speed on this machine.")


@app.callback()
def group() -> None:
    """Measure speed on this machine."""


@app.command("pipeline")
def pipeline(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A video file.", show_default=False)],
    *,
    rate: Annotated[float, typer.Option(help="Sampled frames a second; 0 takes every frame.")] = 0.0,
    frames: Annotated[int, typer.Option(help="Frames for measuring each stage alone, at most.", min=20)] = 600,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Run the pipeline whole, then each stage alone on one thread, and compare the two."""
    from moodline.bench.pipeline import bench_pipeline
    from moodline.job import JobSettings
    from moodline.terminal import finish, table

    scores = bench_pipeline(source, JobSettings.load(context.obj, {"rate": rate}), frames)
    rows = [(name, value) for name, value in scores.items() if not isinstance(value, dict)]
    rows += [(f"{name}, CPU ms a frame", f"{1000 * s:.2f}") for name, s in scores["cpu_seconds_per_frame"].items()]
    serial = scores["serial_seconds_per_frame"]
    rows += [(f"{name}, ms a frame at best", f"{1000 * seconds:.2f}") for name, seconds in serial.items()]
    table(f"Pipeline on {Path(source).name}", ("measure", "value"), rows)
    finish(scores, json)
    return EXIT_OK
