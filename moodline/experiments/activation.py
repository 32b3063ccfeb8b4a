"""Where in a face the net looks: class activation, and what is lost when a part is hidden; used by `confusions`.

Class activation maps (Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016): the net ends
in the mean over all places and one linear layer, so a class's score is exactly the mean of a map over places. The map
is coarse, a few cells a side. Hiding (occlusion sensitivity, Zeiler and Fergus, ECCV 2014) asks the same of the whole
net from outside, and may contradict it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from classifier.labels import FERPLUS_LABELS
from classifier.looks import softmax
from classifier.model import ExpressionNet
from classifier.predictor import Predictor, build, read_weights
from classifier.preprocess import standardise
from moodline.experiments.served import Judged

Floats = npt.NDArray[np.float32]
Gray = npt.NDArray[np.uint8]
CHUNK = 256


def open_maps(weights: Path) -> ExpressionNet:
    """Load the net so that the places before its last mean can be seen.

    Raises:
        ModelError: the weights cannot be used.
    """
    return build(read_weights(weights), weights).fuse()


@torch.inference_mode()
def activation(net: ExpressionNet, faces: Gray) -> Floats:
    """Map the FER+ head's score of every class.

    What all classes have in common is taken off, since it changes no probability.

    Args:
        net: a fused net.
        faces: (N, 48, 48) gray.

    Returns:
        (N, 8, h, w): the mean over places, plus the class's constant, is the class's logit less the mean of all.
    """
    weight = net.ferplus.weight - net.ferplus.weight.mean(0)
    found = [
        torch.einsum("ck,nkhw->nchw", weight, net.blocks(torch.from_numpy(standardise(faces[start : start + CHUNK]))))
        for start in range(0, len(faces), CHUNK)
    ]
    return torch.cat(found).numpy()


def mean_maps(net: ExpressionNet, known: Judged, right: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Average each class's own map over its faces that were read rightly.

    Returns:
        `centres` (of the cells along one side, pixels) and `classes`, by name, those without such faces left out:
        `faces`, `map` (rows of cells), `upper` (share of what speaks for the class, the positive cells, whose centres
        lie in the upper half of the picture).
    """
    found: dict[str, Any] = {}
    centres = centres_of(net)
    for number, name in enumerate(FERPLUS_LABELS):
        rows = right & (known.truth == number)
        if rows.any():
            mean = activation(net, known.faces.pixels[rows])[:, number].mean(0)
            found[name] = {"faces": int(rows.sum()), "map": mean.tolist(), "upper": upper_share(mean, centres)}
    return {"centres": centres, "classes": found}


def centres_of(net: ExpressionNet) -> list[float]:
    """Give the middle of what each cell sees, along one side, pixels.

    Every step halves the picture around its even pixels, so that the first cell stands on the first pixel, not on the
    middle of its share of the picture.
    """
    size, halvings = net.settings.size, len(net.settings.widths)
    return [pixel + 0.5 for pixel in range(0, size, 2**halvings)]


def upper_share(map_: Floats, centres: Sequence[float], side: int = 48) -> float | None:
    """Share of the positive part of a map that is centred in the upper half; None where nothing is positive."""
    rows = np.maximum(map_, 0).sum(1, dtype=np.float64)
    upper = rows[np.asarray(centres) < side / 2].sum()
    return float(upper / rows.sum()) if rows.sum() > 0 else None


def places(side: int, patch: int, step: int) -> list[int]:
    """Give the first pixels of patches along one side, evenly and up to the end."""
    return list(range(0, side - patch + 1, step))


def hide(faces: Gray, top: int, left: int, patch: int) -> Gray:
    """Cover a square of each face by the face's own mean, which the net's input counts as nothing."""
    hidden = faces.copy()
    mean = np.round(faces.mean((1, 2))).astype(np.uint8)
    hidden[:, top : top + patch, left : left + patch] = mean[:, None, None]
    return hidden


def hiding(predictor: Predictor, known: Judged, right: npt.NDArray[np.bool_], patch: int, step: int) -> dict[str, Any]:
    """Measure what hiding each place costs the right class.

    Args:
        predictor: the net.
        known: the faces.
        right: (N,) which of them are read rightly; the others are left out.
        patch: side of what is hidden, pixels of 48.
        step: from one place to the next, pixels.

    Returns:
        `centres` (of the places along one side, pixels), `drop` by class (rows of places: by how much the probability
        of the right class falls, mean over its faces).
    """
    faces, truth = known.faces.pixels[right], known.truth[right]
    here = places(faces.shape[1], patch, step)
    each = np.arange(len(truth)), truth

    def chance(shown: Gray) -> Floats:
        return np.asarray(softmax(predictor.look(shown).ferplus[0])[each], np.float32)

    whole = chance(faces)
    drop = np.zeros((len(here), len(here), len(truth)), np.float32)
    for row, top in enumerate(here):
        for column, left in enumerate(here):
            drop[row, column] = whole - chance(hide(faces, top, left, patch))
    return {
        "centres": [first + patch / 2 for first in here],
        "drop": {
            name: drop[:, :, truth == number].mean(2, dtype=np.float64).tolist()
            for number, name in enumerate(FERPLUS_LABELS)
            if (truth == number).any()
        },
    }


def pooled(drop: npt.ArrayLike, places_: Sequence[float], centres: Sequence[float]) -> npt.NDArray[np.float64]:
    """Average a map of hiding over the nearest cells of an activation map; cells without a place are NaN.

    Args:
        drop: (n, n).
        places_: (n,) centres of its places along one side, pixels.
        centres: (c,) of the cells.

    Returns:
        (c, c).
    """
    cell = np.abs(np.subtract.outer(np.asarray(places_), np.asarray(centres))).argmin(1)
    total, count = np.zeros((len(centres),) * 2), np.zeros((len(centres),) * 2)
    at = np.meshgrid(cell, cell, indexing="ij")
    np.add.at(total, tuple(at), np.asarray(drop, np.float64))
    np.add.at(count, tuple(at), 1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def agreement(first: npt.ArrayLike, second: npt.ArrayLike) -> float | None:
    """Correlation (Pearson) of two maps over the cells that both have; None where that is not defined."""
    both = np.stack([np.asarray(one, np.float64).ravel() for one in (first, second)])
    pair = both[:, np.isfinite(both).all(0)]
    if pair.shape[1] < 3 or (pair.max(1) == pair.min(1)).any():
        return None
    return float(np.asarray(np.corrcoef(pair))[0, 1])
