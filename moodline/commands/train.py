"""`moodline train`: train the expression net, and look at the curve of a run."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from common.errors import EXIT_OK, UsageError


class Form(StrEnum):
    """How a data set is stored."""

    auto = "auto"
    fer2013 = "fer2013"
    affectnet = "affectnet"
    ckplus = "ckplus"
    folders = "folders"


def train(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Argument(help="Folder of labelled faces: docs/training.md.", show_default=False)
    ] = None,
    *,
    form: Annotated[Form | None, typer.Option(help="How the data set is stored; by default it is found out.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the run; a run that was interrupted goes on.")] = Path("runs/1"),
    epochs: Annotated[int | None, typer.Option(help="Passes over the training split.")] = None,
    init_from: Annotated[Path | None, typer.Option(help="Start with the weights of this checkpoint.")] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes every random choice.")] = None,
    threads: Annotated[int | None, typer.Option(help="Processor cores to train on.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, or a CUDA device.")] = None,
    curve: Annotated[
        Path | None, typer.Option(help="Show the curve of the run in this folder; nothing is trained.")
    ] = None,
    progress: Annotated[bool, typer.Option(help="Show a progress bar.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Train on labelled faces, choose the epoch on those that are held out, write weights to serve."""
    if (data is None) == (curve is None):
        raise UsageError("name either a data set to train on or, with --curve, the folder of a run to look at")
    if curve is not None:
        return _show_curve(curve, as_json=json)
    assert data is not None  # noqa: S101  # one of the two is there
    from classifier.training.export import export
    from classifier.training.settings import TrainSettings
    from classifier.training.train import Progress
    from classifier.training.train import train as run
    from moodline.terminal import finish, say
    from moodline.terminal import progress as bar_of

    options = {"epochs": epochs, "init_from": init_from, "seed": seed, "threads": threads, "device": device}
    settings = TrainSettings.load({**options, "form": form.value if form else None}, context.obj)
    with bar_of(progress) as bar:
        task = bar.add_task("training", total=None, note="")

        def tell(now: Progress) -> None:
            done = now.epoch * now.steps + now.step + 1
            note = f"epoch {now.epoch + 1} of {now.epochs}, loss {now.loss:.3f}"
            bar.update(task, total=now.epochs * now.steps, completed=done, note=note)

        best = run(data, out, settings, tell)
    weights, scores = export(best, out / "expression.pt")
    say(f"Best epoch {scores['epoch']}: FER2013 head {scores['fer2013']:.4f}, FER+ head {scores['ferplus']:.4f}")
    say(f"With what, from what and how long: {out / 'run.json'}; the curve: moodline train --curve {out}")
    say(f"Weights to serve: {weights} (use them with MOODLINE_CLASSIFIER_WEIGHTS)")
    finish({"weights": str(weights), "run": str(out), "public_test": scores}, json)
    return EXIT_OK


def _show_curve(run: Path, *, as_json: bool) -> int:
    from classifier.training.curve import chart, read_curve
    from common.errors import DataError
    from moodline.terminal import finish, say

    lines = read_curve(run)
    if not lines:
        raise DataError(f"the run in '{run}' has no finished epoch yet")
    best = max(lines, key=lambda line: line["fer2013"] + line["ferplus"])
    titles = {"loss": "Loss", "fer2013": "Accuracy of the FER2013 head", "ferplus": "Accuracy of the FER+ head"}
    for name, title in titles.items():
        say("\n".join([title, *chart(lines, name)]))
    say(f"{len(lines)} epochs, the best is {best['epoch']}: {best['fer2013']:.4f} and {best['ferplus']:.4f}")
    finish({"run": str(run), "epochs": lines, "best": best}, as_json)
    return EXIT_OK
