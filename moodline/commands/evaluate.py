"""`moodline evaluate`: the classifier alone, single pictures, face detectors, the whole path on labelled footage."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from common.errors import EXIT_OK

app = typer.Typer(
    no_args_is_help=True, help="Measure the classifier, single pictures, face detectors, or the whole path."
)

Data = Annotated[Path, typer.Argument(help="Folder with fer2013.csv(.gz) and fer2013new.csv.", show_default=False)]
Weights = Annotated[Path | None, typer.Option(help="Weights file; by default the one that is served.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Looks = Annotated[int, typer.Option(help="Looks at each face, averaged: 1; 2, also mirrored; 10, ten-crop.")]


class Split(StrEnum):
    """The official splits. Choose on PublicTest; PrivateTest is opened once for each release."""

    Training = "Training"
    PublicTest = "PublicTest"
    PrivateTest = "PrivateTest"


class Rule(StrEnum):
    """How ten votes become one label."""

    majority = "majority"
    argmax = "argmax"


@app.command("fer2013")
def fer2013(
    context: typer.Context,
    data: Data,
    *,
    split: Annotated[Split, typer.Option(help="Which official split.")] = Split.PublicTest,
    weights: Weights = None,
    views: Looks = 10,
    json: AsJson = False,
) -> int:
    """Accuracy of the FER2013 head on an official split, with and without its duplicates."""
    from moodline.evaluation.benchmark import measure
    from moodline.evaluation.benchmark_text import show_benchmark

    scores = measure(data, split.value, weights, context.obj, views=_views(views), benchmark="fer2013")
    show_benchmark(f"FER2013 {split.value}, 7 classes, original labels", scores, json)
    return EXIT_OK


@app.command("ferplus")
def ferplus(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    data: Data,
    *,
    split: Annotated[Split, typer.Option(help="Which official split.")] = Split.PublicTest,
    protocol: Annotated[Rule, typer.Option(help="majority is Microsoft's own rule.")] = Rule.majority,
    classes: Annotated[int, typer.Option(help="8, or 7 without contempt.", min=7, max=8)] = 8,
    weights: Weights = None,
    views: Looks = 10,
    json: AsJson = False,
) -> int:
    """Accuracy of the FER+ head on an official split, by a named protocol."""
    from moodline.evaluation.benchmark import measure
    from moodline.evaluation.benchmark_text import show_benchmark

    options: dict[str, Any] = {"benchmark": "ferplus", "protocol": protocol.value, "classes": classes}
    scores = measure(data, split.value, weights, context.obj, views=_views(views), **options)
    show_benchmark(f"FER+ {split.value}, {classes} classes, {protocol.value}", scores, json)
    return EXIT_OK


@app.command("ckplus")
def ckplus(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="CK+ as EXPRESSION/NAME_seqNNN_frameK.png.", show_default=False)],
    *,
    classes: Annotated[int, typer.Option(help="7, the set's own; 8: neutral may be said, too.", min=7, max=8)] = 7,
    weights: Weights = None,
    views: Looks = 10,
    json: AsJson = False,
) -> int:
    """Accuracy on CK+, whole or on what the weights did not learn from, by picture and by sequence."""
    from moodline.evaluation.ckplus import measure_ckplus
    from moodline.terminal import say

    options: dict[str, Any] = {"classes": classes}
    scores = measure_ckplus(folder, weights, context.obj, views=_views(views), **options)
    for name, part in (("sequences", scores["sequences"]), ("readings", scores["readings"])):
        say(f"{name}: {part['accuracy']:.4f} of {part['images']}, balanced {part['balanced_accuracy']:.4f}")
    return _show(f"CK+, {classes} classes, {scores['protocol']}", scores, json)


def _views(count: int) -> Any:
    from common.errors import UsageError

    if count not in {1, 2, 10}:
        raise UsageError(f"--views {count} is not one of 1, 2 and 10")
    return count


@app.command("portraits")
def portraits(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder with images/ and labels.csv.", show_default=False)],
    *,
    json: AsJson = False,
) -> int:
    """Search, crop and read single pictures; one without a reading counts as wrong."""
    from moodline.evaluation.portraits_job import measure_portraits
    from moodline.terminal import progress

    with progress(shown=True) as bar:
        task = bar.add_task("pictures", total=None, note="")
        scores = measure_portraits(
            folder, None, context.obj, lambda done, of: bar.update(task, completed=done, total=of)
        )
    return _show(f"Portraits in {folder.name}", scores, json)


@app.command("footage")
def footage(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    video: Annotated[Path, typer.Argument(help="The recording.", show_default=False)],
    *,
    truth: Annotated[Path, typer.Option(help="Its truth, one JSON line for each frame.", show_default=False)],
    drop: Annotated[
        float, typer.Option(help="Share of the faces that are lost before they are read.", min=0, max=1)
    ] = 0,
    blur: Annotated[float, typer.Option(help="Share of the other faces that are blurred.", min=0, max=1)] = 0,
    seed: Annotated[int, typer.Option(help="Which ones.")] = 0,
    json: AsJson = False,
) -> int:
    """Run the whole path on every frame of labelled footage and score faces, tracks and expressions."""
    from moodline.evaluation.disturb import Disturbance
    from moodline.evaluation.footage import score_footage
    from moodline.evaluation.truth import read_truth
    from moodline.evaluation.whole_path import predict_footage
    from moodline.job import JobSettings

    expected = read_truth(truth)
    settings, disturbance = JobSettings.load(context.obj, {"rate": 0.0}), Disturbance(drop, blur, seed=seed)
    said = predict_footage(video, settings, show_progress=True, disturbance=disturbance)
    scores = dict(score_footage(expected, said.frames, said.rate))
    scores |= {"readings": said.readings, "classifier_s": said.classifier_s}
    return _show(f"Footage {video.name}", scores, json)


@app.command("scripted")
def scripted(  # noqa: PLR0913  # each parameter is an option of the command line
    context: typer.Context,
    data: Data,
    *,
    split: Annotated[Split, typer.Option(help="Which official split.")] = Split.PublicTest,
    tracks: Annotated[int, typer.Option(help="How many tracks are composed.", min=1)] = 100,
    every: Annotated[int, typer.Option(help="Read every how manieth frame of 25 a second.", min=1)] = 1,
    drop: Annotated[float, typer.Option(help="Share of the faces lost before they are read.", min=0, max=1)] = 0,
    blur: Annotated[float, typer.Option(help="Share of the other faces that are blurred.", min=0, max=1)] = 0,
    seed: Annotated[int, typer.Option(help="Which tracks, and which faces of them.")] = 0,
    json: AsJson = False,
) -> int:
    """Compose tracks of labelled faces that change, and score how they are read over time."""
    from classifier.settings import ClassifierSettings
    from classifier.training.data import load_fer
    from classifier.training.settings import TrainSettings
    from detector.settings import DetectorSettings
    from moodline.evaluation.disturb import Disturbance
    from moodline.evaluation.scripted import pool_of
    from moodline.evaluation.scripted_job import Reading, Script, measure_scripted
    from sink.settings import SinkSettings

    pool = pool_of(load_fer(data, TrainSettings.load(None, context.obj).cache)[split.value])
    file = context.obj
    reading = Reading(
        DetectorSettings.load(None, file), ClassifierSettings.load(None, file), SinkSettings.load(None, file)
    )
    scores = measure_scripted(pool, Script(tracks, every, seed, Disturbance(drop, blur, seed=seed)), reading)
    return _show(f"{tracks} scripted tracks of {split.value}", dict(scores), json)


SCALES = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18)


@app.command("detectors")
def detectors(
    context: typer.Context,
    data: Annotated[Path, typer.Argument(help="Folder with NAME.mp4 and NAME.jsonl.", show_default=False)],
    *,
    every: Annotated[int, typer.Option(help="Read every how manieth frame.", min=1)] = 25,
    scale: Annotated[list[float], typer.Option(help="Sizes of the scenes, for recall by face height.")] = list(SCALES),  # noqa: B006  # typer copies it
    out: Annotated[Path | None, typer.Option(help="Folder for the picture, detectors.png.")] = None,
    json: AsJson = False,
) -> int:
    """Compare the face detectors on single frames: recall, precision, recall by face height, cost."""
    from common.errors import UsageError
    from detector.settings import DetectorSettings
    from moodline.evaluation.detectors import Comparison, compare, find_scenes
    from moodline.evaluation.detectors_text import show_comparison
    from moodline.output import check_folder
    from moodline.terminal import finish, progress

    if not all(0 < one <= 1 for one in scale):
        raise UsageError("every --scale must be above 0 and at most 1")
    scenes = find_scenes(data)
    if out is not None:
        check_folder(out)
    settings = DetectorSettings.load(None, context.obj)
    with progress(shown=True) as bar:
        task = bar.add_task("scenes", total=None, note="")
        compared = compare(
            scenes, settings, Comparison(every, tuple(scale)), lambda name: bar.update(task, advance=1, note=name)
        )
    show_comparison(compared)
    if out is not None:
        from moodline.evaluation.detectors_chart import draw

        draw(compared, out)
    finish(compared, json)
    return EXIT_OK


@app.command("quality")
def quality(
    context: typer.Context,
    data: Annotated[
        Path, typer.Argument(help="Folder with images/ and labels.csv, or with FER2013.", show_default=False)
    ],
    *,
    split: Annotated[Split, typer.Option(help="Which official split of FER2013.")] = Split.PublicTest,
    faces: Annotated[int, typer.Option(help="Faces at most, evenly spread over the data.", min=10)] = 1200,
    picture: Annotated[Path | None, typer.Option(help="Draw the curves into this .png or .svg file.")] = None,
    json: AsJson = False,
) -> int:
    """Make faces worse by stated amounts; print and draw the error against each measure of quality."""
    from classifier.settings import ClassifierSettings
    from classifier.training.settings import TrainSettings
    from detector.settings import DetectorSettings
    from moodline.evaluation.quality_faces import read_faces
    from moodline.evaluation.quality_job import measure_quality
    from moodline.evaluation.quality_text import show

    detector = DetectorSettings.load(None, context.obj)
    cache = TrainSettings.load(None, context.obj).cache
    found = read_faces(data, split.value, cache, faces, detector.model)
    scores = measure_quality(found, detector, ClassifierSettings.load(None, context.obj))
    if picture is not None:
        from moodline.evaluation.quality_chart import draw

        draw(scores, picture)
    return show(scores, as_json=json)


def _show(title: str, scores: dict[str, Any], as_json: bool) -> int:
    from moodline.terminal import finish, say, table

    flat = [(name, value) for name, value in scores.items() if not isinstance(value, dict | list)]
    table(title, ("measure", "value"), [(measure, _number(value, 4)) for measure, value in flat])
    for name, rows in (scores.get("per_class") or {}).items():
        say(f"  {name}: " + ", ".join(f"{measure} {_number(value, 3)}" for measure, value in rows.items()))
    finish(scores, as_json)
    return EXIT_OK


def _number(value: Any, digits: int) -> str:
    if value is None:
        return "–"
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)
