"""`moodline calibrate`: makes chances of a net's scores, and teaches it what is not a face."""

from pathlib import Path
from typing import Annotated, Any

import typer

from common.errors import EXIT_OK


def calibrate(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    data: Annotated[Path, typer.Argument(help="Folder with fer2013.csv(.gz) and fer2013new.csv.", show_default=False)],
    *,
    weights: Annotated[Path | None, typer.Option(help="Weights file; by default the one that is served.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; by default the weights file itself.")] = None,
    risk: Annotated[
        float, typer.Option(help="Share of readings that may be `ok` and not the label of most people.", min=0, max=1)
    ] = 0.1,
    face_risk: Annotated[float, typer.Option(help="Share of faces that may be refused as none.", min=0, max=1)] = 0.005,
    crops: Annotated[int, typer.Option(help="Crops of each kind to learn from what is no face.", min=1)] = 1500,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> int:
    """Fit the temperatures of a net on PublicTest and its test for faces; write both into its weights file."""
    from classifier.predictor import Predictor, Serving
    from classifier.settings import ClassifierSettings
    from classifier.training.calibrate import Risks, write_calibrated
    from classifier.training.calibrate import calibrate as run
    from classifier.training.face_test import Amounts
    from classifier.training.settings import TrainSettings
    from moodline.output import check_folder
    from moodline.terminal import finish, progress, say

    settings = ClassifierSettings.load({"weights": weights}, context.obj)
    target = out or settings.weights
    if out is not None:
        check_folder(out.parent)
    chosen = settings.model_dump(include={"device", "precision", "threads"})
    predictor = Predictor(settings.weights, Serving(**chosen, shape=128))
    cache = TrainSettings.load(None, context.obj).cache
    with progress(shown=True) as bar:
        task = bar.add_task("calibrating", total=None, note="")
        amounts, risks = Amounts.of(crops), Risks(risk, face_risk)
        found = run(data, cache, predictor, risks, amounts, lambda note: bar.update(task, note=note))
    write_calibrated(settings.weights, found, target)
    _show(found)
    say(f"Written: {target}")
    finish({"weights": str(target), **_plain(found)}, json)
    return EXIT_OK


def _show(found: dict[str, Any]) -> None:
    from moodline.terminal import table

    held_out = found["calibration"]["held_out"]
    rows = [
        (
            f"{part}, {name}",
            *(_number(one[f"{part}{when}"][name]) for one in held_out.values() for when in ("_before", "")),
        )
        for part, names in _SHOWN.items()
        for name in names
    ]
    columns = [f"{views} views, {when}" for views in held_out for when in ("before", "after")]
    table("On PublicTest, five folds, each fitted on the other four", ("measure", *columns), rows)
    measured = found["face_head"]["measured"]
    shares = [("faces", measured["faces"]), *((f"faces, {fault}", v) for fault, v in measured["worse"].items())]
    shares += [(f"no face: {kind}", v) for kind, v in measured["none"].items()]
    shares += [(f"no face, kind not learned: {kind}", v) for kind, v in measured["none_unseen"].items()]
    shares += [("faces on their side or upside down", measured["turned"])]
    table("Refused as no face", ("what", "share"), [(what, _number(share)) for what, share in shares])


_SHOWN = {
    "ferplus_majority": ("ece", "classwise_ece", "nll", "brier", "accuracy_at_80", "accuracy_at_90"),
    "ferplus_votes": ("kl", "js", "ece"),
    "fer2013": ("ece", "nll"),
    "reading": ("accuracy", "macro_recall", "ece", "ok", "ok_wrong", "ambiguous_of_all", "in_two"),
}


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not for printing: the weights of the test for faces stay in the file."""
    head = {name: value for name, value in found["face_head"].items() if name != "weight"}
    return {"calibration": found["calibration"], "face_head": head}
