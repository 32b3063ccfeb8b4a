"""`moodline series`: read what was written."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from common.errors import EXIT_OK


class Format(StrEnum):
    """How a series is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def series(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    *,
    camera: Annotated[str | None, typer.Option(help="Only this camera.")] = None,
    track: Annotated[str | None, typer.Option(help="Only this track.")] = None,
    zone: Annotated[str | None, typer.Option(help="Only what was seen in this zone.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time: ISO 8601, or seconds.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to this time, inclusive.")] = None,
    format: Annotated[Format, typer.Option(help="table: one line a track; the others: one a sample.")] = Format.table,  # noqa: A002  # the option's name
    out: Annotated[Path | None, typer.Option(help="Write to this file instead; needed for parquet.")] = None,
    redis: Annotated[str | None, typer.Option(help="Redis address; without it Redis is embedded.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Print the series: by track as a table, by sample as CSV, JSON lines or Parquet."""
    from common.errors import UsageError
    from common.redis_client import open_client
    from common.store_settings import StoreSettings
    from moodline.export import Selection, print_tracks, write
    from moodline.terminal import finish
    from moodline.times import parse_ms
    from sink.reader import SeriesReader

    if format is Format.table and out is not None:
        raise UsageError("a table goes to the terminal; for a file add --format csv, json or parquet")
    if json and format is not Format.table and out is None:
        raise UsageError("--json prints one summary, which would mix with the samples; name a file with --out")
    chosen = Selection(camera, track, parse_ms(since), parse_ms(until), zone)
    store = StoreSettings.load({"redis_url": redis}, context.obj)
    with open_client(store) as client:
        reader = SeriesReader(client, store.key_prefix)
        chosen.check(reader)
        as_table = format is Format.table
        count = print_tracks(reader, chosen) if as_table else write(reader, chosen, format.value, out)
    finish({"format": format.value, "count": count}, json)
    return EXIT_OK
