"""`moodline models card`: measures what the model card states, and writes it."""

from pathlib import Path
from typing import Annotated

import typer

from common.errors import EXIT_OK


def card(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Argument(help="Folder with FER2013 and FER+; without it, only the text.")
    ] = None,
    *,
    portraits: Annotated[Path | None, typer.Option(help="Folder of labelled pictures, measured too.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights file; by default the one that is served.")] = None,
    release: Annotated[bool, typer.Option("--release", help="Open PrivateTest: once for each release.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the card; by default that of the weights.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Measure every figure of the model card and write the card; without DATA, write it again with the last figures."""
    from classifier.settings import ClassifierSettings
    from moodline.evaluation.card import measure_card, read_figures, write_card
    from moodline.output import check_folder
    from moodline.terminal import finish, progress, say

    folder = out or ClassifierSettings.load({"weights": weights}, context.obj).weights.parent
    check_folder(folder)
    if data is None:
        figures = read_figures(folder)
    else:
        splits = ["PublicTest", "PrivateTest"] if release else ["PublicTest"]
        with progress(shown=True) as bar:
            task = bar.add_task("measuring", total=None, note="")
            figures = measure_card(
                data, portraits, weights, context.obj, splits, lambda note: bar.update(task, note=note)
            )
    written = write_card(figures, folder)
    say(f"Written: {written}")
    finish({"card": str(written)}, json)
    return EXIT_OK
