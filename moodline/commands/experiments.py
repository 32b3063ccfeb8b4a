"""`moodline experiments`: the thesis's experiments, listed, run, and told on pages."""

from pathlib import Path
from typing import Annotated

import typer

from common.errors import EXIT_OK, UsageError

app = typer.Typer(no_args_is_help=True, help="The thesis's experiments, done again.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Results = Annotated[Path, typer.Option(help="Folder of the result files.")]


@app.command("list")
def list_(*, results: Results = Path("docs/experiments/results"), json: AsJson = False) -> int:
    """List all experiments: what each asks, what it needs, how long it takes, and whether there is a result."""
    from classifier.settings import WEIGHTS
    from moodline.experiments.registry import EXPERIMENTS
    from moodline.experiments.results import digest_of, read_result
    from moodline.terminal import finish, table

    rows, served = [], digest_of(WEIGHTS)
    for one in EXPERIMENTS:
        found = read_result(one, results, served)
        rows.append(
            (one.name, one.question, ", ".join(one.needs), one.hours, found if isinstance(found, str) else "done")
        )
    table("Experiments", ("name", "question", "needs", "hours on a core", "result"), rows)
    finish(
        {
            "experiments": [
                dict(zip(("name", "question", "needs", "hours", "result"), row, strict=True)) for row in rows
            ]
        },
        json,
    )
    return EXIT_OK


@app.command("run")
def run(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Names, or `all`.", show_default=False)],
    *,
    data: Annotated[Path, typer.Option(help="Folder with fer2013/, CK+48/ and portraits/.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for what is finished of a run.")] = Path("runs/experiments"),
    results: Results = Path("docs/experiments/results"),
    init_from: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NET=FILE", help="Weights that a net of `transfer` begins with: resnet18=FILE, vgg16=FILE."
        ),
    ] = None,
    device: Annotated[
        str,
        typer.Option(help="Where nets learn: cpu (one core), auto, or a CUDA device; the result says where."),
    ] = "cpu",
    tiny: Annotated[bool, typer.Option("--tiny", help="Seconds instead of hours; its result is told nowhere.")] = False,
    json: AsJson = False,
) -> int:
    """Run experiments; one that was stopped goes on, and the same command started several times shares the work.

    What lacks a data set is named and left out.
    """
    from classifier.settings import ClassifierSettings
    from moodline.experiments.job import Job
    from moodline.experiments.registry import EXPERIMENTS
    from moodline.terminal import finish, say

    known = {one.name: one for one in EXPERIMENTS}
    unknown = [name for name in names if name != "all" and name not in known]
    if unknown:
        raise UsageError(f"there is no experiment '{unknown[0]}'; `moodline experiments list` names all")
    chosen = list(known.values()) if "all" in names else [known[name] for name in names]
    weights = ClassifierSettings.load(None, context.obj).weights
    job = Job(data, out, results, weights, say)
    job.starts.update(_start(one) for one in init_from or [])
    job.device = _device(device)
    done = {one.name: job.run(one, tiny=tiny) for one in chosen}
    finish({"results": {name: str(path) if path else None for name, path in done.items()}}, json)
    return EXIT_OK if any(done.values()) else job.nothing()


def _start(given: str) -> tuple[str, Path]:
    """Read NET=FILE."""
    from moodline.experiments.transfer_nets import KNOWN

    net, _, file = given.partition("=")
    if net not in KNOWN:
        raise UsageError(f"'{given}' names no net; give --init-from {' or '.join(f'{name}=FILE' for name in KNOWN)}")
    if not Path(file).is_file():
        raise UsageError(f"'{file}' is not there; it should hold the weights of torchvision's {net}")
    return net, Path(file)


def _device(name: str) -> str:
    """Check that nets can learn on a device."""
    from classifier.device import find_device

    device = find_device(name)
    if device is None:
        raise UsageError(f"there is no device '{name}' here to learn on; give --device auto or cpu")
    return str(device)


@app.command("page")
def page(
    *,
    results: Results = Path("docs/experiments/results"),
    out: Annotated[Path, typer.Option(help="Folder of the pages.")] = Path("docs/experiments"),
    json: AsJson = False,
) -> int:
    """Write the pages from the result files alone; what was measured of a net that does not ship is stale."""
    from classifier.settings import WEIGHTS
    from moodline.experiments.page import write_pages
    from moodline.experiments.registry import EXPERIMENTS
    from moodline.experiments.results import digest_of
    from moodline.terminal import finish, say

    written = write_pages(EXPERIMENTS, results, out, digest_of(WEIGHTS))
    say(f"Written: {len(written)} files in {out}")
    finish({"written": [str(path) for path in written]}, json)
    return EXIT_OK
