"""Whether the served net, learned from one collection of faces, reads faces of other collections as well."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS, LABELS
from classifier.predictor import Predictor, read_weights
from classifier.settings import ClassifierSettings
from classifier.training.data import FaceData, ferplus_argmax
from classifier.views import Views
from detector.settings import DetectorSettings
from moodline.evaluation.ckplus import score_ckplus
from moodline.evaluation.portraits import read_portraits, score_portraits
from moodline.evaluation.stills import StillReader
from moodline.experiments.experiment import Bench, Experiment, Result
from moodline.experiments.generalisation_story import tell
from moodline.experiments.portrait_kinds import Seen, kinds_of
from moodline.experiments.score import score
from moodline.experiments.served import judged, open_net


@dataclass(frozen=True)
class GeneralisationSettings:
    """How faces are read.

    Attributes:
        views: looks at each crop, averaged; a portrait always has two, see `StillReader`.
        draws: of persons, for the interval of the portraits.
        seed: of those draws.
    """

    views: Views = 2
    draws: int = 2000
    seed: int = 0


def run(bench: Bench) -> Result:
    """Measure; nothing is learned or chosen here."""
    do = bench.parts.do
    return {
        "learned_from": do("learned-from", lambda: _learned_from(bench.weights)),
        "fer2013": do("fer2013", lambda: _fer2013(bench)),
        "ckplus": do("ckplus", lambda: _ckplus(bench)),
        "portraits": do("portraits", lambda: _portraits(bench)),
    }


def _learned_from(weights: Path) -> dict[str, Any]:
    """Give the form of the set that the weights file says it learned from; None where it says nothing."""
    return {"form": (read_weights(weights).get("data") or {}).get("form")}


def _readings(predictor: Predictor, faces: FaceData, views: Views) -> npt.NDArray[np.float32]:
    return np.asarray(predictor.predict(faces.pixels, views), np.float32)


def _fer2013(bench: Bench) -> dict[str, Any]:
    """Score readings of PrivateTest by FER2013's labels, and by the majority of FER+ without contempt."""
    faces, predictor, views = bench.data.fer2013["PrivateTest"], open_net(bench.weights), bench.settings.views
    own = np.array([LABELS.index(name) for name in FER2013_LABELS])[faces.fer2013]
    known = judged(faces)
    named = np.array([FERPLUS_LABELS[label] in LABELS for label in known.truth], bool)
    some, truth = known.faces.select(named), known.truth[named]
    return {
        "labels": score(_readings(predictor, faces, views).argmax(1), own, LABELS),
        "majority": score(_readings(predictor, some, views).argmax(1), _numbers(truth), LABELS),
    }


def _ckplus(bench: Bench) -> dict[str, Any]:
    """Score sequences of CK+, the mean of their frames: readings, and the FER+ head with contempt."""
    faces, predictor, views = bench.data.ckplus, open_net(bench.weights), bench.settings.views
    heads = predictor.heads(faces.pixels, views)
    readings = predictor.calibration(views).reading(*heads)
    truth = ferplus_argmax(faces.votes)
    named = np.array([FERPLUS_LABELS[label] in LABELS for label in truth], bool)
    assert faces.group is not None  # noqa: S101  # every picture of CK+ is of a sequence
    _, first, place = np.unique(faces.group[named], return_index=True, return_inverse=True)
    mean = np.zeros((len(first), len(LABELS)))
    np.add.at(mean, place, readings[named])
    with_contempt = score_ckplus(heads[0], readings, faces, 7)["sequences"]
    kept = ("images", "accuracy", "accuracy_interval", "balanced_accuracy", "confusion")
    return {
        "readings": score(mean.argmax(1), _numbers(truth[named][first]), LABELS),
        "with_contempt": {key: with_contempt[key] for key in kept} | {"names": list(with_contempt["per_class"])},
    }


def _numbers(truth: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Turn FER+ classes, none of them contempt, into places in `LABELS`."""
    return np.array([LABELS.index(FERPLUS_LABELS[label]) for label in truth], np.int64)


def _portraits(bench: Bench) -> dict[str, Any]:
    """Read every portrait by the whole path: search, crop, net."""
    portraits = read_portraits(bench.data.path("portraits"))
    classifier = ClassifierSettings.load({"weights": bench.weights}, None)
    reader = StillReader(DetectorSettings.load(None, None), classifier)
    try:
        seen = [(portrait, reader.read(portrait.image)) for portrait in portraits]
    finally:
        reader.close()
    return {
        **_scored(seen),
        "interval_by_person": interval_by_person(seen, bench.settings.draws, bench.settings.seed),
        "persons": len({portrait.person for portrait, _ in seen}),
        "kinds": {name: _scored(some) for name, some in kinds_of(seen).items() if some},
    }


def _scored(seen: Seen) -> dict[str, Any]:
    return score_portraits((portrait.emotion, said) for portrait, said in seen)


def interval_by_person(seen: Seen, draws: int, seed: int) -> list[float]:
    """Give the 95 % interval of the accuracy, drawing whole persons: pictures of one person are not independent.

    Args:
        seen: portraits and what was read of them.
        draws: how often as many persons as there are are drawn, with replacement (bootstrap).
        seed: of the draws.
    """
    names = sorted({portrait.person for portrait, _ in seen})
    counts = np.zeros((len(names), 2))
    place = {name: number for number, name in enumerate(names)}
    for portrait, said in seen:
        counts[place[portrait.person]] += (said == portrait.emotion, 1)
    drawn = np.random.default_rng(seed).integers(0, len(names), (draws, len(names)))
    total = counts[drawn].sum(1)
    return [float(end) for end in np.quantile(total[:, 0] / total[:, 1], (0.025, 0.975))]


EXPERIMENT = Experiment(
    name="generalisation",
    title="Other faces",
    question="Does the net that learned from FER2013 read the faces of other collections, and of everybody, as well?",
    needs=("fer2013", "ckplus", "portraits"),
    hours=0.1,
    version=1,
    settings=GeneralisationSettings(),
    tiny=GeneralisationSettings(views=1, draws=20),
    run=run,
    tell=tell,
    reads_served="all",
)
