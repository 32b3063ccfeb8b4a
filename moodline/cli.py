"""The one entry of the command line: `moodline COMMAND`; every command is a file in `moodline/commands`.

A user's mistake ends with one sentence and a named exit code (see `common.errors`), never with a traceback. Nothing
heavy is imported before a command needs it, so that `--help` answers at once.
"""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from common.errors import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, MoodlineError, UserError
from common.logs import redact, set_up_logs
from moodline.commands import (
    bench,
    calibrate,
    cameras,
    card,
    dead,
    demo,
    digest,
    doctor,
    evaluate,
    experiments,
    ledger,
    models,
    run,
    series,
    train,
    worker,
)

app = typer.Typer(
    name="moodline",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="From cameras and video to a time series of apparent facial expression for every tracked face.",
)


@app.callback()
def common(
    context: typer.Context,
    settings: Annotated[Path | None, typer.Option(help="Settings file; by default ./moodline.toml.")] = None,
) -> None:
    """Read what every command needs: the log level and the settings file."""
    from moodline.settings import check_settings

    set_up_logs(os.environ.get("MOODLINE_LOG_LEVEL", "WARNING").upper())
    context.obj = settings
    if "--help" not in sys.argv:
        check_settings(file=settings)


app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("worker")(worker.worker)
app.command("series")(series.series)
app.command("digest")(digest.digest)
app.command("ledger")(ledger.ledger)
app.command("train")(train.train)
app.command("calibrate")(calibrate.calibrate)
models.app.command("card")(card.card)
app.command("doctor")(doctor.doctor)
app.add_typer(cameras.app, name="cameras")
app.add_typer(dead.app, name="dead")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(experiments.app, name="experiments")
app.add_typer(bench.app, name="bench")
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    code = invoke(sys.argv[1:])
    # Otherwise the interpreter looks through all that torch brought before it ends, which takes seconds when busy.
    gc.freeze()
    sys.exit(code)


def invoke(arguments: list[str]) -> int:
    """Run one command line; returns its exit code."""
    try:
        result = app(arguments, prog_name="moodline", standalone_mode=False)
    except typer.Exit as error:
        return error.exit_code
    except typer.TyperException as error:
        text = error.format_message()
        if "\n" in text:  # the help of a command that was given nothing
            print(text, file=sys.stderr)  # noqa: T201  # the command line speaks
        elif text:  # without any command the help was printed already
            _say(f"{text.rstrip('.')}; see --help")
        return EXIT_USAGE
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted")
        return EXIT_INTERRUPTED
    except UserError as error:
        _say(str(error))
        return error.exit_code
    except MoodlineError as error:
        _say(f"Moodline itself failed: {error}")
        return EXIT_INTERNAL
    return result if isinstance(result, int) else EXIT_OK


def _say(sentence: str) -> None:
    one_line = " ".join(redact(sentence).split())
    print(f"moodline: {one_line}", file=sys.stderr)  # noqa: T201  # the command line speaks


if __name__ == "__main__":
    main()
