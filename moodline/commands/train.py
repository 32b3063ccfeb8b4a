"""`moodline train`: train the expression net, and look at the curve of a run."""

import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.errors import EXIT_INTERRUPTED, EXIT_OK, UsageError

if TYPE_CHECKING:  # heavy: pydantic
    from classifier.training.settings import TrainSettings


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
    progress: Annotated[bool, typer.Option(help="Show a progress bar; without one, a line an epoch.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Train on labelled faces, choose the epoch on those that are held out, write weights to serve."""
    if (data is None) == (curve is None):
        raise UsageError("name either a data set to train on or, with --curve, the folder of a run to look at")
    if curve is not None:
        return _show_curve(curve, as_json=json)
    assert data is not None  # noqa: S101  # one of the two is there
    from classifier.training.settings import TrainSettings

    options = {"epochs": epochs, "init_from": init_from, "seed": seed, "threads": threads, "device": device}
    settings = TrainSettings.load({**options, "form": form.value if form else None}, context.obj)
    # What a run writes is whole or not there at all, so that it may be interrupted anywhere.
    # SIGINT too: a shell that starts a command in the background has it ignored.
    before = {one: signal.signal(one, signal.default_int_handler) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        return _learn(data, out, settings, progress, json)
    except KeyboardInterrupt:
        return _stopped(out, settings.epochs, json)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _learn(data: Path, out: Path, settings: "TrainSettings", progress: bool, json: bool) -> int:
    from classifier.training.curve import Line, sentence
    from classifier.training.export import export
    from classifier.training.train import Progress
    from classifier.training.train import train as run
    from moodline.terminal import finish, say
    from moodline.terminal import progress as bar_of

    learned: list[Line] = []
    with bar_of(progress) as bar:
        task = bar.add_task("training", total=None, note="")

        def tell(now: Progress) -> None:
            done = now.epoch * now.steps + now.step + 1
            note = f"epoch {now.epoch + 1} of {now.epochs}, loss {now.loss:.3f}"
            bar.update(task, total=now.epochs * now.steps, completed=done, note=note)

        def judged(line: Line) -> None:
            learned.append(line)
            if bar.disable or not sys.stdout.isatty():
                say(sentence(line, settings.epochs))

        best = run(data, out, settings, tell, judged)
    if not learned:
        say(f"The run in '{out}' was finished before: nothing is learned. More epochs: --epochs; a new run: --out")
    weights, scores, is_calibrated = export(best, out / "expression.pt")
    say(f"Best epoch {scores['epoch'] + 1}: FER2013 head {scores['fer2013']:.4f}, FER+ head {scores['ferplus']:.4f}")
    say(f"With what, from what and how long: {out / 'run.json'}; the curve: moodline train --curve {out}")
    say(f"Weights to serve: {weights} (use them with MOODLINE_CLASSIFIER_WEIGHTS)")
    judge = data if (data / "fer2013new.csv").is_file() else "FER2013"
    if not is_calibrated:
        say(f"Not calibrated yet, nothing is ambiguous or not_a_face: moodline calibrate {judge} --weights {weights}")
    finish({"weights": str(weights), "run": str(out), "public_test": scores}, json)
    return EXIT_OK


def _stopped(out: Path, epochs: int, json: bool) -> int:
    from classifier.training.checkpoint import finished_epochs
    from moodline.terminal import finish

    done = finished_epochs(out)
    if done >= epochs:
        words = "stopped after the last epoch; the same command writes the weights to serve"
    elif done:
        words = f"stopped after epoch {done} of {epochs}; the same command goes on with epoch {done + 1}"
    else:
        words = "stopped; no epoch was finished: the same command begins anew"
    print(f"moodline: {words}", file=sys.stderr)  # noqa: T201  # the command line speaks
    finish({"run": str(out), "epochs": done, "interrupted": True}, json)
    return EXIT_INTERRUPTED


def _show_curve(run: Path, *, as_json: bool) -> int:
    from classifier.training.curve import chart, read_curve
    from common.errors import DataError
    from moodline.terminal import finish, say

    lines = read_curve(run)
    if not lines:
        raise DataError(f"the run in '{run}' has no finished epoch yet")
    # Of epochs that are equally good, the last is kept.
    best = max(reversed(lines), key=lambda line: line["fer2013"] + line["ferplus"])
    titles = {"loss": "Loss", "fer2013": "Accuracy of the FER2013 head", "ferplus": "Accuracy of the FER+ head"}
    for name, title in titles.items():
        say("\n".join([title, *chart(lines, name)]))
    say(f"{len(lines)} epochs, the best is epoch {best['epoch'] + 1}: {best['fer2013']:.4f} and {best['ferplus']:.4f}")
    finish({"run": str(run), "epochs": lines, "best": best}, as_json)
    return EXIT_OK
