"""Which expressions the served net takes for each other, how people do, and where in a face it looks."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.training.data import FaceData, ferplus_argmax
from moodline.experiments.activation import hiding, mean_maps, open_maps
from moodline.experiments.confusion_pairs import people
from moodline.experiments.confusions_story import tell
from moodline.experiments.experiment import Bench, Experiment, Result
from moodline.experiments.score import score
from moodline.experiments.served import judged, open_net


@dataclass(frozen=True)
class ConfusionsSettings:
    """How finely places are hidden.

    Attributes:
        patch: side of what is hidden, pixels of 48.
        step: from one place to the next, pixels.
    """

    patch: int = 12
    step: int = 4


def run(bench: Bench) -> Result:
    """Measure on PrivateTest; every face is looked at once, as those of cameras are."""
    faces = bench.data.fer2013["PrivateTest"]
    return {
        "fer2013": bench.parts.do("fer2013", lambda: _fer2013(bench, faces)),
        "ferplus": bench.parts.do("ferplus", lambda: _ferplus(bench, faces)),
        "people": bench.parts.do("people", lambda: people(faces.votes)),
        "activation": bench.parts.do("activation", lambda: _activation(bench, faces)),
        "hiding": bench.parts.do("hiding", lambda: _hiding(bench, faces)),
    }


def _fer2013(bench: Bench, faces: FaceData) -> dict[str, Any]:
    """Score FER2013's own labels; also say how often those are what most FER+ taggers say."""
    said = open_net(bench.weights).heads(faces.pixels)[1].argmax(1)
    most = ferplus_argmax(faces.votes)
    named = np.array([FERPLUS_LABELS.index(name) for name in FER2013_LABELS])
    same = most == named[faces.fer2013]
    fresh = ~faces.duplicate
    return {
        **score(said, faces.fer2013, FER2013_LABELS),
        "without_duplicates": score(said[fresh], faces.fer2013[fresh], FER2013_LABELS),
        "labels_agree": {
            name: float(same[faces.fer2013 == number].mean())
            for number, name in enumerate(FER2013_LABELS)
            if (faces.fer2013 == number).any()
        },
    }


def _ferplus(bench: Bench, faces: FaceData) -> dict[str, Any]:
    known = judged(faces)
    said = open_net(bench.weights).heads(known.faces.pixels)[0].argmax(1)
    fresh = ~known.faces.duplicate
    return {
        **score(said, known.truth, FERPLUS_LABELS),
        "without_duplicates": score(said[fresh], known.truth[fresh], FERPLUS_LABELS),
    }


def _activation(bench: Bench, faces: FaceData) -> dict[str, Any]:
    known = judged(faces)
    right = open_net(bench.weights).heads(known.faces.pixels)[0].argmax(1) == known.truth
    return mean_maps(open_maps(bench.weights), known, right)


def _hiding(bench: Bench, faces: FaceData) -> dict[str, Any]:
    known, settings = judged(faces), bench.settings
    predictor = open_net(bench.weights)
    right = predictor.heads(known.faces.pixels)[0].argmax(1) == known.truth
    return {**hiding(predictor, known, right, settings.patch, settings.step), "patch": settings.patch}


EXPERIMENT = Experiment(
    name="confusions",
    title="What is taken for what, and where the net looks",
    question="Which apparent expressions does the served net take for each other, do people too, and what in a face "
    "decides?",
    needs=("fer2013",),
    hours=0.15,
    version=1,
    settings=ConfusionsSettings(),
    tiny=ConfusionsSettings(patch=24, step=12),
    run=run,
    tell=tell,
    reads_served="all",
)
