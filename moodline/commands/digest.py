"""`moodline digest`: one hash of what was written."""

from typing import Annotated

import typer

from common.errors import EXIT_OK


def digest(
    context: typer.Context,
    *,
    camera: Annotated[str | None, typer.Option(help="Only this camera.")] = None,
    redis: Annotated[str | None, typer.Option(help="Redis address; without it Redis is embedded.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Print one SHA-256 of the series: equal input and recipe give an equal hash, however it was run."""
    from common.redis_client import open_client
    from common.store_settings import StoreSettings
    from moodline.export import Selection
    from moodline.terminal import finish, say
    from sink.digest import digest as hash_of
    from sink.reader import SeriesReader

    store = StoreSettings.load({"redis_url": redis}, context.obj)
    with open_client(store) as client:
        reader = SeriesReader(client, store.key_prefix)
        Selection(camera).check(reader)
        value = hash_of(reader, camera)
    say(value)
    finish({"digest": value, "camera": camera}, json)
    return EXIT_OK
