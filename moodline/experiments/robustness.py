"""How far the served net still reads faces whose picture is made worse, and whether preprocessing helps."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.labels import FERPLUS_LABELS
from classifier.predictor import Predictor
from common.messages import Gray
from moodline.evaluation.degrade import Change
from moodline.experiments.activation import open_maps
from moodline.experiments.experiment import Bench, Experiment, Result
from moodline.experiments.faults import FAMILIES, Family, covers, video_levels, worsened
from moodline.experiments.light import RAW, TREATMENTS, UNTREATED, read_unstandardised
from moodline.experiments.robustness_story import tell
from moodline.experiments.score import mcnemar, score
from moodline.experiments.served import Judged, judged, open_net

LIGHTS = {
    "darker": (2, 4, 6),
    "brighter": (1, 2),
    "gamma above 1": (3, 6),
    "gamma below 1": (0.35, 0.15),
    "less contrast": (0.1, 0.03),
    "light from a side": (3, 5),
}
"""Bad light in which preprocessing is tried: amounts of `FAMILIES`."""
FLAT = 4.0
"""Gray levels added to a spread, as in `classifier.preprocess`."""


@dataclass(frozen=True)
class RobustnessSettings:
    """How much is tried.

    Attributes:
        amounts: of each fault at most, from the mild end.
        lights: kinds of bad light in which preprocessing is tried, at most.
        seed: of what is random in faults.
    """

    amounts: int = 10
    lights: int = 6
    seed: int = 0


def run(bench: Bench) -> Result:
    """Measure on PrivateTest; every face is looked at once, as those of cameras are."""
    known, settings = judged(bench.data.fer2013["PrivateTest"]), bench.settings
    faces = video_levels(known.faces.pixels)
    predictor = open_net(bench.weights)
    do = bench.parts.do
    families = {
        family.name: do(_part(family.name), partial(_family, predictor, known, faces, family, settings))
        for family in FAMILIES
    }
    return {
        "whole": do("whole", lambda: _score(_said(predictor, faces), known)),
        "families": families,
        "covers": do("covers", lambda: _covers(predictor, known, faces, settings)),
        "light": do("light", lambda: _light(bench, predictor, known, faces)),
    }


def _part(name: str) -> str:
    return name.lower().replace(" ", "-")


def _said(predictor: Predictor, faces: Gray) -> npt.NDArray[np.int64]:
    return np.asarray(predictor.heads(faces)[0].argmax(1), np.int64)


def _score(said: npt.NDArray[np.int64], known: Judged) -> dict[str, Any]:
    found = score(said, known.truth, FERPLUS_LABELS)
    kept = {key: found[key] for key in ("images", "accuracy", "interval")}
    commonest = max(row["images"] for row in found["per_class"].values()) / found["images"]
    recall = {name: row["recall"] for name, row in found["per_class"].items()}
    return {**kept, "commonest": commonest, "recall": recall}


def _family(
    predictor: Predictor, known: Judged, faces: Gray, family: Family, settings: RobustnessSettings
) -> dict[str, Any]:
    points = [
        {"amount": float(amount), **_score(_said(predictor, _worse(faces, family.change(amount), settings)), known)}
        for amount in family.amounts[: settings.amounts]
    ]
    return {"unit": family.unit, "points": points}


def _worse(faces: Gray, change: Change, settings: RobustnessSettings) -> Gray:
    return worsened(faces, change, settings.seed)


def _covers(predictor: Predictor, known: Judged, faces: Gray, settings: RobustnessSettings) -> dict[str, Any]:
    return {name: _score(_said(predictor, _worse(faces, change, settings)), known) for name, change in covers().items()}


def _light(bench: Bench, predictor: Predictor, known: Judged, faces: Gray) -> dict[str, Any]:
    """Read faces in bad light as served, treated, and unstandardised; compare each with the first."""
    settings, learned = bench.settings, video_levels(bench.data.fer2013["Training"].pixels)
    mean, spread = float(learned.mean()), float(learned.std()) + FLAT
    net, families = open_maps(bench.weights), {family.name: family for family in FAMILIES}
    rows = []
    for name, amounts in [("none", (0.0,)), *list(LIGHTS.items())[: settings.lights]]:
        for amount in amounts:
            shown = faces if name == "none" else _worse(faces, families[name].change(amount), settings)
            said = {UNTREATED: _said(predictor, shown)}
            for title, treat in TREATMENTS.items():
                said[title] = _said(predictor, np.stack([treat(face) for face in shown]))
            said[RAW] = read_unstandardised(net, shown, mean, spread)
            rows.append({"light": name, "amount": float(amount), "read": _compared(said, known)})
    return {"rows": rows}


def _compared(said: dict[str, npt.NDArray[np.int64]], known: Judged) -> dict[str, Any]:
    served = said[UNTREATED] == known.truth
    found = {}
    for name, labels in said.items():
        row = score(labels, known.truth, FERPLUS_LABELS)
        chance = mcnemar(served, labels == known.truth)
        found[name] = {"accuracy": row["accuracy"], "interval": row["interval"], "mcnemar": chance}
    return found


EXPERIMENT = Experiment(
    name="robustness",
    title="Worse pictures",
    question="How far does the served net still read faces when light, sharpness, size, pose or something in front "
    "makes the picture worse, and does preprocessing help?",
    needs=("fer2013",),
    hours=0.25,
    version=1,
    settings=RobustnessSettings(),
    tiny=RobustnessSettings(amounts=1, lights=1),
    run=run,
    tell=tell,
    reads_served="all",
)
