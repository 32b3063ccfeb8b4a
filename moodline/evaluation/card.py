"""Measures everything that the model card states, and writes the card; used by `moodline models card`.

The text of the card is written by hand in a template beside the weights. Every figure in it comes from here, by way of
a JSON file, so that a change of the text needs no measuring.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from jinja2 import Environment, StrictUndefined

from classifier.labels import FERPLUS_LABELS
from classifier.looks import Looks, heads
from classifier.predictor import Predictor, Serving, build, read_weights
from classifier.settings import WEIGHTS, ClassifierSettings
from classifier.training.data import FaceData, load_fer
from classifier.training.evaluate import evaluate_fer
from classifier.training.settings import TrainSettings
from classifier.views import Views
from common.errors import DataError, OutputError
from moodline.evaluation.portraits_job import measure_portraits
from moodline.output import replaced

TEMPLATE = WEIGHTS.parent / "model_card.md.j2"
CARD, FIGURES = "MODEL_CARD.md", "model_card.json"
ALL_VIEWS: tuple[Views, ...] = (1, 2, 10)
Tell = Callable[[str], None]


def measure_card(
    data: Path, portraits: Path | None, weights: Path | None, settings_file: Path | None, splits: list[str], tell: Tell
) -> dict[str, Any]:
    """Measure what the card states.

    Args:
        data: folder with FER2013 and FER+.
        portraits: folder of labelled pictures; None leaves them out.
        weights: weights file; None for the one that is served.
        settings_file: where settings may stand.
        splits: official splits to measure.
        tell: told what is being measured.

    Returns:
        `weights` (what the file says of itself), `splits` (by name, benchmark and number of views: what
        `evaluate_fer` returns), `portraits` (what `score_portraits` returns, or None), `precision`, `torch`.

    Raises:
        DataError: the data are not as documented.
        ModelError: the weights cannot be used.
    """
    settings = ClassifierSettings.load({"weights": weights}, settings_file)
    chosen = settings.model_dump(include={"device", "precision", "threads"})
    predictor = Predictor(settings.weights, Serving(**chosen, shape=128))
    faces = load_fer(data, TrainSettings.load(None, settings_file).cache)
    found = {}
    for name in splits:
        tell(f"faces of {name}")
        found[name] = _split(predictor, faces[name])
    read = None
    if portraits is not None:
        read = measure_portraits(portraits, weights, settings_file, lambda done, of: tell(f"portraits {done} of {of}"))
    figures = {
        "weights": _weights(settings.weights, predictor),
        "splits": found,
        "portraits": read,
        "precision": predictor.precision,
        "torch": str(torch.__version__),
    }
    # As they will be read again: JSON has no tuples, and no keys but text.
    plain: dict[str, Any] = json.loads(json.dumps(figures, allow_nan=False))
    return plain


def write_card(figures: dict[str, Any], folder: Path, template: Path = TEMPLATE) -> Path:
    """Write the card, and the figures beside it.

    Args:
        figures: as `measure_card` returns them.
        folder: where `MODEL_CARD.md` and `model_card.json` belong.
        template: the text around the figures.

    Returns:
        The card.

    Raises:
        OutputError: a file cannot be written.
    """
    card = render_card(figures, template)
    for name, text in ((FIGURES, json.dumps(figures, indent=1) + "\n"), (CARD, card)):
        with replaced(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    return folder / CARD


def read_figures(folder: Path) -> dict[str, Any]:
    """Read the figures of the last measuring.

    Raises:
        DataError: there are none, or they are damaged.
    """
    path = folder / FIGURES
    try:
        figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"'{path}' is missing or damaged; measure again by naming the data set") from error
    return figures


def render_card(figures: dict[str, Any], template: Path = TEMPLATE) -> str:
    """Put figures into the text of the card.

    Raises:
        OutputError: the template is missing.
    """
    if not template.is_file():
        raise OutputError(f"the template '{template}' is missing; restore it")
    pages = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, trim_blocks=True)  # noqa: S701  # Markdown, from our own numbers
    pages.filters["share"] = lambda value, digits=3: "–" if value is None else f"{value:.{digits}f}"
    pages.filters["interval"] = lambda ends: "–" if ends is None else f"{ends[0]:.3f}–{ends[1]:.3f}"
    text = pages.from_string(template.read_text(encoding="utf-8")).render(**figures, ferplus_labels=FERPLUS_LABELS)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _split(predictor: Predictor, faces: FaceData) -> dict[str, Any]:
    """Score both benchmarks with one, two and ten views; fewer views are the first of more."""
    looks = predictor.look(faces.pixels, 10)
    found: dict[str, Any] = {"fer2013": {}, "ferplus": {}}
    for views in ALL_VIEWS:
        said = heads(Looks(*(part[:views] for part in looks)))
        for benchmark, scores in found.items():
            scores[views] = evaluate_fer(said, predictor.calibration(views), faces, benchmark)  # type: ignore[arg-type]
    return found


def _weights(path: Path, predictor: Predictor) -> dict[str, Any]:
    state = read_weights(path)
    net = build(state, path).fuse()
    calibration, face_head = state.get("calibration"), state.get("face_head")
    return {
        "sha256": predictor.sha256,
        "bytes": path.stat().st_size,
        "parameters": sum(one.numel() for one in net.parameters()),
        "net": net.settings.as_dict(),
        "training": state.get("training"),
        "data": state.get("data"),
        "scores": state.get("scores"),
        "calibration": None if calibration is None else calibration["held_out"],
        "reading_risk": None if calibration is None else calibration["risk"],
        "not_a_face": None if face_head is None else face_head["measured"],
    }
