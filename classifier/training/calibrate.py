"""Puts into a weights file what makes chances of its scores, and its test for faces; called by `moodline calibrate`.

Everything is chosen on PublicTest; PrivateTest is never opened here.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import torch

from classifier.labels import FERPLUS_TO_LABELS
from classifier.looks import Looks, Scores, heads
from classifier.predictor import Predictor, read_weights
from classifier.training.data import FaceData, load_fer
from classifier.training.face_test import Amounts, learn_faces
from classifier.training.saving import save, write
from classifier.training.temperatures import Scored, divisors_for, fit, held_out
from classifier.training.votes import vote_shares
from classifier.views import Views


@dataclass(frozen=True)
class Risks:
    """How often it may be wrong.

    Attributes:
        reading: highest share of readings that are `ok` and not the label of most people, on faces where most agree.
        face: highest share of faces refused as none.
    """

    reading: float = 0.1
    face: float = 0.005


def calibrate(
    data: Path, cache: Path, predictor: Predictor, risks: Risks, amounts: Amounts, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Fit and measure.

    Args:
        data: folder with FER2013 and FER+.
        cache: folder for the parsed data.
        predictor: the net, as it is served.
        risks: how often it may be wrong.
        amounts: how many crops the test for faces is learned from.
        tell: told what is being done.

    Returns:
        `calibration` and `face_head`, as they stand in a weights file, each with what was measured.

    Raises:
        DataError: the data set is not as documented.
    """
    splits = load_fer(data, cache)
    judge = splits["PublicTest"]
    tell("faces of PublicTest")
    looks = predictor.look(judge.pixels, 10)
    tell("temperatures")
    scored = {views: _scored(looks, views, judge) for views in get_args(Views)}
    divisors = divisors_for(vote_shares(splits["Training"].votes, FERPLUS_TO_LABELS))
    calibration = {
        "risk": risks.reading,
        "fitted_on": "PublicTest",
        "views": {views: asdict(fit(one, risks.reading, divisors)) for views, one in scored.items()},
        "held_out": {views: held_out(one, risks.reading, divisors) for views, one in scored.items()},
    }
    tell("test for faces")

    def features(crops: npt.NDArray[np.uint8]) -> Scores:
        return np.asarray(predictor.look(crops).features[0])

    head, measured = learn_faces(features, splits["Training"], judge, risks.face, amounts)
    stored = {"weight": torch.from_numpy(head.weight), "bias": head.bias, "below": head.below, "measured": measured}
    return {"calibration": calibration, "face_head": stored}


def write_calibrated(weights: Path, found: dict[str, Any], out: Path) -> None:
    """Write a weights file with what was fitted, and its sum beside it.

    Raises:
        ModelError: the weights are damaged.
        OutputError: the file cannot be written.
    """
    save({**read_weights(weights), **found}, out)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    write(f"{digest}  {out.name}\n".encode("ascii"), out.with_suffix(".sha256"))


def _scored(looks: Looks, views: int, judge: FaceData) -> Scored:
    """Give what the first so many looks say: fewer looks are the first of more."""
    return Scored(*heads(Looks(*(part[:views] for part in looks))), judge)
