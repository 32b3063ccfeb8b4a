"""`moodline train`: train the expression net."""

from pathlib import Path
from typing import Annotated

import typer

from common.errors import EXIT_OK


def train(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    data: Annotated[Path, typer.Argument(help="Folder with fer2013.csv(.gz) and fer2013new.csv.", show_default=False)],
    *,
    out: Annotated[Path, typer.Option(help="Folder of the run; a run that was interrupted goes on.")] = Path("runs/1"),
    epochs: Annotated[int | None, typer.Option(help="Passes over the training split.")] = None,
    init_from: Annotated[Path | None, typer.Option(help="Start with the weights of this checkpoint.")] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes every random choice.")] = None,
    threads: Annotated[int | None, typer.Option(help="Processor cores to train on.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, or a CUDA device.")] = None,
    progress: Annotated[bool, typer.Option(help="Show a progress bar.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Train on FER2013 with the FER+ votes, choose the epoch on PublicTest, write weights to serve."""
    from classifier.training.export import export
    from classifier.training.settings import TrainSettings
    from classifier.training.train import Progress
    from classifier.training.train import train as run
    from moodline.terminal import finish, say
    from moodline.terminal import progress as bar_of

    options = {"epochs": epochs, "init_from": init_from, "seed": seed, "threads": threads, "device": device}
    settings = TrainSettings.load(options, context.obj)
    with bar_of(progress) as bar:
        task = bar.add_task("training", total=None, note="")

        def tell(now: Progress) -> None:
            done = now.epoch * now.steps + now.step + 1
            note = f"epoch {now.epoch + 1} of {now.epochs}, loss {now.loss:.3f}"
            bar.update(task, total=now.epochs * now.steps, completed=done, note=note)

        best = run(data, out, settings, tell)
    weights, scores = export(best, out / "expression.pt")
    say(f"Best epoch {scores['epoch']}: FER2013 {scores['fer2013']:.4f}, FER+ {scores['ferplus']:.4f} on PublicTest")
    say(f"Weights to serve: {weights} (use them with MOODLINE_CLASSIFIER_WEIGHTS)")
    finish({"weights": str(weights), "public_test": scores}, json)
    return EXIT_OK
