"""`moodline bench`: how fast this machine runs the pipeline, and where the time goes."""

from pathlib import Path
from typing import Annotated, Literal

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


@app.command("classifier")
def classifier(
    context: typer.Context,
    *,
    faces: Annotated[list[int] | None, typer.Option(help="Faces at once; 16, 64 and 256 without it.", min=1)] = None,
    cores: Annotated[list[int] | None, typer.Option(help="Passes at a time; 1 and 2 without it.", min=1)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Run the expression net alone on the processor, and compare it with a matrix product."""
    from classifier.settings import ClassifierSettings
    from moodline.bench.classifier import measure
    from moodline.terminal import finish, table

    scores = measure(ClassifierSettings.load(None, context.obj), faces or [16, 64, 256], cores or [1, 2])
    lasting = [(name, value) for name, value in scores.items() if not isinstance(value, list | dict)]
    lasting += [(f"single_face_ms, {name}", value) for name, value in scores["single_face_ms"].items()]
    lasting = [(name, f"{value:.4g}" if isinstance(value, float) else value) for name, value in lasting]
    table("The net", ("measure", "value"), lasting)
    columns = ("passes at a time", "faces at once", "faces a second", "faces a CPU second", "share of peak")
    rows = [tuple(f"{v:.4g}" if isinstance(v, float) else v for v in row.values()) for row in scores["rows"]]
    table("Faces", columns, rows)
    finish(scores, json)
    return EXIT_OK


@app.command("bus")
def bus(
    context: typer.Context,
    *,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers, as host:9092.")] = None,
    messages: Annotated[int, typer.Option(help="Messages of each pass.", min=1000)] = 5000,
    rounds: Annotated[int, typer.Option(help="Passes of each loop.", min=1)] = 7,
    batch: Annotated[int, typer.Option(help="Messages at a time, at most.", min=1)] = 500,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Send messages of 2 kB through the loop of a worker that does nothing, and through bare kafka-python."""
    from common.bus.kafka_settings import KafkaSettings
    from moodline.bench.bus import Passes, bench_bus
    from moodline.terminal import finish, table

    servers = KafkaSettings.load({"bootstrap_servers": kafka, "partitions": 4}, context.obj)
    scores = bench_bus(servers, Passes(messages, rounds, batch))
    rates, costs = scores["messages_per_second"], scores["cpu_us_per_message"]
    rows = [(name, rates[name], costs[name]) for name in rates]
    rows.append(("ratio", scores["ratio"], scores["cpu_ratio"]))
    table(f"Messages of {scores['value_bytes']} bytes", ("loop", "messages a second", "CPU us a message"), rows)
    finish(scores, json)
    return EXIT_OK


@app.command("workers")
def workers(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A video file.", show_default=False)],
    *,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers, as host:9092.")] = None,
    redis: Annotated[str | None, typer.Option(help="Redis address; without it Redis is embedded.")] = None,
    scaling: Annotated[bool, typer.Option(help="Also measure how detector and classifier scale.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Run the pipeline in one process and as workers between Kafka and Redis, and compare them."""
    from common.bus.kafka_settings import KafkaSettings
    from moodline.bench.workers import bench_scaling, bench_ways
    from moodline.job import JobSettings
    from moodline.terminal import finish, table

    settings = JobSettings.load(context.obj, {"rate": 0.0}, {"redis_url": redis})
    servers = KafkaSettings.load({"bootstrap_servers": kafka, "partitions": 4}, context.obj)
    scores = bench_ways(source, settings, servers)
    embedded = scores["embedded_frames_per_second"]
    rows = [("one process", embedded, 1.0)]
    rows += [(name, way["frames_per_second"], way["ratio"]) for name, way in scores["ways"].items()]
    table(f"Ways to run {Path(source).name}", ("way", "frames a second", "ratio"), rows)
    costs = [(codec, cost["encode_ms"], cost["decode_ms"], cost["bytes"]) for codec, cost in scores["wire"].items()]
    table("The wire, a frame", ("codec", "encode, CPU ms", "decode, CPU ms", "bytes"), costs)
    if scaling:
        for stage in ("detector", "classifier"):
            scores[f"{stage}_scaling"] = found = bench_scaling(stage, (1, 2, 4), servers, settings.store)
            lines = [(count, one["frames_per_second"], one["ratio"]) for count, one in found.items()]
            table(f"Workers of the {stage}, which wait for every frame", ("workers", "frames a second", "ratio"), lines)
    finish(scores, json)
    return EXIT_OK


@app.command("cameras")
def cameras(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    scenario: Annotated[
        Literal["latency", "overload", "loss", "faults", "cuts", "churn", "clock"],
        typer.Argument(help="What to measure; docs/cameras.md says what each is.", show_default=False),
    ],
    *,
    cameras: Annotated[int, typer.Option(help="How many.", min=1, max=64)] = 4,
    rate: Annotated[float, typer.Option(help="Sampled frames a second of each camera.", min=0.1, max=25)] = 5.0,
    seconds: Annotated[float, typer.Option(help="For latency, overload, loss and clock.", min=1)] = 600.0,
    warm: Annotated[float, typer.Option(help="Seconds of pictures before that; clocks need 20.", min=0)] = 30.0,
    size: Annotated[str, typer.Option(help="Pictures of latency, overload, loss and clock.")] = "1280x720",
    slow_ms: Annotated[
        float, typer.Option(help="Latency and loss: a classifier waits so long for every frame.", min=0)
    ] = 0.0,
    overload: Annotated[float, typer.Option(help="Offer so many times more than can be analysed.", min=1)] = 8.0,
    times: Annotated[int, typer.Option(help="How many cuts, or changes.", min=1)] = 100,
    only: Annotated[list[str] | None, typer.Option(help="One of the faults; may be given again.")] = None,
    through: Annotated[
        Literal["embedded", "workers", "fused"],
        typer.Option(
            help="Latency, overload and loss: one process, a worker of each stage, or ingest and detector fused."
        ),
    ] = "embedded",
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers for workers, as host:9092.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Measure live cameras: servers on this machine that fail on command; needs GStreamer."""
    from common.bus.kafka_settings import KafkaSettings
    from moodline.bench.cameras.scenarios import Asked, bench_cameras, rows_of, size_of
    from moodline.terminal import finish, table

    how = None if through == "embedded" else through
    servers = KafkaSettings.load({"bootstrap_servers": kafka}, context.obj)
    asked = Asked(
        *(cameras, rate, seconds, warm, size_of(size), slow_ms, overload, times),
        only=tuple(only or ()),
        through=how,
        kafka=servers,
    )
    scores = bench_cameras(scenario, asked)
    table(f"Live cameras: {scenario}", ("measure", "value"), rows_of(scores))
    finish(scores, json)
    return EXIT_OK
