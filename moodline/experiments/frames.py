"""CK+ by frame and by sequence: what it does that the frames of a sequence are nearly the same picture."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from classifier.labels import FERPLUS_LABELS
from classifier.training.data import FaceData
from classifier.training.folds import deal
from classifier.training.scores import wilson
from moodline.experiments.experiment import Bench, Experiment, Result
from moodline.experiments.features import extract
from moodline.experiments.frames_story import tell
from moodline.experiments.recipes import MODELS, Recipe, learn
from moodline.experiments.score import score
from moodline.experiments.sight import Classes


@dataclass(frozen=True)
class FramesSettings:
    """How frames are dealt out.

    Attributes:
        draws: random splits of all frames.
        share: of the frames that each of them measures.
        folds: of whole sequences; each is measured once.
        samples: of the sequences, drawn with replacement, for an interval.
    """

    draws: int = 10
    share: float = 0.1
    folds: int = 10
    samples: int = 2000


Marks = npt.NDArray[np.bool_]


def run(bench: Bench) -> Result:
    """Measure both models by frame and by sequence."""
    settings: FramesSettings = bench.settings
    faces = bench.data.ckplus
    labels, sequences = faces.votes.argmax(1), sequences_of(faces)
    found: Result = {"frames": len(faces), "sequences": len(set(sequences.tolist())), "models": {}}
    with threadpool_limits(1):
        for name, recipe in MODELS.items():
            found["models"][name] = {
                "by_frame": bench.parts.do(f"by-frame-{name}", partial(_by_frame, recipe, faces, settings)),
                "by_sequence": bench.parts.do(f"by-sequence-{name}", partial(_by_sequence, recipe, faces, settings)),
            }
    counts = np.bincount(labels, minlength=len(FERPLUS_LABELS))
    found["classes"] = {name: int(count) for name, count in zip(FERPLUS_LABELS, counts, strict=True) if count}
    return found


def sequences_of(faces: FaceData) -> Classes:
    """Give the number of the sequence of each frame; a set without sequences has one for each frame."""
    return np.arange(len(faces)) if faces.group is None else faces.group


def interval_over(groups: Classes, right: Marks, samples: int) -> list[float]:
    """Give where accuracy lies in 95 of 100 draws of whole groups, with replacement (a block bootstrap).

    Args:
        groups: (N,) number of what each face belongs to: faces of a group are not independent of each other.
        right: (N,) whether it was read rightly.
        samples: draws.
    """
    _, number = np.unique(groups, return_inverse=True)
    hits, sizes = np.bincount(number, right), np.bincount(number)
    drawn = np.random.default_rng(0).integers(0, len(sizes), (samples, len(sizes)))
    shares = hits[drawn].sum(1) / sizes[drawn].sum(1)
    return [float(end) for end in np.percentile(shares, (2.5, 97.5))]


def _by_frame(recipe: Recipe, faces: FaceData, settings: FramesSettings) -> Result:
    """Deal frames out at random, again and again, whatever sequence they are of."""
    labels, sequences = faces.votes.argmax(1), sequences_of(faces)
    tested = max(1, round(settings.share * len(faces)))
    said, truth, known = [], [], []
    for seed in range(settings.draws):
        out = np.random.default_rng(seed).permutation(len(faces)) < tested
        said.append(_say(recipe, faces, labels, out))
        truth.append(labels[out])
        known.append(np.isin(sequences[out], sequences[~out]))
    draws = [float((one == true).mean()) for one, true in zip(said, truth, strict=True)]
    hits = sum(int((one == true).sum()) for one, true in zip(said, truth, strict=True))
    return {
        **score(np.concatenate(said), np.concatenate(truth), FERPLUS_LABELS),
        "draws": draws,
        "interval": wilson(round(hits / settings.draws), tested),
        "tested": tested,
        "known": float(np.concatenate(known).mean()),
    }


def _by_sequence(recipe: Recipe, faces: FaceData, settings: FramesSettings) -> Result:
    """Measure every sequence by a model that learned from none of its frames."""
    labels, sequences = faces.votes.argmax(1), sequences_of(faces)
    fold = deal(sequences.astype(str).tolist(), labels.astype(str).tolist(), settings.folds)
    said = np.empty_like(labels)
    for number in range(settings.folds):
        out = fold == number
        if out.any():
            said[out] = _say(recipe, faces, labels, out)
    interval = interval_over(sequences, said == labels, settings.samples)
    return {**score(said, labels, FERPLUS_LABELS), "interval": interval}


def _say(recipe: Recipe, faces: FaceData, labels: Classes, out: Marks) -> Classes:
    model = learn(recipe, extract(faces.pixels[~out], recipe.what), labels[~out])
    return model.say(faces.pixels[out])


EXPERIMENT = Experiment(
    name="frames",
    title="CK+ by frame and by sequence",
    question="How much of the accuracy on CK+ is there because frames of one sequence stand on both sides?",
    needs=("ckplus",),
    hours=0.02,
    version=2,
    settings=FramesSettings(),
    tiny=FramesSettings(draws=2, folds=3, samples=50),
    run=run,
    tell=tell,
)
