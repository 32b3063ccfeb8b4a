"""`moodline dead`: the records that could not be used, what is in them, and giving them back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.errors import EXIT_OK

if TYPE_CHECKING:
    from moodline.dead import DeadBox

app = typer.Typer(no_args_is_help=True, help="List, show and give back records that could not be used.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Kafka = Annotated[str | None, typer.Option(help="Kafka's bootstrap servers, as host:9092.")]
Stage = Annotated[str | None, typer.Option(help="Only of this stage.")]


@app.command("list")
def show_all(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    *,
    camera: Annotated[str | None, typer.Option(help="Only of this camera.")] = None,
    stage: Stage = None,
    since: Annotated[str | None, typer.Option(help="Dead since this time: ISO 8601, or seconds.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    kafka: Kafka = None,
    json: AsJson = False,
) -> int:
    """List dead letters, the newest last."""
    from collections import deque

    from moodline.dead import Choice
    from moodline.dead_text import died_at, summary
    from moodline.terminal import finish, say, table
    from moodline.times import parse_ms

    count = 0
    newest: deque[tuple[dict[str, object], str]] = deque(maxlen=limit)
    for letter in _box(context, kafka).letters(Choice(camera, stage, parse_ms(since))):
        count += 1
        newest.append((summary(letter), died_at(letter)))
    columns = ("id", "frame", "stage", "size", "reason")
    rows = [(one["id"], when, *(one[name] for name in columns[1:])) for one, when in newest]
    table("Dead letters", ("id", "when", *columns[1:]), rows)
    say(f"{count} dead letters, {len(newest)} shown." if count else "There are no dead letters.")
    finish({"count": count, "letters": [one for one, _ in newest]}, json)
    return EXIT_OK


@app.command("show")
def show_one(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="Its number in the list, or PARTITION/OFFSET.")],
    *,
    out: Annotated[Path | None, typer.Option(help="Write the original bytes to this file.")] = None,
    kafka: Kafka = None,
    json: AsJson = False,
) -> int:
    """Show one dead letter: where it stood, why it could not be used, its headers and the begin of its value."""
    from moodline.dead_text import details, died_at
    from moodline.output import replaced
    from moodline.terminal import finish, say, table

    (letter,) = _box(context, kafka).find([name])
    told = details(letter)
    if out is not None:
        with replaced(out) as part:
            part.write_bytes(letter.value)
    lines = [("when", died_at(letter)), *((key, told[key]) for key in ("frame", "stage", "reason"))]
    lines += [("stood at", f"{told['topic']}/{told['partition']}/{told['offset']}"), ("kind", told["kind"])]
    lines += [("size", f"{letter.size} bytes, {len(letter.value)} kept"), ("begins with", told["head"])]
    lines += [(f"header {key}", held) for key, held in told["headers"].items()]
    if letter.headers_left_out:
        lines.append(("headers", f"{letter.headers_left_out} were not kept"))
    table(f"Dead letter {told['id']}", ("", ""), lines)
    if out is not None:
        say(f"Wrote {len(letter.value)} of {letter.size} bytes to {out}")
    finish(told, json)
    return EXIT_OK


@app.command("replay")
def replay(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Numbers, or PARTITION/OFFSET.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that can be given back.")] = False,
    stage: Stage = None,
    kafka: Kafka = None,
    json: AsJson = False,
) -> int:
    """Give dead letters back to the topic where they stood, once what was wrong is mended.

    Their readings come too late for their series: they are kept beside it, and the frame stays counted as dropped.
    Frames cannot be given back; run their recording again.
    """
    from common.errors import UsageError
    from moodline.dead import Choice
    from moodline.dead_text import name_of
    from moodline.terminal import finish, say

    if bool(names) == everything:
        raise UsageError("name the dead letters to give back, or all of them with --all")
    if stage is not None and not everything:
        raise UsageError("--stage chooses among all; add --all, or leave it out")
    box = _box(context, kafka)
    refused: dict[str, str] = {}
    if everything:
        found = []
        for letter in box.letters(Choice(stage=stage)):
            why = box.refusal(letter)
            if why is None:
                found.append(letter)
            else:
                refused[name_of(letter)] = why
    else:
        found = box.find(names or [])
    box.replay(found)
    for why in dict.fromkeys(refused.values()):
        listed = [name for name, reason in refused.items() if reason == why]
        say(f"Not given back: {len(listed)} ({', '.join(listed[:10])}{' …' if len(listed) > 10 else ''}): {why}.")
    say(f"Given back: {len(found)}")
    finish({"replayed": [name_of(letter) for letter in found], "refused": refused}, json)
    return EXIT_OK


def _box(context: typer.Context, kafka: str | None) -> "DeadBox":
    from common.bus.kafka_settings import KafkaSettings, WireSettings
    from moodline.dead import DeadBox

    settings = KafkaSettings.load({"bootstrap_servers": kafka}, context.obj)
    return DeadBox(settings, WireSettings.load(None, context.obj).topic_prefix)
