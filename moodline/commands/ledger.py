"""`moodline ledger`: whether every sampled frame is accounted for."""

from typing import Annotated

import typer

from common.errors import EXIT_OK, EXIT_UNHEALTHY


def ledger(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    *,
    camera: Annotated[str | None, typer.Option(help="Only this camera.")] = None,
    since: Annotated[str | None, typer.Option(help="From this event time: ISO 8601, or seconds.")] = None,
    minutes: Annotated[bool, typer.Option("--minutes", help="One line a minute instead of one an epoch.")] = False,
    every_frame: Annotated[
        bool, typer.Option("--every-frame", help="Read also the pictures that the detectors are through with.")
    ] = False,
    kafka: Annotated[str | None, typer.Option(help="Kafka's bootstrap servers, as host:9092.")] = None,
    redis: Annotated[str | None, typer.Option(help="Redis address; without it Redis is embedded.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Account for every sampled frame: analysed, dropped, dead-lettered, or still in flight.

    Ends with exit code 9 if a camera does not add up.
    """
    from common.bus.kafka_settings import KafkaSettings, WireSettings
    from common.redis_client import open_client
    from common.store_settings import StoreSettings
    from moodline.ledger.accounts import Ledger
    from moodline.ledger.reading import Scope, Store, fill
    from moodline.ledger.table import as_dict, print_rows
    from moodline.terminal import finish
    from moodline.times import parse_ms
    from sink.reader import SeriesReader
    from sink.settings import SinkSettings

    scope = Scope(camera, parse_ms(since), every_frame)
    settings = KafkaSettings.load({"bootstrap_servers": kafka}, context.obj)
    prefix = WireSettings.load(None, context.obj).topic_prefix
    kept = StoreSettings.load({"redis_url": redis}, context.obj)
    trim_ms = round(SinkSettings.load(None, context.obj).trim_hours * 3_600_000)
    accounts = Ledger()
    with open_client(kept) as client:
        fill(accounts, scope, settings, prefix, Store(SeriesReader(client, kept.key_prefix), trim_ms))
    rows = accounts.minutes() if minutes else accounts.epochs()
    print_rows(rows, minutes=minutes)
    finish(as_dict(rows), json)
    return EXIT_UNHEALTHY if any(row.unaccounted for row in rows) else EXIT_OK
