"""`moodline cameras`: the live cameras that the ingest workers read, and how each is."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from common.errors import EXIT_OK

if TYPE_CHECKING:
    import redis

app = typer.Typer(no_args_is_help=True, help="Add, list, pause and remove live cameras.")

Name = Annotated[str, typer.Argument(help="Name of the camera: lower-case letters, digits, '-' and '_'.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Redis = Annotated[str | None, typer.Option(help="Redis address; without it Redis is embedded.")]


class Transport(StrEnum):
    """How RTSP brings the pictures."""

    tcp = "tcp"
    udp = "udp"


@app.command("add")
def add(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    name: Name,
    address: Annotated[
        str, typer.Argument(help="rtsp://…, http://…, v4l2:/dev/video0, or a recording; ${NAME} where secrets belong.")
    ],
    *,
    rate: Annotated[float | None, typer.Option(help="Sampled frames a second; 0 takes every frame.")] = None,
    transport: Annotated[Transport | None, typer.Option(help="How RTSP brings the pictures.")] = None,
    speed: Annotated[str, typer.Option(help="Of a recording: 1 plays as recorded; 'max' does not wait.")] = "1",
    loop: Annotated[bool, typer.Option("--loop", help="Of a recording: begin again at its end.")] = False,
    redis: Redis = None,
    json: AsJson = False,
) -> int:
    """Add a camera; a worker that runs opens it within seconds."""
    from ingest.registry.address import located
    from ingest.registry.camera import Camera, check
    from ingest.registry.registry import Registry
    from ingest.settings import speed_of
    from moodline.cameras_text import as_dict
    from moodline.terminal import finish, say
    from moodline.times import now_ms

    camera = Camera(
        name=name,
        source=located(address),
        transport=None if transport is None else transport.value,
        rate=rate,
        speed=speed_of(speed) or 0.0,
        loop=loop,
        added_ms=now_ms(),
    )
    check(camera)  # before a Redis is started for nothing
    with _store(context, redis) as (client, prefix):
        camera = Registry(client, prefix).add(camera)
    say(f"Added camera '{name}'.")
    finish(as_dict(camera, None), json)
    return EXIT_OK


@app.command("list")
def show_all(context: typer.Context, *, redis: Redis = None, json: AsJson = False) -> int:
    """List the cameras and how each is."""
    from ingest.registry.board import StateBoard
    from ingest.registry.registry import Registry
    from moodline.cameras_text import COLUMNS, as_dict, row, word
    from moodline.terminal import finish, say, table
    from moodline.times import now_ms

    with _store(context, redis) as (client, prefix):
        cameras = Registry(client, prefix).read().cameras
        states = StateBoard(client, prefix).get(cameras)
    now = now_ms()
    table("Cameras", COLUMNS, [row(camera, states.get(name), now) for name, camera in cameras.items()])
    live = sum(word(camera, states.get(name)) == "live" for name, camera in cameras.items())
    counted = f"{len(cameras)} camera{'s' if len(cameras) > 1 else ''}, {live} live."
    say(counted if cameras else "There are no cameras; 'moodline cameras add' adds one.")
    told = [as_dict(camera, states.get(name)) for name, camera in cameras.items()]
    finish({"count": len(cameras), "live": live, "cameras": told}, json)
    return EXIT_OK


@app.command("show")
def show_one(
    context: typer.Context,
    name: Name,
    *,
    events: Annotated[int, typer.Option(min=0, max=1000, help="Show the last so many events.")] = 10,
    redis: Redis = None,
    json: AsJson = False,
) -> int:
    """Show one camera: how it is, its clock, its counters, and what happened last."""
    from msgspec.structs import asdict

    from ingest.registry.board import StateBoard
    from ingest.registry.events import EventLog
    from ingest.registry.registry import Registry
    from moodline.cameras_text import as_dict, details, event_row
    from moodline.terminal import finish, table
    from moodline.times import now_ms

    with _store(context, redis) as (client, prefix):
        camera = Registry(client, prefix).get(name)
        state = StateBoard(client, prefix).get([name]).get(name)
        last = EventLog(client, prefix).read(name, events) if events else []
    table(f"Camera {name}", ("", ""), details(camera, state, now_ms()))
    if last:
        table("Last events", ("when", "what", "more"), [event_row(event) for event in last])
    finish({**as_dict(camera, state), "events": [asdict(event) for event in last]}, json)
    return EXIT_OK


@app.command("pause")
def pause(context: typer.Context, name: Name, *, redis: Redis = None, json: AsJson = False) -> int:
    """Leave a camera alone until it is resumed."""
    from ingest.registry.registry import Registry
    from moodline.cameras_text import as_dict
    from moodline.terminal import finish, say

    with _store(context, redis) as (client, prefix):
        camera = Registry(client, prefix).pause(name)
    say(f"Paused camera '{name}'; 'moodline cameras resume {name}' reads it again.")
    finish(as_dict(camera, None), json)
    return EXIT_OK


@app.command("resume")
def resume(context: typer.Context, name: Name, *, redis: Redis = None, json: AsJson = False) -> int:
    """Read a paused camera again, or try one at once that is waiting for its next attempt."""
    from ingest.registry.registry import Registry
    from moodline.cameras_text import as_dict
    from moodline.terminal import finish, say

    with _store(context, redis) as (client, prefix):
        camera = Registry(client, prefix).resume(name)
    say(f"Resumed camera '{name}'.")
    finish(as_dict(camera, None), json)
    return EXIT_OK


@app.command("remove")
def remove(context: typer.Context, name: Name, *, redis: Redis = None, json: AsJson = False) -> int:
    """Remove a camera; the series that were read from it stay."""
    from ingest.registry.registry import Registry
    from moodline.terminal import finish, say

    with _store(context, redis) as (client, prefix):
        Registry(client, prefix).remove(name)
    say(f"Removed camera '{name}'; its series stay.")
    finish({"removed": name}, json)
    return EXIT_OK


@contextmanager
def _store(context: typer.Context, redis: str | None) -> Iterator[tuple["redis.Redis", str]]:
    from common.redis_client import open_client
    from common.store_settings import StoreSettings

    settings = StoreSettings.load({"redis_url": redis}, context.obj)
    with open_client(settings) as client:
        yield client, settings.key_prefix
